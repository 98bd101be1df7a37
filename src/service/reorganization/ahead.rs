//! Staged before its moment: what is approved for the next day is staged some minutes earlier by the job, kept alive, and made
//! to count at the moment itself.
//!
//! Until then it counts for nothing and stands in nobody's way: whoever applies or takes back something else, approves anew
//! or withdraws sets it aside, and the job begins anew where it still may. What its process keeps in mind of it saves going
//! through everybody again at the moment; a process that ends loses no more than that.

use super::apply::Staged;
use super::due::ACTOR;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::service::Services;
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::StoredPlan;
use crate::store::{StoreError, Tx, change_sets};
use std::time::Duration;

/// What is approved is staged so long before its moment.
pub(super) const AHEAD_SECONDS: i64 = 600;
/// The job never looks again sooner than this.
const SHORTEST: Duration = Duration::from_millis(10);
/// Why a run was given up for another act.
const SET_ASIDE: &str = "set_aside";

/// What a process keeps in mind of what it has staged ahead of its moment.
#[derive(Default)]
pub struct Ahead {
    pub(super) staged: Option<Staged>,
    /// When the next plan is to count, if that is soon.
    pub(super) moment: Option<Millis>,
}

impl Ahead {
    /// How long the job rests before it looks again, of so long as usual: not beyond a moment that is near, and hardly at all
    /// where one went by meanwhile.
    pub fn rest(&self, now: Millis, usual: Duration) -> Duration {
        let left = self.moment.map(|moment| u64::try_from(moment.since(now)).unwrap_or_default());
        left.map_or(usual, |left| Duration::from_millis(left).clamp(SHORTEST.min(usual), usual))
    }

    /// Keeps in mind only what is staged by the run that there is, if this process holds it still.
    pub(super) fn keep_of(&mut self, run: Option<&Run>, holder: &str) {
        let is_it = |staged: &Staged| run.is_some_and(|run| run.id == staged.run.id && run.holder == holder);
        if !self.staged.as_ref().is_some_and(is_it) {
            self.staged = None;
        }
    }
}

/// True for a run that is staged before the day of its plan.
pub(super) fn is_ahead(services: &Services, plan: &StoredPlan, run: &Run) -> bool {
    run.state == RunState::Staging && vietnam_date(services.clock.now()) < plan.effective
}

/// True for a run that the job stages.
pub(super) fn comes_by_itself(run: &Run) -> bool {
    run.state == RunState::Staging && run.started_by == ACTOR
}

/// Gives up what is staged of a plan whose day has not come, whoever holds it, where an act needs its place. What it noted
/// goes with the next beats of the jobs.
pub(super) async fn set_aside(tx: &mut Tx, services: &Services, needs: impl Fn(&Run) -> bool) -> Result<(), StoreError> {
    let now = services.clock.now();
    let found = plan_runs::find_ahead(tx, vietnam_date(now)).await?;
    let Some(run) = found.filter(|run| needs(run)) else { return Ok(()) };
    if plan_runs::set_aside(tx, &run.id, SET_ASIDE, now).await? {
        change_sets::mark_abandoned(tx, &run.change_set, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_rests_as_usual_but_not_beyond_a_moment_that_is_near() {
        let usual = Duration::from_secs(2);
        let table = [
            ("no moment", None, 2_000),
            ("in minutes", Some(600_000), 2_000),
            ("in two seconds", Some(2_000), 2_000),
            ("soon", Some(350), 350),
            ("now", Some(0), 10),
            ("it went by", Some(-5_000), 10),
        ];
        for (case, left, expected) in table {
            let now = Millis(1_000_000);
            let ahead = Ahead { staged: None, moment: left.map(|left| Millis(now.0 + left)) };
            assert_eq!(ahead.rest(now, usual), Duration::from_millis(expected), "{case}");
        }
    }
}
