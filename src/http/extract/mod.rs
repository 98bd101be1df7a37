//! What handlers read from a request, one concern a file.

pub mod body;
pub mod client_auth;
pub mod cookies;
pub mod origin;
pub mod visit;
