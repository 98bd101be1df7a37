//! The logout token (OpenID Connect Back-Channel Logout §2.4).

use serde_json::{Value, json};

/// The member of `events` that makes a token a logout token.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Lifetime in seconds; §2.4 recommends two minutes at most.
pub const LIFETIME_SECONDS: i64 = 120;

/// What a logout token says.
pub struct LogoutToken<'a> {
    /// Who issues.
    pub issuer: &'a str,
    /// Who is signed out, as this client knows them.
    pub sub: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// Issued at, in seconds.
    pub issued_at: i64,
    /// Unique.
    pub jti: &'a str,
    /// The sign-on that ended.
    pub sid: &'a str,
}

impl LogoutToken<'_> {
    /// The claims. Never a `nonce` (§2.4), so that nobody takes it for an ID token.
    pub fn claims(&self) -> Value {
        json!({
            "iss": self.issuer,
            "sub": self.sub,
            "aud": self.client_id,
            "iat": self.issued_at,
            "exp": self.issued_at + LIFETIME_SECONDS,
            "jti": self.jti,
            "sid": self.sid,
            "events": { EVENT: {} },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_back_channel_logout_2_4() {
        let claims = LogoutToken { issuer: "i", sub: "s", client_id: "c", issued_at: 10, jti: "j", sid: "d" }.claims();
        for name in ["iss", "sub", "aud", "iat", "exp", "jti", "sid"] {
            assert!(claims.get(name).is_some(), "{name}");
        }
        assert_eq!(claims["events"], json!({ EVENT: {} }));
        assert_eq!(claims["exp"], 130);
        assert!(claims.get("nonce").is_none());
    }
}
