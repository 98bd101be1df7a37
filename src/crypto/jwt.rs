//! Verifying JSON Web Tokens (RFC 7519): our own, and those that clients sign.
//!
//! The algorithm is the key's, never the header's. Times are checked by the
//! caller against its own clock, since the library reads the wall clock.

use super::keyring::Keyring;
use crate::base::clock::Millis;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm as JwsAlgorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

/// A token that is not what it should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the token is not acceptable: {0}")]
pub struct BadToken(pub &'static str);

/// The claims of a verified token, and the header's `typ`.
#[derive(Debug)]
pub struct Verified {
    /// Claims.
    pub claims: Map<String, Value>,
    /// The `typ` of the header.
    pub typ: Option<String>,
}

fn only_signature(algorithm: JwsAlgorithm) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    rules
}

/// Verifies a token of our own with a key that is still shown at `now`.
pub fn verify_own(keyring: &Keyring, token: &str, now: Millis) -> Result<Verified, BadToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken("it is not a signed JWT"))?;
    let kid = header.kid.as_deref().ok_or(BadToken("it names no key"))?;
    let keys = keyring.all();
    let key = keys.iter().find(|key| key.kid == kid && key.schedule.shown_at(now)).ok_or(BadToken("its key is unknown"))?;
    let algorithm = match key.algorithm {
        crate::model::signing_key::Algorithm::Rs256 => JwsAlgorithm::RS256,
        crate::model::signing_key::Algorithm::Es256 => JwsAlgorithm::ES256,
        crate::model::signing_key::Algorithm::EdDsa => JwsAlgorithm::EdDSA,
    };
    let data = jsonwebtoken::decode::<Map<String, Value>>(token, &key.verifier, &only_signature(algorithm))
        .map_err(|_| BadToken("its signature is wrong"))?;
    Ok(Verified { claims: data.claims, typ: header.typ })
}

/// Verifies a token signed by one of a client's keys (RFC 7523 §3): RS256, PS256, ES256 or EdDSA.
pub fn verify_with_jwks(jwks: &Value, token: &str) -> Result<Verified, BadToken> {
    let set: JwkSet = serde_json::from_value(jwks.clone()).map_err(|_| BadToken("the client's keys cannot be read"))?;
    let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken("it is not a signed JWT"))?;
    let fits = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    for key in set.keys.iter().filter(fits) {
        if !allowed(key).contains(&header.alg) {
            continue;
        }
        let Ok(verifier) = DecodingKey::from_jwk(key) else { continue };
        if let Ok(data) = jsonwebtoken::decode::<Map<String, Value>>(token, &verifier, &only_signature(header.alg)) {
            return Ok(Verified { claims: data.claims, typ: header.typ });
        }
    }
    Err(BadToken("no key of the client verifies it"))
}

/// What a key of this kind may be used with; a key that names its algorithm, only with that.
fn allowed(key: &Jwk) -> Vec<JwsAlgorithm> {
    let by_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => vec![JwsAlgorithm::RS256, JwsAlgorithm::PS256],
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => vec![JwsAlgorithm::ES256],
        AlgorithmParameters::OctetKeyPair(_) => vec![JwsAlgorithm::EdDSA],
        _ => vec![],
    };
    let named = key.common.key_algorithm.map(|name| name.to_string());
    by_kind.into_iter().filter(|kind| named.as_ref().is_none_or(|name| *name == format!("{kind:?}"))).collect()
}

/// Says in one sentence why a set of client keys cannot be used, or nothing.
pub fn refuse_jwks(jwks: &Value) -> Option<String> {
    let Some(keys) = jwks.get("keys").and_then(Value::as_array) else {
        return Some("a JWKS is an object with an array `keys`".to_owned());
    };
    if keys.is_empty() {
        return Some("the JWKS holds no key".to_owned());
    }
    for key in keys {
        if ["d", "p", "q", "k"].iter().any(|private| key.get(private).is_some()) {
            return Some("the JWKS holds a private key: hand in public keys only".to_owned());
        }
    }
    match serde_json::from_value::<JwkSet>(jwks.clone()) {
        Ok(set) if set.keys.iter().any(|key| !allowed(key).is_empty()) => None,
        Ok(_) => Some("no key of the JWKS is RSA, P-256 or Ed25519".to_owned()),
        Err(_) => Some("a key of the JWKS cannot be read".to_owned()),
    }
}

/// Whom an unverified token names as its subject: only to know whose keys to try.
pub fn claimed_subject(token: &str) -> Option<String> {
    let payload = crate::base::digest::from_base64url(token.split('.').nth(1)?)?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}
