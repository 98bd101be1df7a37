//! Accounts that were shut because a plan ended somebody's last post: they are open again once the plan is taken back.
//!
//! Only what the job of the leavers did, after the plan was applied, and of whom nobody did anything since; and only of
//! people who hold a post again. What was ended stays ended: they sign in anew.

use super::By;
use super::due::{ACTOR, job};
use super::lines::count;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::lifecycle::gone_since;
use crate::service::audit::{self, Event};
use crate::service::{Services, forget};
use crate::store::changes::Kind;
use crate::store::plan_runs::{self, Run};
use crate::store::{StoreError, change_sets, leavings, lifecycles, persons, plan_late};
use serde_json::json;

/// People of one page.
const PAGE: i64 = 500;

/// Gives back what is left to be given back of all plans that were taken back; true when somebody was let in.
pub(super) async fn give_back_all(services: &Services) -> Result<bool, StoreError> {
    let runs = plan_runs::list_unrestored(&mut services.store.read().await?).await?;
    let origin = job();
    let mut given = 0;
    for run in &runs {
        given += give_back(services, run, &By { actor: ACTOR, origin: &origin, typed_by: None }).await?;
    }
    Ok(given > 0)
}

/// Gives back the accounts of those of whom a run told something; answers how many. Whoever does it again after a failure
/// goes on where it was left.
pub(super) async fn give_back(services: &Services, run: &Run, by: &By<'_>) -> Result<i64, StoreError> {
    let mut given = 0;
    // A run that was taken back was applied.
    let since = run.applied_at.unwrap_or(run.started_at);
    for set in sets(services, run).await? {
        let mut after = PersonId(String::new());
        loop {
            let people = change_sets::list_touched(&mut services.store.read().await?, &set, &after, PAGE).await?;
            let Some(last) = people.last() else { break };
            after = last.clone();
            // Most have not lost anything: nobody waits for them.
            let shut = leavings::list_shut(&mut services.store.read().await?, &people, since).await?;
            for person in &shut {
                given += count(usize::from(let_in(services, (run, by), person).await?));
            }
        }
    }
    let mut tx = services.store.write().await?;
    plan_runs::mark_restored(&mut tx, &run.id, services.clock.now()).await?;
    tx.commit().await?;
    Ok(given)
}

/// All sets that told something for a run.
pub(super) async fn sets(services: &Services, run: &Run) -> Result<Vec<ChangeSetId>, StoreError> {
    let mut conn = services.store.read().await?;
    let late = plan_late::list(&mut conn, &run.id).await?;
    let latecomers = plan_late::list_latecomers(&mut conn, &run.id).await?;
    let mut sets: Vec<ChangeSetId> = late.into_iter().map(|late| late.change_set).chain(latecomers).collect();
    sets.push(run.change_set.clone());
    sets.sort_unstable();
    sets.dedup();
    Ok(sets)
}

async fn let_in(services: &Services, (run, by): (&Run, &By<'_>), id: &PersonId) -> Result<bool, StoreError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    lifecycles::hold(&mut tx, id).await?;
    let Some(person) = persons::find(&mut tx, id).await? else { return Ok(false) };
    if gone_since(&person, vietnam_date(now), services.settings.lifecycle.grace_days).is_some() {
        return Ok(false);
    }
    lifecycles::mark_let_in(&mut tx, id, now).await?;
    // Only what the job did, and nobody since.
    if !lifecycles::restore(&mut tx, id).await? {
        return Ok(false);
    }
    let detail = json!({ "reason": "plan.rolled_back", "plan": run.plan, "run": run.id, "undone": true });
    let actor = by.actor.to_owned();
    let event = Event { event: "person.enabled", actor, person: Some(id), client: None, origin: by.origin, detail };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Person, id.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, id.as_str(), now);
    Ok(true)
}
