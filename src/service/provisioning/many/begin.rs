//! Beginning what was chosen, or asking a second person for it.

use super::{Act, BulkError, LONGEST_REASON, May, State, find};
use crate::base::text::{has_control, nfc};
use crate::service::Services;
use crate::service::approvals::{self, Dangerous, disabling};
use crate::service::audit::{self, Event};
use crate::store::people_bulks;
use serde_json::json;

/// What came of pressing the button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It may be done now.
    Now,
    /// A second person was asked, by this request.
    Asked(String),
}

/// Begins what was chosen, or asks a second person where it takes one. Only whoever chose does so, and once.
pub async fn begin(services: &Services, may: &May<'_>, id: &str, reason: &str) -> Result<Begun, BulkError> {
    let act = may.act();
    let reason = nfc(reason);
    let asked_for = act.wants_reason() && reason.is_empty();
    if asked_for || reason.chars().count() > LONGEST_REASON || has_control(&reason) {
        return Err(BulkError::Reason);
    }
    let mut conn = services.store.read().await?;
    let bulk = find(&mut conn, id).await?.filter(|bulk| bulk.created_by == may.by().person && bulk.act == act);
    bulk.filter(|bulk| bulk.state == State::Chosen).ok_or(BulkError::Gone)?;
    let people = people_bulks::list_items(&mut conn, id).await?.len();
    drop(conn);
    let is_bounded = act == Act::Disable && !approvals::decides_alone(services, &may.by().person).await?;
    let mut tx = services.store.write().await?;
    // Counted and begun in one: of two that are begun at once, the second counts the first.
    if is_bounded && !disabling::fits_alone(&mut tx, services, may.by(), people).await? {
        drop(tx);
        return ask(services, may, (id, people), &reason).await;
    }
    if !people_bulks::mark_begun(&mut tx, id, (State::Running.word(), None), &reason, services.clock.now()).await? {
        return Err(BulkError::Gone);
    }
    let detail = json!({ "bulk": id, "act": act.word(), "people": people, "reason": reason });
    audit::record(&mut tx, services, Event::by(may.by(), "people.act_begun", None, None, detail)).await?;
    tx.commit().await?;
    Ok(Begun::Now)
}

async fn ask(services: &Services, may: &May<'_>, (id, people): (&str, usize), reason: &str) -> Result<Begun, BulkError> {
    let payload = json!({ "bulk": id, "people": people });
    let approval = approvals::ask(services, Dangerous::DisableMany, id, &payload, reason, may.by()).await?;
    let mut tx = services.store.write().await?;
    let waits = (State::Waiting.word(), Some(approval.as_str()));
    if !people_bulks::mark_begun(&mut tx, id, waits, reason, services.clock.now()).await? {
        return Err(BulkError::Gone);
    }
    tx.commit().await?;
    Ok(Begun::Asked(approval))
}
