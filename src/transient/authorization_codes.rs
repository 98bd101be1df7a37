//! What waits behind an authorization code (RFC 6749 §4.1.2).
//!
//! Kept until the code expires, also after it was redeemed: redeeming inserts
//! the grant, and that insert decides who was first.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};
use crate::base::id::{PersonId, PositionId, SignOnId};
use crate::model::grant::Extent;
use crate::protocol::claims_request::ClaimsRequest;
use crate::protocol::pkce::Challenge;
use crate::protocol::scope::Scopes;

/// A code lives a minute at most (RFC 6749 §4.1.2 allows ten).
pub const LIFETIME_SECONDS: i64 = 60;

/// What a code stands for.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct CodeData {
    /// Who may redeem it.
    pub client_id: String,
    /// Must come again at the token endpoint.
    pub redirect_uri: String,
    /// Who signed in.
    pub person: PersonId,
    /// Their sign-on.
    pub sign_on: SignOnId,
    /// The position that they act in.
    pub position: Option<PositionId>,
    /// What was granted.
    pub scopes: Scopes,
    /// Claims asked one by one.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// How far it reaches beyond scopes, and the key that it is bound to.
    #[serde(default, skip_serializing_if = "Extent::is_empty")]
    pub extent: Extent,
    /// The request's own value, for the ID token.
    pub nonce: Option<String>,
    /// What the verifier must match.
    pub challenge: Option<Challenge>,
    /// When the person signed in.
    pub authenticated_at: Millis,
    /// The level, in the words that the client asked for.
    pub acr: String,
    /// How they signed in (RFC 8176), space-separated.
    pub methods: String,
    /// They signed in through an old system: what is given lives as long as the sign-on, and no longer.
    #[serde(default)]
    pub limited: bool,
    /// Not usable from here on.
    pub expires_at: Millis,
}

/// What names a code in the records: never the code itself.
pub fn digest(code: &str) -> [u8; 32] {
    sha256(code.as_bytes())
}

/// Keeps what a code stands for.
pub async fn put(transient: &Transient, code: &str, data: &CodeData, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Code, &base64url(&digest(code)), data, data.expires_at, now).await
}

/// What a code stands for, as long as it lives.
pub async fn find(transient: &Transient, code: &str, now: Millis) -> Result<Option<CodeData>, TransientError> {
    let found: Option<CodeData> = transient.get(Space::Code, &base64url(&digest(code)), now).await?;
    Ok(found.filter(|data| data.expires_at > now))
}
