//! The way out: calls to other systems, with time-outs, size caps and rules
//! about which addresses may be called.

pub mod fetch;
pub mod http;
pub mod ldap;
pub mod letters;
pub mod mail;
pub mod places;
pub mod request_objects;
pub mod syslog;
pub mod upstream_oidc;
