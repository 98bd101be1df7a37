//! Plans: registered by their author, who may replace the text until somebody approves it, and withdrawn.

use super::By;
use super::ahead::set_aside;
use super::errors::ReorganizationError;
use crate::base::date::iso;
use crate::base::id::PersonId;
use crate::model::plan::{Plan, file};
use crate::service::Services;
use crate::service::audit::{self, Event};
use crate::store::plan_runs::RunState;
use crate::store::plans::{self, StoredPlan};
use crate::store::{StoreError, Tx, plan_runs};
use serde_json::{Value, json};

/// Plans that come with the program: by name, their text.
pub const SHIPPED: &[(&str, &str)] = &[("merger-2025", include_str!("../../../data/plans/merger-2025.plan"))];

/// The text of a plan that comes with the program.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Registers a plan; whoever does it first is its author. The same text again changes nothing, unless it was withdrawn: then
/// its author brings it back so. Another text replaces the known one for its author, until somebody has approved it.
pub async fn register(services: &Services, text: &str, by: &By<'_>) -> Result<Plan, ReorganizationError> {
    let plan = file::read(text).map_err(ReorganizationError::Wrong)?;
    let new = StoredPlan {
        name: plan.name.clone(),
        title: plan.title.clone(),
        effective: plan.effective,
        text: text.to_owned(),
        text_digest: plan.text_digest(),
        author: by.actor.to_owned(),
        registered_at: services.clock.now(),
        withdrawn_at: None,
        withdrawn_by: None,
    };
    let mut tx = services.store.write().await?;
    if !plans::add(&mut tx, &new).await? {
        let known = plans::find(&mut tx, &new.name).await?.ok_or(StoreError::Stale)?;
        if known.text_digest == new.text_digest && known.withdrawn_at.is_none() {
            return Ok(plan);
        }
        let replaced = known.author == new.author && plans::replace_text(&mut tx, &new, &known.text_digest).await?;
        if !replaced {
            return Err(ReorganizationError::NameTaken);
        }
    }
    let detail = json!({
        "plan": plan.name,
        "stage": null,
        "text_digest": new.text_digest,
        "effective": iso(plan.effective),
    });
    note(&mut tx, services, "plan.registered", by, detail).await?;
    tx.commit().await?;
    Ok(plan)
}

/// A plan as it is registered; or else one that comes with the program, which is not registered by this.
pub async fn named(services: &Services, name: &str) -> Result<Option<Plan>, ReorganizationError> {
    let stored = plans::find(&mut services.store.read().await?, name).await?;
    let text = match &stored {
        Some(stored) => Some(stored.text.as_str()),
        None => shipped(name),
    };
    text.map(file::read).transpose().map_err(ReorganizationError::Wrong)
}

/// A plan that was registered and not withdrawn.
pub(super) async fn registered(services: &Services, name: &str) -> Result<StoredPlan, ReorganizationError> {
    let stored = plans::find(&mut services.store.read().await?, name).await?.ok_or(ReorganizationError::UnknownPlan)?;
    if stored.withdrawn_at.is_some() { Err(ReorganizationError::Withdrawn) } else { Ok(stored) }
}

/// Withdraws a plan with the approvals that wait, and what is staged of it ahead of its moment. What is applied is taken back
/// instead.
pub async fn withdraw(services: &Services, name: &str, by: &By<'_>) -> Result<(), ReorganizationError> {
    registered(services, name).await?;
    let mut tx = services.store.write().await?;
    set_aside(&mut tx, services, |run| run.plan == name).await?;
    if !plans::mark_withdrawn(&mut tx, name, by.actor, services.clock.now()).await? {
        return Err(ReorganizationError::Busy);
    }
    if plan_runs::list_of(&mut tx, name).await?.iter().any(|run| run.state == RunState::Applied) {
        return Err(ReorganizationError::Already);
    }
    note(&mut tx, services, "plan.withdrawn", by, json!({ "plan": name, "stage": null })).await?;
    Ok(tx.commit().await?)
}

/// Records an act on a plan with the act itself.
pub(super) async fn note(
    tx: &mut Tx,
    services: &Services,
    event: &'static str,
    by: &By<'_>,
    detail: Value,
) -> Result<(), StoreError> {
    record(tx, services, event, (by, None), detail).await
}

/// The same where it is about one person.
pub(super) async fn note_about(
    tx: &mut Tx,
    services: &Services,
    event: &'static str,
    (by, person): (&By<'_>, &PersonId),
    detail: Value,
) -> Result<(), StoreError> {
    record(tx, services, event, (by, Some(person)), detail).await
}

async fn record(
    tx: &mut Tx,
    services: &Services,
    event: &'static str,
    (by, person): (&By<'_>, Option<&PersonId>),
    mut detail: Value,
) -> Result<(), StoreError> {
    if let (Some(user), Some(members)) = (by.typed_by, detail.as_object_mut()) {
        members.insert("typed_by".to_owned(), Value::String(user.to_owned()));
    }
    let event = Event { event, actor: by.actor.to_owned(), person, client: None, origin: by.origin, detail };
    audit::record(tx, services, event).await
}
