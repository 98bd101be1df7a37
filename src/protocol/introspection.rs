//! What a token is, told to a resource server (RFC 7662 §2.2, RFC 9470 §6.2, RFC 9396 §9.2),
//! and the same as a signed JWT (RFC 9701 §5).

use super::authorization_details::Detail;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `typ` of a signed answer (RFC 9701 §5).
pub const SIGNED_TYPE: &str = "token-introspection+jwt";
/// What a caller accepts when it wants a signed answer, and what that is sent as (RFC 9701 §4 and §5).
pub const SIGNED_MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// The answer. Absent members are left out, never null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Introspection {
    /// False for every token that is unknown, over, revoked, or not for the caller; then nothing else is said.
    pub active: bool,
    /// What it may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Who it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user name of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer` or `DPoP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// Not usable from here on, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Issued at, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Not usable before, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Who signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Who the token is for: one or several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Value>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// What it is bound to (RFC 8705 §3.2, RFC 9449 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Value>,
    /// The level that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// When the person signed in, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The person's roles as they count now, where the token tells of roles (RFC 9068 §2.2.3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Value>,
    /// What was granted in more words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Detail>,
}

impl Introspection {
    /// The answer about every token that cannot be used, whatever the reason.
    pub fn inactive() -> Self {
        Self::default()
    }

    /// The claims of the signed answer. No `sub` and no `exp` of its own, so that nobody takes
    /// it for an access token (RFC 9701 §5).
    pub fn signed_claims(&self, issuer: &str, asked_by: &str, issued_at: i64) -> Value {
        json!({
            "iss": issuer,
            "aud": asked_by,
            "iat": issued_at,
            "token_introspection": self,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active() -> Introspection {
        Introspection {
            active: true,
            scope: Some("openid".to_owned()),
            client_id: Some("c".to_owned()),
            sub: Some("s".to_owned()),
            exp: Some(10),
            aud: Some(json!(["https://a", "https://b"])),
            cnf: Some(json!({"jkt": "x"})),
            ..Introspection::default()
        }
    }

    #[test]
    fn follows_rfc_7662_2_2_an_inactive_token_has_nothing_to_tell() {
        assert_eq!(serde_json::to_string(&Introspection::inactive()).expect("JSON"), r#"{"active":false}"#);
    }

    #[test]
    fn what_is_absent_is_left_out() {
        let value = serde_json::to_value(active()).expect("JSON");
        assert_eq!(
            value,
            json!({
                "active": true, "scope": "openid", "client_id": "c", "sub": "s", "exp": 10,
                "aud": ["https://a", "https://b"], "cnf": {"jkt": "x"},
            })
        );
        assert_eq!(serde_json::from_value::<Introspection>(value).expect("the same"), active());
    }

    #[test]
    fn follows_rfc_9701_5() {
        let claims = active().signed_claims("https://id", "api", 5);
        let mut names: Vec<&String> = claims.as_object().expect("an object").keys().collect();
        names.sort();
        assert_eq!(names, ["aud", "iat", "iss", "token_introspection"]);
        assert_eq!((&claims["iss"], &claims["aud"], &claims["iat"]), (&json!("https://id"), &json!("api"), &json!(5)));
        assert_eq!(claims["token_introspection"]["sub"], "s");
        let none = Introspection::inactive().signed_claims("https://id", "api", 5);
        assert_eq!(none["token_introspection"], json!({"active": false}));
    }
}
