//! The life of a set of changes: begun, then applied as a whole or given up.

use crate::base::id::ChangeSetId;
use crate::service::audit::{self, Event};
use crate::service::{Origin, Services, forget};
use crate::store::{StoreError, Tx, change_sets, changes};

/// A set that cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum ChangeSetError {
    /// It was given up meanwhile, since nobody seemed to work on it.
    #[error("the set of changes was given up meanwhile; start again")]
    GivenUp,
    /// Another set was applied since this one was compared with what is known.
    #[error("other changes came in between")]
    Overtaken,
    /// Whoever asked for it may not do it any more.
    #[error("whoever asked for it may not do it any more")]
    NotAllowed,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who applies a set, and what is told about it.
pub struct Applied<'a> {
    /// The audit event.
    pub event: &'static str,
    /// Who.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
    /// What was changed, in figures.
    pub detail: serde_json::Value,
}

/// Begins a set.
pub async fn begin(services: &Services, origin: &str, actor: &str) -> Result<ChangeSetId, StoreError> {
    let now = services.clock.now();
    let id = ChangeSetId::new(now, &*services.entropy);
    let mut tx = services.store.write().await?;
    change_sets::add(&mut tx, &id, origin, actor, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Makes all of a set count from this moment on, with its audit record; or
/// nothing of it, when another set was first.
pub async fn apply(services: &Services, id: &ChangeSetId, applied: Applied<'_>) -> Result<(), ChangeSetError> {
    let mut tx = services.store.write().await?;
    apply_in(&mut tx, services, id, applied).await?;
    tx.commit().await?;
    services.known.forget(changes::Kind::People, "", services.clock.now());
    Ok(())
}

/// The same as part of a larger act. After its commit, [`crate::service::known::Known::forget`] is told of all people.
pub(super) async fn apply_in(
    tx: &mut Tx,
    services: &Services,
    id: &ChangeSetId,
    applied: Applied<'_>,
) -> Result<(), ChangeSetError> {
    let now = services.clock.now();
    if !change_sets::replace_people_version(tx, id, now).await? {
        return Err(ChangeSetError::Overtaken);
    }
    if !change_sets::mark_applied(tx, id, now).await? {
        return Err(ChangeSetError::GivenUp);
    }
    let event = Event {
        event: applied.event,
        actor: applied.actor.to_owned(),
        person: None,
        client: None,
        origin: applied.origin,
        detail: applied.detail,
    };
    audit::record(tx, services, event).await?;
    Ok(forget(tx, services, changes::Kind::People, "").await?)
}

/// Gives a set up and removes what it staged. One that is applied, or was given up before, is left as it is.
pub async fn abandon(services: &Services, id: &ChangeSetId) -> Result<(), StoreError> {
    let mut tx = services.store.write().await?;
    let abandoned = change_sets::mark_abandoned(&mut tx, id, services.clock.now()).await?;
    tx.commit().await?;
    if abandoned { remove_rows(services, id).await } else { Ok(()) }
}

/// Gives up the sets that nobody has worked on for so many seconds (their
/// process was killed), and removes the rows of all that were given up.
pub async fn clean_abandoned(services: &Services, older_than_seconds: i64) -> Result<u64, StoreError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    change_sets::mark_stale_abandoned(&mut tx, now.plus_seconds(-older_than_seconds), now).await?;
    tx.commit().await?;
    let abandoned = {
        let mut conn = services.store.read().await?;
        change_sets::list_abandoned(&mut conn).await?
    };
    let mut cleaned = 0;
    for id in &abandoned {
        remove_rows(services, id).await?;
        cleaned += 1;
    }
    Ok(cleaned)
}

/// Removes in short writes, so that sign-ins go on beside it.
async fn remove_rows(services: &Services, id: &ChangeSetId) -> Result<(), StoreError> {
    loop {
        let mut tx = services.store.write().await?;
        let removed = change_sets::remove_some_rows(&mut tx, id).await?;
        if removed == 0 {
            change_sets::remove(&mut tx, id).await?;
            return tx.commit().await;
        }
        tx.commit().await?;
    }
}
