//! What a token is bound to, beside the person and the client (`cnf`, RFC 7800 §3.1).

use serde_json::{Value, json};

/// A proof that only the rightful sender can bring.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Confirmation {
    /// A key, by its RFC 7638 thumbprint (RFC 9449 §6).
    #[serde(rename = "jkt")]
    Key(String),
    /// A certificate, by the SHA-256 digest of its DER form (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

impl Confirmation {
    /// The claim `cnf`.
    pub fn to_claim(&self) -> Value {
        match self {
            Self::Key(thumbprint) => json!({ "jkt": thumbprint }),
            Self::Certificate(digest) => json!({ "x5t#S256": digest }),
        }
    }

    /// Reads the claim; a form that is not ours binds to nothing that could be proven.
    pub fn from_claim(claim: &Value) -> Option<Self> {
        serde_json::from_value(claim.clone()).ok()
    }

    /// The `token_type` of a token that is bound this way (RFC 9449 §5; a certificate-bound token stays a bearer token).
    pub fn token_type(confirmation: Option<&Self>) -> &'static str {
        match confirmation {
            Some(Self::Key(_)) => "DPoP",
            Some(Self::Certificate(_)) | None => "Bearer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_its_claim() {
        for (confirmation, claim, kind) in [
            (Confirmation::Key("k".to_owned()), json!({"jkt": "k"}), "DPoP"),
            (Confirmation::Certificate("c".to_owned()), json!({"x5t#S256": "c"}), "Bearer"),
        ] {
            assert_eq!(confirmation.to_claim(), claim);
            assert_eq!(Confirmation::token_type(Some(&confirmation)), kind);
            assert_eq!(Confirmation::from_claim(&claim), Some(confirmation));
        }
        assert_eq!(Confirmation::token_type(None), "Bearer");
        for other in [json!({}), json!({"jwk": {}}), json!("k"), json!({"jkt": 1}), json!({"jkt": "k", "x5t#S256": "c"})] {
            assert_eq!(Confirmation::from_claim(&other), None, "{other}");
        }
    }
}
