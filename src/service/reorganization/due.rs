//! What is approved comes by itself on its day, staged some minutes ahead of it; what a killed process left is taken up again;
//! and who came too late goes along: on one node at a time. Of several that are due at one moment the one that is staged counts
//! first, and the others are staged and counted right after it, in the same beat.

use super::By;
use super::accounts::give_back_all;
use super::ahead::{AHEAD_SECONDS, Ahead, first_ahead, may_mend, untried};
use super::apply::{Applied, Order, clean, is_left};
use super::errors::ReorganizationError;
use super::latecomers::sweep;
use super::register::note;
use crate::base::clock::Millis;
use crate::base::date::{first_moment, vietnam_date};
use crate::model::device::Device;
use crate::service::{Failure, Origin, Services, leases};
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::{self, Approval};
use crate::store::{Conn, StoreError};
use serde_json::json;
use std::sync::LazyLock;

/// The lease of whoever looks what is due.
const LEASE: &str = "reorganization";
/// It is held for so long.
const HELD_SECONDS: i64 = 60;
/// Who does it.
pub(super) const ACTOR: &str = "job:reorganization";

static JOB: LazyLock<Origin> = LazyLock::new(job);

/// What there is to do.
struct Found {
    /// The run that is staged.
    staged: Option<Run>,
    /// What is approved and due.
    ready: Vec<Approval>,
    /// What is approved and due within minutes, where nothing else is staged, and was not tried in vain.
    later: Vec<Approval>,
    /// The moment of what is staged ahead, or is to be.
    moment: Option<Millis>,
    /// Something is left to do of what was applied, taken back or given up.
    is_rest: bool,
}

impl Found {
    async fn now(conn: &mut Conn, services: &Services) -> Result<Self, StoreError> {
        let now = services.clock.now();
        let today = vietnam_date(now);
        let staged = plan_runs::find_busy(conn).await?.filter(|run| run.state == RunState::Staging);
        let due = plans::list_due(conn, vietnam_date(now.plus_seconds(AHEAD_SECONDS))).await?;
        let (ready, later): (Vec<_>, Vec<_>) = due.into_iter().partition(|(plan, _)| plan.effective <= today);
        let (day, later) = match &staged {
            Some(run) => (plans::find(conn, &run.plan).await?.map(|plan| plan.effective), Vec::new()),
            None => (later.first().map(|(plan, _)| plan.effective), untried(conn, later).await?),
        };
        let is_rest = !plan_runs::list_unswept(conn).await?.is_empty()
            || !plan_runs::list_unrestored(conn).await?.is_empty()
            || plan_runs::find_uncleaned(conn).await?.is_some();
        let moment = day.filter(|day| *day > today).map(first_moment);
        Ok(Self { staged, ready: ready.into_iter().map(|(_, approval)| approval).collect(), later, moment, is_rest })
    }

    fn is_nothing(&self) -> bool {
        self.staged.is_none() && self.ready.is_empty() && self.later.is_empty() && !self.is_rest
    }
}

/// The same as [`due_with`], for whoever looks but once.
pub async fn due(services: &Services, holder: &str) -> Result<bool, Failure> {
    Box::pin(due_with(services, holder, &mut Ahead::default())).await
}

/// Takes up what was left, and applies what is approved and due, one after another; true when something was done. What
/// cannot be applied is recorded once, and waits for another approval. What is due within minutes is staged, and kept so
/// until its moment. Every process calls itself by a name of its own, and keeps in mind what it has staged.
pub async fn due_with(services: &Services, holder: &str, ahead: &mut Ahead) -> Result<bool, Failure> {
    // Whoever cannot look rests as usual.
    ahead.moment = None;
    // Looked at before anything is written: idle beats write nothing.
    let found = Found::now(&mut services.store.read().await?, services).await?;
    ahead.moment = found.moment;
    ahead.keep_of(found.staged.as_ref(), holder);
    let now = services.clock.now();
    if found.staged.as_ref().is_some_and(|run| run.holder != holder && !is_left(run, now)) {
        return Ok(false);
    }
    if found.is_nothing() || !leases::take(services, LEASE, HELD_SECONDS, holder).await? {
        return Ok(false);
    }
    let mut done = false;
    if let Some(run) = found.staged.as_ref().filter(|_| found.moment.is_none()) {
        done |= take_up(services, run, holder, ahead).await?;
    }
    for approval in &found.ready {
        let what = What::of(approval);
        let outcome = what.order(services, holder).carry_out(&|_, _| {}).await;
        done |= conclude(services, &what, outcome).await?;
    }
    if found.is_rest {
        done |= tidy(services).await?;
    }
    if found.moment.is_some() {
        done |= Box::pin(look_ahead(services, &found, holder, ahead)).await?;
    }
    Ok(done)
}

