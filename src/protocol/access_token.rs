//! JWT access tokens (RFC 9068 §2.2).

use serde::{Deserialize, Serialize};

/// Claims of an access token.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Who issues.
    pub iss: String,
    /// Who signed in, as this client knows them.
    pub sub: String,
    /// Who the token is for.
    pub aud: String,
    /// Not usable from here on, in seconds.
    pub exp: i64,
    /// Issued at, in seconds.
    pub iat: i64,
    /// The grant, a dot, and a number of its own: unique, and what a revocation names.
    pub jti: String,
    /// Who it was issued to.
    pub client_id: String,
    /// What it may do.
    pub scope: String,
    /// When the person signed in, in seconds.
    pub auth_time: i64,
    /// The level that was reached.
    pub acr: String,
    /// The sign-on.
    pub sid: String,
}

impl AccessTokenClaims {
    /// The grant behind the token.
    pub fn grant_id(&self) -> &str {
        self.jti.split('.').next().unwrap_or_default()
    }
}
