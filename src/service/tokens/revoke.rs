//! Revocation: a client gives a token back (RFC 7009).
//!
//! A refresh token takes everything along that was issued on its grant; an
//! access token goes alone. Nodes hear of it within a second.

use super::access;
use crate::base::clock::Millis;
use crate::base::digest::sha256;
use crate::model::client::Client;
use crate::protocol::revocation::TokenKind;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, grants, refresh_tokens};
use serde_json::json;

/// Why a token was not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// It was issued to somebody else (RFC 7009 §2.1).
    #[error("the token was issued to another client")]
    NotYours,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for RevokeError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Revokes a token of a client that has proven itself. One that is unknown, over or revoked is no error (RFC 7009 §2.2).
pub async fn revoke(
    services: &Services,
    client: &Client,
    token: &str,
    hint: Option<&str>,
    origin: &Origin,
) -> Result<(), RevokeError> {
    let now = services.clock.now();
    for kind in TokenKind::in_order(hint) {
        let known = match kind {
            TokenKind::Access => access_token(services, client, token, origin, now).await?,
            TokenKind::Refresh => refresh_token(services, client, token, origin, now).await?,
        };
        if known {
            return Ok(());
        }
    }
    Ok(())
}

async fn access_token(
    services: &Services,
    client: &Client,
    token: &str,
    origin: &Origin,
    now: Millis,
) -> Result<bool, RevokeError> {
    let Some(claims) = access::read(services, token, now) else { return Ok(false) };
    if claims.client_id != client.id {
        return Err(RevokeError::NotYours);
    }
    let mut tx = services.store.write().await?;
    let detail = json!({ "access_token": claims.jti });
    audit::record(&mut tx, services, event(client, origin, detail)).await?;
    forget(&mut tx, services, Kind::Grant, &claims.jti).await?;
    tx.commit().await?;
    services.known.forget(Kind::Grant, &claims.jti, now);
    Ok(true)
}

async fn refresh_token(
    services: &Services,
    client: &Client,
    token: &str,
    origin: &Origin,
    now: Millis,
) -> Result<bool, RevokeError> {
    let found = refresh_tokens::find(&mut services.store.read().await?, &sha256(token.as_bytes())).await?;
    let Some(stored) = found else { return Ok(false) };
    let mut tx = services.store.write().await?;
    let Some(grant) = grants::find(&mut tx, &stored.grant.0).await? else { return Ok(false) };
    if grant.client_id != client.id {
        return Err(RevokeError::NotYours);
    }
    if !grants::mark_revoked(&mut tx, &grant.id, now).await? {
        return Ok(true);
    }
    let detail = json!({ "grant": grant.id });
    audit::record(&mut tx, services, Event { person: Some(&grant.person), ..event(client, origin, detail) }).await?;
    forget(&mut tx, services, Kind::Grant, &grant.id.0).await?;
    tx.commit().await?;
    services.known.forget(Kind::Grant, &grant.id.0, now);
    Ok(true)
}

fn event<'a>(client: &'a Client, origin: &'a Origin, detail: serde_json::Value) -> Event<'a> {
    Event { event: "token.revoked", actor: client.id.clone(), person: None, client: Some(&client.id), origin, detail }
}
