//! What is approved comes by itself on its day, what a killed process left is taken up again, and who came too late goes
//! along: on one node at a time.

use super::By;
use super::accounts::give_back_all;
use super::apply::{Order, clean, is_left};
use super::errors::ReorganizationError;
use super::latecomers::sweep;
use super::register::note;
use crate::base::date::vietnam_date;
use crate::model::device::Device;
use crate::service::{Failure, Origin, Services, leases};
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::{self, Approval};
use crate::store::{Conn, StoreError};
use serde_json::json;

/// The lease of whoever looks what is due.
const LEASE: &str = "reorganization";
/// It is held for so long.
const HELD_SECONDS: i64 = 60;
/// Who does it.
pub(super) const ACTOR: &str = "job:reorganization";

/// What there is to do.
struct Found {
    /// The run that is staged.
    staged: Option<Run>,
    /// What is approved and due.
    ready: Vec<Approval>,
    /// Something is left to do of what was applied, taken back or given up.
    is_rest: bool,
}

impl Found {
    async fn now(conn: &mut Conn, services: &Services) -> Result<Self, StoreError> {
        let busy = plan_runs::find_busy(conn).await?;
        let due = plans::list_due(conn, vietnam_date(services.clock.now())).await?;
        let is_rest = !plan_runs::list_unswept(conn).await?.is_empty()
            || !plan_runs::list_unrestored(conn).await?.is_empty()
            || plan_runs::find_uncleaned(conn).await?.is_some();
        Ok(Self {
            staged: busy.filter(|run| run.state == RunState::Staging),
            ready: due.into_iter().map(|(_, approval)| approval).collect(),
            is_rest,
        })
    }
}

/// Takes up what was left, and applies what is approved and due, one after another; true when something was done. What
/// cannot be applied is recorded once, and waits for another approval. Every process calls itself by a name of its own.
pub async fn due(services: &Services, holder: &str) -> Result<bool, Failure> {
    // Looked at before anything is written: idle beats write nothing.
    let found = Found::now(&mut services.store.read().await?, services).await?;
    let now = services.clock.now();
    if found.staged.as_ref().is_some_and(|run| run.holder != holder && !is_left(run, now)) {
        return Ok(false);
    }
    if found.staged.is_none() && found.ready.is_empty() && !found.is_rest {
        return Ok(false);
    }
    if !leases::take(services, LEASE, HELD_SECONDS, holder).await? {
        return Ok(false);
    }
    let mut done = false;
    if let Some(run) = &found.staged {
        // What somebody began by hand stays strict; once that is refused, it may come by itself.
        let approval = Some(run.approval.as_str()).filter(|_| run.started_by == ACTOR);
        done |= carry_out(services, (&run.plan, &run.stage), approval, holder).await?;
    }
    for approval in &found.ready {
        done |= carry_out(services, (&approval.plan, &approval.stage), Some(&approval.id), holder).await?;
    }
    if found.is_rest {
        done |= tidy(services).await?;
    }
    Ok(done)
}

/// Does what is left to do of what was applied, taken back or given up; true when something of people changed.
async fn tidy(services: &Services) -> Result<bool, Failure> {
    while let Some(run) = uncleaned(services).await? {
        clean(services, &run).await?;
    }
    let were_shut = give_back_all(services).await?;
    Ok(sweep(services).await? || were_shut)
}

async fn uncleaned(services: &Services) -> Result<Option<Run>, StoreError> {
    plan_runs::find_uncleaned(&mut services.store.read().await?).await
}

/// Carries one out. Where it cannot be, that is recorded of the approval, if there is one to record it of.
async fn carry_out(
    services: &Services,
    (plan, stage): (&str, &str),
    approval: Option<&str>,
    holder: &str,
) -> Result<bool, Failure> {
    let origin = job();
    let by = By { actor: ACTOR, origin: &origin, typed_by: None };
    let stage = Some(stage).filter(|stage| !stage.is_empty());
    let order = Order { services, name: plan, stage, accept_open: false, by, holder, scheduled: true };
    let error = match order.carry_out(&|_, _| {}).await {
        Ok(applied) => {
            tracing::info!(plan, run = %applied.run, people = applied.people, "a plan was applied on its day");
            return Ok(true);
        }
        Err(error) => error,
    };
    match error {
        // Somebody else is at it, or was.
        ReorganizationError::Busy | ReorganizationError::Already | ReorganizationError::NotApproved => Ok(false),
        ReorganizationError::Failure(failure) => Err(failure),
        // Whoever was only too slow tries again.
        ReorganizationError::Overtaken => {
            tracing::warn!(plan, "people are changed all the time, so that a plan which is due could not be applied yet");
            Ok(false)
        }
        error => {
            tracing::warn!(plan, %error, "a plan that is due cannot be applied");
            if let Some(approval) = approval {
                waits(services, (plan, stage, approval), error.word()).await?;
            }
            Ok(true)
        }
    }
}

/// Records once that something approved could not be applied: it is tried no more by itself.
async fn waits(services: &Services, (plan, stage, approval): (&str, Option<&str>, &str), why: &str) -> Result<(), StoreError> {
    let origin = job();
    let mut tx = services.store.write().await?;
    if !plans::mark_approval_waits(&mut tx, approval, why).await? {
        return Ok(());
    }
    let detail = json!({ "plan": plan, "stage": stage, "approval": approval, "why": why });
    note(&mut tx, services, "plan.waits", &By { actor: ACTOR, origin: &origin, typed_by: None }, detail).await?;
    tx.commit().await
}

/// Where the job does something from.
pub(super) fn job() -> Origin {
    Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() }
}
