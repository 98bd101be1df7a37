//! The ID token's claims (OpenID Connect Core §2).

use crate::base::digest::{base64url, sha256};
use serde::Serialize;
use serde_json::{Map, Value};

/// Claims of an ID token. Absent ones are left out, never null.
#[derive(Debug, Serialize)]
pub struct IdTokenClaims<'a> {
    /// Who issues.
    pub iss: &'a str,
    /// Who signed in, as this client knows them.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// Not usable from here on, in seconds.
    pub exp: i64,
    /// Issued at, in seconds.
    pub iat: i64,
    /// When the person signed in, in seconds.
    pub auth_time: i64,
    /// The request's own value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// The level that was reached.
    pub acr: &'a str,
    /// How (RFC 8176).
    pub amr: Vec<&'a str>,
    /// The sign-on, for logout.
    pub sid: &'a str,
    /// Half of the access token's digest, which ties the two together (§3.1.3.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// Claims that were asked for here.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// `at_hash`: the left half of SHA-256 for every algorithm that we sign with but EdDSA.
///
/// For Ed25519 the hash is SHA-512 in practice; see [`at_hash_ed25519`].
pub fn at_hash(access_token: &str) -> String {
    base64url(&sha256(access_token.as_bytes())[..16])
}

/// `at_hash` beside an Ed25519 signature: the left half of SHA-512, the hash inside Ed25519 (RFC 8032 §5.1).
pub fn at_hash_ed25519(access_token: &str) -> String {
    base64url(&crate::base::digest::sha512(access_token.as_bytes())[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_left_half_of_the_digest() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(token), base64url(&sha256(token.as_bytes())[..16]));
        // The access token and hash of OpenID Connect Core, appendix A.3.
        assert_eq!(at_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash_ed25519(token).len(), 43);
    }
}
