//! JWT access tokens (RFC 9068 §2.2).

use super::authorization_details::Detail;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Claims of an access token.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Who issues.
    pub iss: String,
    /// Who signed in, as this client knows them; the client itself when nobody did (§3).
    pub sub: String,
    /// Who the token is for.
    pub aud: Audience,
    /// Not usable from here on, in seconds.
    pub exp: i64,
    /// Issued at, in seconds.
    pub iat: i64,
    /// The grant, a dot, and a number of its own: unique, and what a revocation names.
    pub jti: String,
    /// Who it was issued to.
    pub client_id: String,
    /// What it may do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// When the person signed in, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The level that was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The sign-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// What it is bound to (RFC 7800).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Value>,
    /// What was granted in more words (RFC 9396 §9.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Detail>,
    /// The person's roles at the resource (§2.2.3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Value>,
}

/// One audience, or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// An audience of these names; a single one stands alone.
    pub fn of(mut names: Vec<String>) -> Self {
        if names.len() == 1 { Self::One(names.remove(0)) } else { Self::Many(names) }
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }

    /// True when it names this one.
    pub fn holds(&self, name: &str) -> bool {
        self.names().iter().any(|held| held == name)
    }
}

/// What the number of a token begins with when no person gave a grant.
pub const WITHOUT_GRANT: &str = "client";

impl AccessTokenClaims {
    /// The grant behind the token; nothing when the client speaks for itself.
    pub fn grant_id(&self) -> Option<&str> {
        self.jti.split('.').next().filter(|grant| *grant != WITHOUT_GRANT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_half_of_the_number_is_the_grant() {
        let claims = |jti: &str| {
            serde_json::from_value::<AccessTokenClaims>(serde_json::json!({
                "iss": "i", "sub": "s", "aud": "a", "exp": 1, "iat": 0, "jti": jti, "client_id": "c", "scope": "openid",
                "auth_time": 0, "acr": "LoA1", "sid": "x",
            }))
            .expect("claims")
        };
        assert_eq!(claims("grant.number").grant_id(), Some("grant"));
        assert_eq!(claims("grant").grant_id(), Some("grant"));
        assert_eq!(claims("client.number").grant_id(), None);
    }

    #[test]
    fn a_single_audience_stands_alone() {
        let one = Audience::of(vec!["a".to_owned()]);
        let two = Audience::of(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(serde_json::to_value(&one).expect("a value"), serde_json::json!("a"));
        assert_eq!(serde_json::to_value(&two).expect("a value"), serde_json::json!(["a", "b"]));
        assert!(one.holds("a") && !one.holds("b") && two.holds("b") && !two.holds("c"));
    }
}
