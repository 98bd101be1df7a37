//! The world's rules: OAuth 2.0 and OpenID Connect as they stand on the wire.
//!
//! Pure: no clock, no I/O, no await. What a message may hold and what an
//! answer looks like is decided here; what the city makes of it is not.

pub mod access_token;
pub mod acr;
pub mod authorization_request;
pub mod claims_request;
pub mod client_assertion;
pub mod discovery;
pub mod error;
pub mod id_token;
pub mod logout_token;
pub mod parameters;
pub mod pkce;
pub mod prompt;
pub mod redirect_uri;
pub mod response_mode;
pub mod scope;
