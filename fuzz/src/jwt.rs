//! Tokens that clients sign, and the keys that they hand in.

use super::parts;
use motlan::base::digest::{base64url, from_base64url};
use motlan::crypto::jwt::{Verified, refuse_jwks, thumbprint, verify_with_jwk, verify_with_jwks};
use motlan::protocol::jws::{self, Algorithm};
use serde_json::{Value, json};
use std::sync::{LazyLock, Once};

/// An RSA, a P-256 and an Ed25519 key; the seeds are signed with them.
static KEYS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../keys.json")).expect("JSON"));

/// The input is which algorithms are allowed (a hexadecimal digit), a token,
/// and the client's keys; no keys are those of the seeds.
pub fn run(data: &[u8]) {
    static READY: Once = Once::new();
    READY.call_once(motlan::crypto::install_provider);
    let Some([digit, token, keys]) = parts(data) else { return };
    let bits = u8::from_str_radix(digit, 16).unwrap_or(15);
    let allowed: Vec<Algorithm> =
        Algorithm::ALL.into_iter().enumerate().filter(|(place, _)| (bits >> place) & 1 == 1).map(|(_, named)| named).collect();
    if keys.is_empty() {
        if let Ok(verified) = verify_with_jwks(&KEYS, token, &allowed) {
            believed(token, &verified, &allowed);
            other_claims(token, &allowed);
        }
        return;
    }
    let Ok(keys) = serde_json::from_str::<Value>(keys) else { return };
    if let Ok(verified) = verify_with_jwks(&keys, token, &allowed) {
        believed(token, &verified, &allowed);
    }
    let list = keys.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    for key in list.iter().chain([&keys]) {
        check_key(key);
        if let Ok(verified) = verify_with_jwk(key, token, &allowed) {
            believed(token, &verified, &allowed);
            assert!(thumbprint(key).is_some(), "what verifies can be named");
        }
    }
    if refuse_jwks(&keys).is_none() {
        assert!(list.iter().all(|key| key.get("d").is_none() && key.get("k").is_none()), "no private key is kept");
        assert!(list.iter().any(|key| thumbprint(key).is_some()), "one of them can be used");
    }
}

fn believed(token: &str, verified: &Verified, allowed: &[Algorithm]) {
    let header = jws::header(token).expect("what verifies has a header");
    assert!(allowed.iter().any(|named| named.as_str() == header.alg), "{} was not allowed", header.alg);
    assert_eq!(verified.typ, header.typ);
    assert_eq!(jws::unverified_claims(token).as_ref(), Some(&verified.claims));
}

/// The same header and signature around other claims.
fn other_claims(token: &str, allowed: &[Algorithm]) {
    let parts: Vec<&str> = token.split('.').collect();
    let claims = base64url(br#"{"iss":"another"}"#);
    let forged = format!("{}.{claims}.{}", parts[0], parts[2]);
    assert!(forged == token || verify_with_jwks(&KEYS, &forged, allowed).is_err());
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    assert!(verify_with_jwks(&KEYS, &unsigned, allowed).is_err());
}

fn check_key(key: &Value) {
    let Some(name) = thumbprint(key) else { return };
    assert_eq!(from_base64url(&name).map(|bytes| bytes.len()), Some(32));
    let mut other = key.clone();
    other["kid"] = json!("another");
    assert_eq!(thumbprint(&other), Some(name), "a name of one's own choice does not count");
    other["d"] = json!("AA");
    assert_eq!(thumbprint(&other), None, "a private key has no name here");
}
