//! Verifying JSON Web Tokens (RFC 7519): our own, and those that clients sign.
//!
//! The algorithm is the key's, never the header's. Times are checked by the
//! caller against its own clock, since the library reads the wall clock.

use super::keyring::Keyring;
use crate::base::clock::Millis;
use crate::protocol::jws::{self, Algorithm};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
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

impl Verified {
    /// True for an ID token of this issuer: signed userinfo and signed answers have its type, but not all of its claims.
    pub fn is_id_token_of(&self, issuer: &str) -> bool {
        let of = self.claims.get("iss").and_then(Value::as_str) == Some(issuer);
        let whole = ["sub", "exp", "auth_time"].iter().all(|name| self.claims.contains_key(*name));
        of && whole && self.typ.as_deref() == Some("JWT")
    }
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
    let header = jws::header(token).map_err(BadToken)?;
    let kid = header.kid.as_deref().ok_or(BadToken("it names no key"))?;
    let keys = keyring.all();
    let key = keys.iter().find(|key| key.kid == kid && key.schedule.shown_at(now)).ok_or(BadToken("its key is unknown"))?;
    let data = jsonwebtoken::decode::<Map<String, Value>>(token, &key.verifier, &only_signature(named(key.algorithm)))
        .map_err(|_| BadToken("its signature is wrong"))?;
    Ok(Verified { claims: data.claims, typ: header.typ })
}

/// Verifies a token signed by one of a client's keys (RFC 7523 §3), with one of the allowed algorithms.
pub fn verify_with_jwks(jwks: &Value, token: &str, allowed: &[Algorithm]) -> Result<Verified, BadToken> {
    let set: JwkSet = serde_json::from_value(jwks.clone()).map_err(|_| BadToken("the client's keys cannot be read"))?;
    let header = jws::header(token).map_err(BadToken)?;
    let algorithm = allowed_algorithm(&header, allowed)?;
    let fits = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    for key in set.keys.iter().filter(fits) {
        if let Some(claims) = verify(key, token, algorithm) {
            return Ok(Verified { claims, typ: header.typ });
        }
    }
    Err(BadToken("no key of the client verifies it"))
}

/// Verifies a token with one public key, such as the one that a DPoP proof brings (RFC 9449 §4.3).
pub fn verify_with_jwk(jwk: &Value, token: &str, allowed: &[Algorithm]) -> Result<Verified, BadToken> {
    if is_private(jwk) {
        return Err(BadToken("its key is private"));
    }
    let key: Jwk = serde_json::from_value(jwk.clone()).map_err(|_| BadToken("its key cannot be read"))?;
    let header = jws::header(token).map_err(BadToken)?;
    let algorithm = allowed_algorithm(&header, allowed)?;
    let claims = verify(&key, token, algorithm).ok_or(BadToken("its signature is wrong"))?;
    Ok(Verified { claims, typ: header.typ })
}

fn allowed_algorithm(header: &jws::Header, allowed: &[Algorithm]) -> Result<Algorithm, BadToken> {
    Algorithm::parse(&header.alg).filter(|named| allowed.contains(named)).ok_or(BadToken("its algorithm is not allowed"))
}

fn verify(key: &Jwk, token: &str, algorithm: Algorithm) -> Option<Map<String, Value>> {
    if !usable(key).contains(&algorithm) {
        return None;
    }
    let verifier = DecodingKey::from_jwk(key).ok()?;
    jsonwebtoken::decode::<Map<String, Value>>(token, &verifier, &only_signature(named(algorithm))).ok().map(|data| data.claims)
}

fn named(algorithm: Algorithm) -> JwsAlgorithm {
    match algorithm {
        Algorithm::Rs256 => JwsAlgorithm::RS256,
        Algorithm::Ps256 => JwsAlgorithm::PS256,
        Algorithm::Es256 => JwsAlgorithm::ES256,
        Algorithm::EdDsa => JwsAlgorithm::EdDSA,
    }
}

/// What a key of this kind may be used with; a key that names its algorithm or its use, only with that.
fn usable(key: &Jwk) -> Vec<Algorithm> {
    if key.common.public_key_use.as_ref().is_some_and(|wanted| *wanted != PublicKeyUse::Signature) {
        return vec![];
    }
    let by_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => vec![Algorithm::Rs256, Algorithm::Ps256],
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => vec![Algorithm::Es256],
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => vec![Algorithm::EdDsa],
        _ => vec![],
    };
    let named = key.common.key_algorithm.map(|name| name.to_string());
    by_kind.into_iter().filter(|kind| named.as_ref().is_none_or(|name| Algorithm::parse(name) == Some(*kind))).collect()
}

fn is_private(jwk: &Value) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|member| jwk.get(member).is_some())
}

/// The SHA-256 thumbprint of a public RSA, P-256 or Ed25519 key (RFC 7638 §3), in base64url.
pub fn thumbprint(jwk: &Value) -> Option<String> {
    if is_private(jwk) {
        return None;
    }
    let key: Jwk = serde_json::from_value(jwk.clone()).ok()?;
    (!usable(&key).is_empty()).then(|| key.thumbprint(ThumbprintHash::SHA256).ok())?
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
        if is_private(key) {
            return Some("the JWKS holds a private key: hand in public keys only".to_owned());
        }
    }
    match serde_json::from_value::<JwkSet>(jwks.clone()) {
        Ok(set) if set.keys.iter().any(|key| !usable(key).is_empty()) => None,
        Ok(_) => Some("no key of the JWKS is RSA, P-256 or Ed25519".to_owned()),
        Err(_) => Some("a key of the JWKS cannot be read".to_owned()),
    }
}
