//! What one authorization gave to one client.

use crate::base::clock::Millis;
use crate::base::id::{GrantId, PersonId, PositionId, SignOnId};
use crate::model::confirmation::Confirmation;
use crate::protocol::authorization_details::Detail;
use crate::protocol::claims_request::ClaimsRequest;
use crate::protocol::scope::Scopes;

/// How far a grant reaches beyond its scopes, and what it is bound to. Most grants say nothing here.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extent {
    /// Resources that its tokens may be for (RFC 8707).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Authorization details (RFC 9396).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Who may redeem the code, and refresh (RFC 9449 §5 and §10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// It was asked for from the network of an office.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub from_office: bool,
    /// The level of the sign-on, where the client was answered another one: it asked for less, or not all of it counts there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<i64>,
}

impl Extent {
    /// True when there is nothing to record.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

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
    /// How far it reaches beyond scopes, and what it is bound to.
    pub extent: Extent,
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
