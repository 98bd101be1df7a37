//! Userinfo (OpenID Connect Core §5.3): the claims behind an access token.

use super::claims::Facts;
use crate::base::date::vietnam_date;
use crate::crypto::jwt::verify_own;
use crate::protocol::access_token::AccessTokenClaims;
use crate::protocol::scope::{self, Scopes};
use crate::service::{Failure, Services};
use serde_json::{Map, Value, json};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum UserinfoError {
    /// Not ours, expired, or revoked.
    #[error("the access token cannot be used")]
    Unusable,
    /// It was not granted `openid`.
    #[error("the access token lacks the scope openid")]
    NoOpenid,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<crate::store::StoreError> for UserinfoError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The claims that the access token's grant allows, and the client that they are for.
pub async fn answer(services: &Services, access_token: &str) -> Result<(Value, String), UserinfoError> {
    let now = services.clock.now();
    let verified = verify_own(&services.keyring, access_token, now).map_err(|_| UserinfoError::Unusable)?;
    // An ID token or a logout token is not an access token (RFC 9068 §4).
    if verified.typ.as_deref() != Some("at+jwt") {
        return Err(UserinfoError::Unusable);
    }
    let claims: AccessTokenClaims =
        serde_json::from_value(Value::Object(verified.claims)).map_err(|_| UserinfoError::Unusable)?;
    if claims.exp <= now.seconds() || claims.iss != services.settings.issuer || claims.aud != services.settings.issuer {
        return Err(UserinfoError::Unusable);
    }
    let scopes = Scopes::from(claims.scope.clone());
    if !scopes.contains("openid") {
        return Err(UserinfoError::NoOpenid);
    }
    let grant = services.known.grant(&services.store, claims.grant_id(), now).await?.ok_or(UserinfoError::Unusable)?;
    let person = services.known.person(&services.store, &grant.person, now).await?.ok_or(UserinfoError::Unusable)?;
    let client = services.known.client(&services.store, &claims.client_id, now).await?.ok_or(UserinfoError::Unusable)?;
    let registry = services.known.registry();
    let facts = Facts {
        person: &person.person,
        acting: grant.position.as_ref(),
        client: &client,
        granted: &scopes,
        registry: &registry,
        today: vietnam_date(now),
    };
    let of_scopes = scopes.iter().flat_map(|scope| scope::claims_of(scope).iter().copied());
    let mut out: Map<String, Value> = facts.collect(of_scopes);
    out.extend(facts.asked(&grant.claims.userinfo));
    out.insert("sub".to_owned(), json!(grant.sub));
    Ok((Value::Object(out), client.id.clone()))
}