/// Ends what is staged and due: with what this process keeps in mind of it, or from the beginning.
async fn take_up(services: &Services, run: &Run, holder: &str, ahead: &mut Ahead) -> Result<bool, Failure> {
    let what = What::of_run(run);
    let order = what.order(services, holder);
    let outcome = match ahead.staged.as_mut() {
        Some(staged) => order.finish(staged).await,
        None => order.carry_out(&|_, _| {}).await,
    };
    if !outcome.as_ref().is_err_and(ReorganizationError::is_passing) {
        ahead.staged = None;
    }
    conclude(services, &what, outcome).await
}

/// Keeps what is staged ahead of its moment, or stages what is due within minutes; true when that cannot be, and is told.
async fn look_ahead(services: &Services, found: &Found, holder: &str, ahead: &mut Ahead) -> Result<bool, Failure> {
    let what = match &found.staged {
        Some(run) => Some(What::of_run(run)),
        None => first_ahead(services, &found.later).await?.map(What::of),
    };
    let Some(what) = what else { return Ok(false) };
    let order = Order { ahead: true, ..what.order(services, holder) };
    let outcome = match ahead.staged.take() {
        Some(mut staged) => {
            let outcome = order.tend(&mut staged).await;
            // What failed in passing is tended again with the next beat.
            let stands = outcome.as_ref().map_or_else(ReorganizationError::is_passing, |stands| *stands);
            ahead.staged = Some(staged).filter(|_| stands);
            outcome.map(|_| ())
        }
        None => order.stage_ahead().await.map(|staged| ahead.staged = Some(staged)),
    };
    match outcome {
        Ok(()) => Ok(false),
        // It is told on its day, if it still is so then.
        Err(error) if may_mend(error.word()) => {
            tracing::warn!(plan = what.plan, %error, "a plan cannot be staged ahead of its moment; it is tried again on its day");
            Ok(false)
        }
        Err(error) => conclude(services, &what, Err(error)).await,
    }
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

/// What is carried out.
struct What<'a> {
    plan: &'a str,
    stage: Option<&'a str>,
    /// The approval that is told when it cannot be.
    approval: Option<&'a str>,
    by: By<'a>,
}

impl<'a> What<'a> {
    fn of(approval: &'a Approval) -> Self {
        Self::new(&approval.plan, &approval.stage, Some(&approval.id))
    }

    /// What somebody began by hand stays strict; once that is refused, it may come by itself.
    fn of_run(run: &'a Run) -> Self {
        Self::new(&run.plan, &run.stage, Some(run.approval.as_str()).filter(|_| run.started_by == ACTOR))
    }

    fn new(plan: &'a str, stage: &'a str, approval: Option<&'a str>) -> Self {
        let by = By { actor: ACTOR, origin: &JOB, typed_by: None };
        Self { plan, stage: Some(stage).filter(|stage| !stage.is_empty()), approval, by }
    }

    fn order(&self, services: &'a Services, holder: &'a str) -> Order<'a> {
        let (name, stage, by) = (self.plan, self.stage, self.by);
        Order { services, name, stage, accept_open: false, by, holder, scheduled: true, ahead: false }
    }
}

/// Tells what came of it; true when something was done. Where it cannot be, that is recorded of the approval, if there is one
/// to record it of.
async fn conclude(services: &Services, what: &What<'_>, outcome: Result<Applied, ReorganizationError>) -> Result<bool, Failure> {
    let plan = what.plan;
    let error = match outcome {
        Ok(applied) => {
            tracing::info!(plan, run = %applied.run, people = applied.people, "a plan was applied on its day");
            return Ok(true);
        }
        Err(error) => error,
    };
    match error {
        // Somebody else is at it, or was; or a clock was set back.
        ReorganizationError::Busy
        | ReorganizationError::Already
        | ReorganizationError::NotApproved
        | ReorganizationError::NotYet { .. } => Ok(false),
        ReorganizationError::Failure(failure) => Err(failure),
        // Whoever was only too slow tries again.
        ReorganizationError::Overtaken => {
            tracing::warn!(plan, "people are changed all the time, so that a plan which is due could not be applied yet");
            Ok(false)
        }
        error => {
            tracing::warn!(plan, %error, "a plan that is due cannot be applied");
            if let Some(approval) = what.approval {
                waits(services, what, approval, error.word()).await?;
            }
            Ok(true)
        }
    }
}

/// Records once that something approved could not be applied: it is tried no more by itself.
async fn waits(services: &Services, what: &What<'_>, approval: &str, why: &str) -> Result<(), StoreError> {
    let mut tx = services.store.write().await?;
    if !plans::mark_approval_waits(&mut tx, approval, why).await? {
        return Ok(());
    }
    let detail = json!({ "plan": what.plan, "stage": what.stage, "approval": approval, "why": why });
    note(&mut tx, services, "plan.waits", &what.by, detail).await?;
    tx.commit().await
}

/// Where the job does something from.
pub(super) fn job() -> Origin {
    Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() }
}
