//! Assertions that prove us to another provider (RFC 7523 §2.2): signed with a
//! private key that only we hold, or with the secret that both share.
//!
//! The key is read each time: people come from elsewhere seldom beside what is signed here.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;

/// The key or secret cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is no private key in PEM form: RSA, P-256 or Ed25519")]
pub struct BadKey;

/// Signs claims with a private key (PEM); its kind tells the algorithm.
pub fn sign_with_pem(pem: &[u8], key_id: Option<&str>, claims: &Value) -> Result<String, BadKey> {
    // A key says what it is by what it can be read as: the wrong kind is refused by each reader.
    let kinds = [
        (Algorithm::ES256, EncodingKey::from_ec_pem(pem)),
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(pem)),
        (Algorithm::RS256, EncodingKey::from_rsa_pem(pem)),
    ];
    for (algorithm, key) in kinds {
        let Ok(key) = key else { continue };
        let header = Header { kid: key_id.map(str::to_owned), ..Header::new(algorithm) };
        if let Ok(signed) = encode(&header, claims, &key) {
            return Ok(signed);
        }
    }
    Err(BadKey)
}

/// Signs claims with the secret that both sides know.
pub fn sign_with_secret(secret: &[u8], claims: &Value) -> Result<String, BadKey> {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret)).map_err(|_| BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jws;
    use serde_json::json;

    #[test]
    fn the_kind_of_a_key_tells_the_algorithm() {
        crate::crypto::install_provider();
        for (kind, algorithm) in [(&rcgen::PKCS_ECDSA_P256_SHA256, "ES256"), (&rcgen::PKCS_ED25519, "EdDSA")] {
            let key = rcgen::KeyPair::generate_for(kind).expect("a key");
            let signed = sign_with_pem(key.serialize_pem().as_bytes(), Some("k1"), &json!({ "iss": "motlan" }));
            let header = jws::header(&signed.expect("an assertion")).expect("a header");
            assert_eq!((header.alg.as_str(), header.kid.as_deref()), (algorithm, Some("k1")));
        }
        assert_eq!(sign_with_pem(b"mat-khau", None, &json!({})), Err(BadKey));
        let signed = sign_with_secret(b"0123456789abcdef0123456789abcdef", &json!({})).expect("an assertion");
        assert_eq!(jws::header(&signed).expect("a header").alg, "HS256");
    }
}
