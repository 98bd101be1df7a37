//! What is approved comes by itself on its day, and what a killed process left is taken up again: on one node at a time.

use super::By;
use super::apply::{LEFT_SECONDS, Order};
use super::errors::ReorganizationError;
use crate::base::date::vietnam_date;
use crate::model::device::Device;
use crate::service::{Failure, Origin, Services, leases};
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::{self, Approval};

/// The lease of whoever looks what is due.
const LEASE: &str = "reorganization";
/// It is held for so long.
const HELD_SECONDS: i64 = 60;
/// Who does it.
const ACTOR: &str = "job:reorganization";

/// Takes up what was left, and applies what is approved and due, one after another; true when something was done. What
/// cannot be applied is recorded once, and waits for another approval. Every process calls itself by a name of its own.
pub async fn due(services: &Services, holder: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    // Looked at before anything is written: idle beats write nothing.
    let (busy, ready) = {
        let mut conn = services.store.read().await?;
        let busy = plan_runs::find_busy(&mut conn).await?;
        let mut ready: Vec<Approval> = Vec::new();
        let all = plans::list_due(&mut conn, vietnam_date(now)).await?;
        for (_, approval) in all {
            if !was_tried(&plan_runs::list_of(&mut conn, &approval.plan).await?, &approval) {
                ready.push(approval);
            }
        }
        (busy, ready)
    };
    let left = busy.filter(|run| run.state == RunState::Staging);
    let is_left = |run: &Run| run.holder == holder || now.since(run.touched_at) >= LEFT_SECONDS * 1_000;
    if left.as_ref().is_some_and(|run| !is_left(run)) || (left.is_none() && ready.is_empty()) {
        return Ok(false);
    }
    if !leases::take(services, LEASE, HELD_SECONDS, holder).await? {
        return Ok(false);
    }
    let mut done = false;
    if let Some(run) = left {
        done |= carry_out(services, (&run.plan, &run.stage), holder).await?;
    }
    for approval in ready {
        done |= carry_out(services, (&approval.plan, &approval.stage), holder).await?;
    }
    Ok(done)
}

/// True when this approval was tried by itself before, and refused: what stood in its way is recorded.
fn was_tried(runs: &[Run], approval: &Approval) -> bool {
    let is_own = |run: &Run| run.approval == approval.id && run.started_by == ACTOR && run.state == RunState::Abandoned;
    runs.iter().any(|run| is_own(run) && run.reason != "given_up" && run.reason != "overtaken")
}

async fn carry_out(services: &Services, (plan, stage): (&str, &str), holder: &str) -> Result<bool, Failure> {
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    let order = Order {
        services,
        name: plan,
        stage: Some(stage).filter(|stage| !stage.is_empty()),
        accept_open: false,
        by: By { actor: ACTOR, origin: &origin },
        holder,
        scheduled: true,
    };
    match order.carry_out(&|_, _| {}).await {
        Ok(applied) => {
            tracing::info!(plan, run = %applied.run, people = applied.people, "a plan was applied on its day");
            Ok(true)
        }
        // Somebody else is at it, or was.
        Err(ReorganizationError::Busy | ReorganizationError::Already | ReorganizationError::NotApproved) => Ok(false),
        Err(ReorganizationError::Failure(failure)) => Err(failure),
        Err(error) => {
            tracing::warn!(plan, %error, "a plan that is due cannot be applied");
            Ok(true)
        }
    }
}
