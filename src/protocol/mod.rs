//! The world's rules: OAuth 2.0 and OpenID Connect as they stand on the wire.
//!
//! Pure: no clock, no I/O, no await. What a message may hold and what an
//! answer looks like is decided here; what the city makes of it is not.

pub mod access_token;
pub mod acr;
pub mod authorization_details;
pub mod authorization_request;
pub mod claims_request;
pub mod client_assertion;
pub mod client_certificate;
pub mod client_metadata;
pub mod discovery;
pub mod distinguished_name;
pub mod dpop;
pub mod error;
pub mod id_token;
pub mod introspection;
pub mod jws;
pub mod logout_token;
mod nesting;
pub mod parameters;
pub mod pkce;
pub mod prompt;
pub mod redirect_uri;
pub mod request_object;
pub mod resource_indicator;
pub mod response_mode;
pub mod response_type;
pub mod revocation;
pub mod scope;
