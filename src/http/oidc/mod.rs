//! Protocol endpoints, one file each.

pub mod authorization;
pub mod client_logo;
pub mod discovery;
pub mod end_session;
pub mod introspection;
pub mod jwks;
pub mod preflight;
pub mod pushed_authorization_request;
pub mod registration;
pub mod revocation;
pub mod token;
pub mod upstream_logout;
pub mod userinfo;
