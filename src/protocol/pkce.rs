//! Proof Key for Code Exchange (RFC 7636). Only `S256`: `plain` protects nothing (RFC 9700 §2.1.1).

use crate::base::digest::{base64url, same, sha256};

/// A challenge that a code is bound to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Challenge(String);

fn is_unreserved(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

impl Challenge {
    /// Reads the two parameters of an authorization request (RFC 7636 §4.3).
    pub fn read(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, &'static str> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err("code_challenge_method came without code_challenge"),
            // Without a method the challenge would be `plain`.
            (Some(_), None | Some("plain")) => Err("the transform plain is not supported: use code_challenge_method S256"),
            (Some(challenge), Some("S256")) if challenge.len() == 43 && is_unreserved(challenge) => {
                Ok(Some(Self(challenge.to_owned())))
            }
            (Some(_), Some("S256")) => Err("code_challenge is not a SHA-256 in base64url"),
            (Some(_), Some(_)) => Err("transform algorithm not supported: use code_challenge_method S256"),
        }
    }

    /// True when the verifier is the one behind the challenge (RFC 7636 §4.6).
    pub fn matches(&self, verifier: &str) -> bool {
        is_unreserved(verifier) && same(base64url(&sha256(verifier.as_bytes())).as_bytes(), self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn follows_rfc_7636_4_3() {
        assert_eq!(Challenge::read(None, None), Ok(None));
        assert!(Challenge::read(Some(CHALLENGE), Some("S256")).is_ok_and(|read| read.is_some()));
        for (challenge, method) in [
            (Some(CHALLENGE), None),
            (Some(CHALLENGE), Some("plain")),
            (Some(CHALLENGE), Some("s256")),
            (Some("short"), Some("S256")),
            (Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), Some("S256")),
            (None, Some("S256")),
        ] {
            assert!(Challenge::read(challenge, method).is_err(), "{challenge:?} {method:?}");
        }
    }

    #[test]
    fn follows_rfc_7636_4_6() {
        let challenge = Challenge(CHALLENGE.to_owned());
        assert!(challenge.matches(VERIFIER));
        assert!(!challenge.matches(&VERIFIER.to_lowercase()));
        assert!(!challenge.matches(CHALLENGE));
        assert!(!challenge.matches(""));
        assert!(!challenge.matches(&"x".repeat(129)));
    }
}
