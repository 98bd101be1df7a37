//! Registering clients from the command line or the console.

use crate::base::digest::sha256;
use crate::crypto::jwt::refuse_jwks;
use crate::model::client::Client;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, clients};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// Why a registration was refused.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// What is wrong and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// There is a client of this id already.
    #[error("a client with this id exists already")]
    Taken,
    /// There is no such client.
    #[error("there is no client with this id")]
    Unknown,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

fn check(client: &Client) -> Result<(), RegisterError> {
    let reason = client.refuse().or_else(|| client.settings.jwks.as_ref().and_then(refuse_jwks));
    reason.map_or(Ok(()), |reason| Err(RegisterError::Refused(reason)))
}

/// Registers a client; its generated secret is given out here and kept nowhere.
pub async fn add(services: &Services, client: &Client, actor: &str) -> Result<Option<SecretString>, RegisterError> {
    check(client)?;
    let now = services.clock.now();
    let secret = client.settings.auth_method.uses_secret().then(|| SecretString::from(services.entropy.token()));
    let mut tx = services.store.write().await?;
    clients::add(&mut tx, client, now).await.map_err(|error| match error {
        StoreError::Stale => RegisterError::Taken,
        other => other.into(),
    })?;
    if let Some(secret) = &secret {
        clients::add_secret(&mut tx, &client.id, &sha256(secret.expose_secret().as_bytes()), now).await?;
    }
    finish(services, tx, "client.added", client.id.as_str(), actor, json!({ "name": client.name })).await?;
    Ok(secret)
}

/// Replaces a client's name and settings.
pub async fn replace(services: &Services, client: &Client, actor: &str) -> Result<(), RegisterError> {
    check(client)?;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if !clients::replace(&mut tx, client, now).await? {
        return Err(RegisterError::Unknown);
    }
    finish(services, tx, "client.changed", &client.id, actor, json!({ "settings": client.settings })).await
}

/// A new secret; the ones before stay valid for an overlap.
pub async fn rotate_secret(
    services: &Services,
    id: &str,
    overlap_seconds: i64,
    actor: &str,
) -> Result<SecretString, RegisterError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let client = clients::find(&mut tx, id).await?.ok_or(RegisterError::Unknown)?;
    if !client.settings.auth_method.uses_secret() {
        return Err(RegisterError::Refused("this client does not prove itself by a secret".to_owned()));
    }
    let secret = SecretString::from(services.entropy.token());
    clients::expire_secrets(&mut tx, id, now.plus_seconds(overlap_seconds)).await?;
    clients::add_secret(&mut tx, id, &sha256(secret.expose_secret().as_bytes()), now).await?;
    finish(services, tx, "client.secret_rotated", id, actor, json!({ "overlap_seconds": overlap_seconds })).await?;
    Ok(secret)
}

/// Refuses a client from now on. What it was stays on record.
pub async fn disable(services: &Services, id: &str, actor: &str) -> Result<(), RegisterError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if !clients::mark_disabled(&mut tx, id, now).await? {
        return Err(RegisterError::Unknown);
    }
    finish(services, tx, "client.disabled", id, actor, json!({})).await
}

async fn finish(
    services: &Services,
    mut tx: crate::store::Tx,
    event: &'static str,
    id: &str,
    actor: &str,
    detail: Value,
) -> Result<(), RegisterError> {
    let origin = Origin::command_line();
    let event = Event { event, actor: actor.to_owned(), person: None, client: Some(id), origin: &origin, detail };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Client, id).await?;
    tx.commit().await?;
    services.known.forget(Kind::Client, id, services.clock.now());
    Ok(())
}

/// Clients with a start page, by name: name, address, one line about it.
pub async fn with_home(services: &Services) -> Result<Vec<(String, String, String)>, Failure> {
    let all = clients::list(&mut services.store.read().await?).await?;
    Ok(all
        .into_iter()
        .filter(|client| client.disabled_at.is_none())
        .filter_map(|client| Some((client.name, client.settings.home_uri?, client.settings.description)))
        .collect())
}
