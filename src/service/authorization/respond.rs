//! The answer leaves for a proven address: in the clear, or as one signed JWT (JARM).

use super::Outcome;
use crate::crypto::keyring::TokenType;
use crate::model::client::Destination;
use crate::protocol::error::OAuthError;
use crate::service::{Failure, Services};

/// Sends parameters to a proven address.
pub fn respond(services: &Services, destination: &Destination, fields: &[(&str, &str)]) -> Result<Outcome, Failure> {
    let Some(algorithm) = destination.signed_with() else { return Ok(Outcome::Depart(destination.depart(fields))) };
    let now = services.clock.now();
    let claims = destination.claims(fields, now).to_string();
    let response = services.keyring.signer(algorithm, now)?.sign(TokenType::Id, claims.as_bytes())?;
    Ok(Outcome::Depart(destination.depart_signed(&response)))
}

/// Sends an error to a proven address.
pub fn refuse(services: &Services, destination: &Destination, error: &OAuthError) -> Result<Outcome, Failure> {
    respond(services, destination, &[("error", error.code.as_str()), ("error_description", &error.description)])
}
