//! ID tokens (OpenID Connect Core §3.1.3.7): nothing in one is believed before all of it is verified.

use super::exchange::Redeeming;
use super::{UpstreamError, issuer};
use crate::base::digest::from_base64url;
use crate::protocol::jws::LONGEST;
use chrono::{DateTime, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, Nonce, SignatureVerificationError};
use serde_json::{Map, Value};

/// Verifies an ID token: signature, issuer, audience, authorized party, times, nonce, and that it belongs to the access
/// token that came with it.
pub(super) fn verify(
    redeeming: &Redeeming<'_>,
    keys: &Value,
    token: &CoreIdToken,
    access_token: &AccessToken,
) -> Result<Map<String, Value>, UpstreamError> {
    let settings = redeeming.settings;
    let keys: CoreJsonWebKeySet = serde_json::from_value(keys.clone()).map_err(|_| UpstreamError::Unreadable("its keys"))?;
    let algorithms = settings.algorithms.iter().filter_map(|name| algorithm(name));
    let skew = settings.clock_skew_seconds;
    let (earliest, latest) = (redeeming.begun_at.seconds() - skew, redeeming.now.seconds() + skew);
    let at = moment(redeeming.now.seconds() - skew).ok_or(UpstreamError::Token("its times cannot be read"))?;
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(settings.client_id.clone()), issuer(settings)?, keys)
        .set_allowed_algs(algorithms)
        .set_time_fn(move || at)
        .set_issue_time_verifier_fn(move |issued: DateTime<Utc>| {
            let fits = (earliest..=latest).contains(&issued.timestamp());
            if fits { Ok(()) } else { Err(String::new()) }
        });
    let text = token.to_string();
    let mut payload = payload(&text)?;
    let claims = token.claims(&verifier, &Nonce::new(redeeming.nonce.to_owned())).map_err(|error| {
        // It was verified up to its times when these are complained of.
        let issued = payload.get("iat").and_then(Value::as_i64).unwrap_or_default();
        refused(&error, issued - redeeming.now.seconds())
    })?;
    if claims.authorized_party().is_some_and(|party| **party != settings.client_id) {
        return Err(UpstreamError::Token("it was issued to another client (azp)"));
    }
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|_| UpstreamError::Key)?;
        let key = token.signing_key(&verifier).map_err(|_| UpstreamError::Key)?;
        let hash = AccessTokenHash::from_token(access_token, algorithm, key)
            .map_err(|_| UpstreamError::Token("at_hash cannot be checked"))?;
        if hash != *expected {
            return Err(UpstreamError::Token("the access token is another one (at_hash)"));
        }
    }
    // Some write it with a fraction, or as a date: whoever asks how long ago somebody proved themselves finds seconds.
    if let Some(proved_at) = claims.auth_time() {
        payload.insert("auth_time".to_owned(), Value::from(proved_at.timestamp()));
    }
    Ok(payload)
}

fn refused(error: &ClaimsVerificationError, seconds: i64) -> UpstreamError {
    match error {
        ClaimsVerificationError::Expired(_) => UpstreamError::Clock { seconds },
        ClaimsVerificationError::InvalidIssuer(_) => UpstreamError::Issuer("its ID token"),
        ClaimsVerificationError::InvalidAudience(_) => UpstreamError::Token("it is for somebody else (aud)"),
        ClaimsVerificationError::InvalidNonce(_) => UpstreamError::Token("it belongs to another sign-in (nonce)"),
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_)
            | SignatureVerificationError::NoSignature,
        ) => UpstreamError::Token("its algorithm is not allowed"),
        ClaimsVerificationError::SignatureVerification(_) => UpstreamError::Key,
        // The library may come to know more of them.
        _ => UpstreamError::Token("it cannot be verified"),
    }
}

/// The claims of a token. They are believed once the token is verified.
fn payload(token: &str) -> Result<Map<String, Value>, UpstreamError> {
    let unread = UpstreamError::Unreadable("its ID token");
    let part = token.split('.').nth(1).filter(|_| token.len() <= LONGEST).and_then(from_base64url);
    part.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or(unread)
}

fn moment(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn algorithm(name: &str) -> Option<CoreJwsSigningAlgorithm> {
    serde_json::from_value(Value::String(name.to_owned())).ok()
}
