//! What one authorization gave to one client.

use crate::base::clock::Millis;
use crate::base::id::{GrantId, PersonId, PositionId, SignOnId};
use crate::protocol::claims_request::ClaimsRequest;
use crate::protocol::scope::Scopes;

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Identifier; the first half of an access token's `jti`.
    pub id: GrantId,
    /// To whom.
    pub client_id: String,
    /// By whom.
    pub person: PersonId,
    /// Under which sign-on.
    pub sign_on: SignOnId,
    /// Acting in which position.
    pub position: Option<PositionId>,
    /// As the client knows the person.
    pub sub: String,
    /// What.
    pub scopes: Scopes,
    /// Claims asked one by one.
    pub claims: ClaimsRequest,
    /// When the person signed in.
    pub authenticated_at: Millis,
    /// The level, as answered.
    pub acr: String,
    /// How they signed in, space-separated.
    pub methods: String,
    /// Redeemed.
    pub issued_at: Millis,
    /// Survives the sign-on (`offline_access`).
    pub offline: bool,
    /// Counts for nothing from here on.
    pub revoked_at: Option<Millis>,
}
