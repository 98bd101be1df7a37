//! What handlers read from a request, one concern a file.

pub mod account;
pub mod body;
pub mod certificate;
pub mod client;
pub mod client_auth;
pub mod cookies;
pub mod dpop;
pub mod origin;
pub mod visit;
