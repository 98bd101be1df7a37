//! Acts on plans that go on when nobody waits for them any more: one at a time on a node.
//!
//! Whether an act is allowed now is for the act itself to say; here is only who waits for it, and what came of it.

use super::{Looks, PATIENCE, Told, log};
use crate::base::clock::Millis;
use crate::service::reorganization::lines::count;
use crate::service::reorganization::{By, ReorganizationError, apply, approve, rollback};
use crate::service::{Origin, Services};
use crate::store::StoreError;
use std::sync::Arc;

/// What came of an act is told so long.
const TOLD_MS: i64 = 600_000;

/// What is done with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// What it does is approved.
    Approve {
        /// The digest of what was looked at.
        digest: String,
        /// Open posts may end.
        accept_open: bool,
    },
    /// What was approved is applied.
    Apply {
        /// Open posts may end.
        accept_open: bool,
    },
    /// What was applied is taken back.
    RollBack {
        /// What was changed since stays.
        accept_edits: bool,
        /// Why.
        reason: String,
    },
}

impl Act {
    /// A word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Apply { .. } => "apply",
            Self::RollBack { .. } => "rollback",
        }
    }
}

/// What is to be done, with which plan, and by whom.
#[derive(Debug, Clone)]
pub struct Order {
    /// The plan.
    pub plan: String,
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// What.
    pub act: Act,
    /// By whom.
    pub actor: String,
    /// From where.
    pub origin: Origin,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is approved.
    Approved,
    /// It counts.
    Applied {
        /// People who were moved.
        people: i64,
        /// Posts that ended open.
        open: i64,
    },
    /// It counts no more.
    RolledBack {
        /// People of whom something stays that was changed since.
        kept: i64,
        /// People of whom a post ended with its unit.
        ended: i64,
        /// Roles of administrators that stay as somebody changed them.
        scopes_left: i64,
        /// Roles of groups that were given since in units that are gone: they ended.
        group_roles: i64,
    },
}

/// An act that goes on here, or ended a while ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The plan.
    pub plan: String,
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// What is done: [`Act::word`].
    pub act: &'static str,
    /// Since when.
    pub since: Millis,
    /// What came of it, and when; none while it goes on.
    pub outcome: Option<(Millis, Result<Done, Told>)>,
}

impl Looks {
    /// Notes an act; false while another one goes on.
    fn take_up(&self, work: Work) -> bool {
        let mut place = self.work();
        if place.as_ref().is_some_and(|work| work.outcome.is_none()) {
            return false;
        }
        *place = Some(work);
        true
    }

    fn end(&self, at: Millis, outcome: Result<Done, Told>) {
        if let Some(work) = self.work().as_mut().filter(|work| work.outcome.is_none()) {
            work.outcome = Some((at, outcome));
        }
    }

    /// What came of an act was told already.
    fn forget_told(&self) {
        let mut place = self.work();
        if place.as_ref().is_some_and(|work| work.outcome.is_some()) {
            *place = None;
        }
    }
}

/// An act that is under way; one that broke off is told as such.
struct Acting(Services, Arc<Looks>);

impl Drop for Acting {
    fn drop(&mut self) {
        self.1.end(self.0.clock.now(), Err(broken_off()));
    }
}

fn broken_off() -> Told {
    Told::of(&StoreError::Unavailable("an act on a plan broke off".to_owned()).into())
}

/// Does something with a plan; nothing is answered when it goes on behind this request.
pub async fn begin(services: &Services, looks: &Arc<Looks>, order: Order) -> Option<Result<Done, Told>> {
    let work = Work {
        plan: order.plan.clone(),
        stage: order.stage.clone(),
        act: order.act.word(),
        since: services.clock.now(),
        outcome: None,
    };
    if !looks.take_up(work) {
        return Some(Err(Told::of(&ReorganizationError::Busy)));
    }
    let acting = Acting(services.clone(), Arc::clone(looks));
    let task = tokio::spawn(async move {
        let outcome = carry_out(&acting.0, &order).await;
        acting.1.end(acting.0.clock.now(), outcome.clone());
        // Before anybody hears of it: what is begun after that is another act.
        drop(acting);
        outcome
    });
    let outcome = tokio::time::timeout(PATIENCE, task).await.ok()?;
    looks.forget_told();
    Some(outcome.unwrap_or_else(|_| Err(broken_off())))
}

async fn carry_out(services: &Services, order: &Order) -> Result<Done, Told> {
    let by = By { actor: &order.actor, origin: &order.origin, typed_by: None };
    let (name, stage) = (order.plan.as_str(), order.stage.as_deref());
    let done = match &order.act {
        Act::Approve { digest, accept_open } => {
            approve(services, name, stage, digest, *accept_open, &by).await.map(|_| Done::Approved)
        }
        Act::Apply { accept_open } => {
            let applied = apply(services, name, stage, *accept_open, &by, &|_, _| {}).await;
            applied.map(|applied| Done::Applied { people: applied.people, open: applied.open })
        }
        Act::RollBack { accept_edits, reason } => {
            let back = rollback(services, name, stage, *accept_edits, reason, &by).await;
            back.map(|back| Done::RolledBack {
                kept: count(back.kept.len()),
                ended: count(back.ended.len()),
                scopes_left: count(back.scopes_left),
                group_roles: count(back.group_roles_ended.len()),
            })
        }
    };
    done.map_err(|error| {
        log(&error);
        Told::of(&error)
    })
}

/// What goes on here with a plan, or ended a while ago.
pub fn work_on(services: &Services, looks: &Looks, plan: &str) -> Option<Work> {
    let now = services.clock.now();
    let is_told = |work: &Work| work.outcome.as_ref().is_none_or(|(at, _)| now.since(*at) <= TOLD_MS);
    looks.work().clone().filter(|work| work.plan == plan && is_told(work))
}
