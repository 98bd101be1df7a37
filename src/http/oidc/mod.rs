//! Protocol endpoints, one file each.

pub mod authorization;
pub mod discovery;
pub mod end_session;
pub mod jwks;
pub mod preflight;
pub mod token;
pub mod userinfo;
