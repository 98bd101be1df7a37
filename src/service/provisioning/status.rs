//! Whether a person may sign in: locked by an administrator, and let in again.
//!
//! Locking is one act with the end of everything that the person holds:
//! sign-ons, tokens, offline access too. Letting in again gives nothing of it
//! back: the person signs in anew.

use crate::base::id::PersonId;
use crate::model::person::Username;
use crate::service::approvals::disabling::{self, Hand};
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Reach, end_all};
use crate::service::{Origin, Services, forget};
use crate::store::{StoreError, Tx, changes, lifecycles, persons};
use serde_json::{Value, json};

/// Whose status, and who changes it.
pub struct Request<'a> {
    /// The user name.
    pub username: &'a str,
    /// Who changes it.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
}

/// Why a status was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// Nobody has this user name.
    #[error("nobody has this user name")]
    UnknownPerson,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What locking a person ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabled {
    /// Sign-ons.
    pub sign_ons: usize,
    /// Grants that would have outlived them.
    pub offline_grants: usize,
}

/// Locks a person, and ends what they hold; nothing when they are locked already.
pub async fn disable(services: &Services, request: &Request<'_>) -> Result<Option<Disabled>, StatusError> {
    let person = person_of(services, request).await?;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if !disabling::disable(&mut tx, &person, now, Hand::CommandLine(request.actor)).await? {
        return Ok(None);
    }
    let by = By { actor: request.actor, origin: request.origin };
    let ended = end_all(&mut tx, services, &person, Reach::Everything, by).await?;
    let disabled = Disabled { sign_ons: ended.sign_ons.len(), offline_grants: ended.grants.len() };
    let detail = json!({ "sign_ons_ended": disabled.sign_ons, "offline_grants_revoked": disabled.offline_grants });
    tell(&mut tx, services, &person, event(request, &person, "person.disabled", detail)).await?;
    tx.commit().await?;
    services.known.forget(changes::Kind::Person, person.as_str(), now);
    ended.tell(services);
    Ok(Some(disabled))
}

/// Lets a person sign in again; false when they may already.
pub async fn enable(services: &Services, request: &Request<'_>) -> Result<bool, StatusError> {
    let person = person_of(services, request).await?;
    let mut tx = services.store.write().await?;
    lifecycles::mark_let_in(&mut tx, &person, services.clock.now()).await?;
    if !persons::enable(&mut tx, &person).await? {
        return Ok(false);
    }
    tell(&mut tx, services, &person, event(request, &person, "person.enabled", json!({}))).await?;
    tx.commit().await?;
    services.known.forget(changes::Kind::Person, person.as_str(), services.clock.now());
    Ok(true)
}

async fn person_of(services: &Services, request: &Request<'_>) -> Result<PersonId, StatusError> {
    let name = Username::parse(request.username).map_err(|_| StatusError::UnknownPerson)?;
    let mut conn = services.store.read().await?;
    persons::find_id_by_username(&mut conn, name.folded()).await?.ok_or(StatusError::UnknownPerson)
}

fn event<'a>(request: &Request<'a>, person: &'a PersonId, event: &'static str, detail: Value) -> Event<'a> {
    Event { event, actor: request.actor.to_owned(), person: Some(person), client: None, origin: request.origin, detail }
}

async fn tell(tx: &mut Tx, services: &Services, person: &PersonId, event: Event<'_>) -> Result<(), StoreError> {
    audit::record(tx, services, event).await?;
    forget(tx, services, changes::Kind::Person, person.as_str()).await
}
