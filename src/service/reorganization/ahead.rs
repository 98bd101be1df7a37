//! Staged before its moment: what is approved for the next day is staged some minutes earlier by the job, kept alive, and made
//! to count at the moment itself.
//!
//! Until then it counts for nothing and stands in nobody's way: whoever applies or takes back something else, approves anew
//! or withdraws sets it aside, and the job begins anew where it still may. What its process keeps in mind of it saves going
//! through everybody again at the moment; a process that ends loses no more than that.
//!
//! One is staged at a time. Of stages of one plan that is the largest; the others follow once it counts. What is refused ahead
//! and may be mended until the day is not told yet: it is tried once more then.

use super::apply::Staged;
use super::due::ACTOR;
use super::errors::ReorganizationError;
use super::outlook::Outlook;
use super::register::registered;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::service::{Failure, Services};
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::{Approval, StoredPlan};
use crate::store::{Conn, StoreError, Tx, change_sets};
use std::time::Duration;

/// What is approved is staged so long before its moment.
pub(super) const AHEAD_SECONDS: i64 = 600;
/// The job never looks again sooner than this.
const SHORTEST: Duration = Duration::from_millis(10);
/// Why a run was given up for another act.
const SET_ASIDE: &str = "set_aside";
/// Why something is refused that may be mended without another approval.
const MENDS: [&str; 3] = ["open", "people", "scopes"];

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

/// True for a word of what is refused now, and may be mended until the day: who waits for a decision leaves, what changed is
/// changed back.
pub(super) fn may_mend(why: &str) -> bool {
    MENDS.contains(&why)
}

/// Of what is due within minutes, what was not tried ahead in vain: the rest waits for its day. The runs tell it, so that no
/// other node tries either, nor this one after it was started anew.
pub(super) async fn untried(conn: &mut Conn, later: Vec<(StoredPlan, Approval)>) -> Result<Vec<Approval>, StoreError> {
    let mut untried = Vec::with_capacity(later.len());
    for (_, approval) in later {
        let runs = plan_runs::list_of(conn, &approval.plan).await?;
        let is_given_up = |run: &Run| run.approval == approval.id && run.state == RunState::Abandoned;
        if !runs.iter().any(|run| is_given_up(run) && may_mend(&run.reason)) {
            untried.push(approval);
        }
    }
    Ok(untried)
}

/// What is staged ahead of all that is due within minutes: the first of it, or of several stages of its plan the one with most
/// people, since the others are staged in the day's first moments.
pub(super) async fn first_ahead<'a>(services: &Services, later: &'a [Approval]) -> Result<Option<&'a Approval>, Failure> {
    let Some(first) = later.first() else { return Ok(None) };
    let stages: Vec<&Approval> = later.iter().filter(|other| other.plan == first.plan && !other.stage.is_empty()).collect();
    if first.stage.is_empty() || stages.len() < 2 {
        return Ok(Some(first));
    }
    let mut largest = (0, first);
    for stage in stages {
        let people = people_of(services, stage).await?;
        if people > largest.0 {
            largest = (people, stage);
        }
    }
    Ok(Some(largest.1))
}

/// How many have a post in a unit that a stage ends; none where that cannot be told: whoever stages it finds why.
async fn people_of(services: &Services, approval: &Approval) -> Result<usize, Failure> {
    match everybody_of(services, approval).await {
        Ok(people) => Ok(people),
        Err(ReorganizationError::Failure(failure)) => Err(failure),
        Err(_) => Ok(0),
    }
}

async fn everybody_of(services: &Services, approval: &Approval) -> Result<usize, ReorganizationError> {
    let stored = registered(services, &approval.plan).await?;
    let outlook = Outlook::open(services, stored, Some(approval.stage.as_str())).await?;
    Ok(outlook.everybody(services).await?.len())
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
    use crate::service::reorganization::Part;

    #[test]
    fn only_what_needs_no_other_approval_may_be_mended_until_the_day() {
        let table = [
            (ReorganizationError::Open { people: 1 }, true),
            (ReorganizationError::OpenOfOwn { people: 1 }, true),
            (ReorganizationError::Stale { what: Part::People }, true),
            (ReorganizationError::Stale { what: Part::Scopes }, true),
            (ReorganizationError::Stale { what: Part::Registry }, false),
            (ReorganizationError::Stale { what: Part::Plan }, false),
            (ReorganizationError::Wrong(Vec::new()), false),
            (ReorganizationError::Withdrawn, false),
            (ReorganizationError::UnknownStage, false),
        ];
        for (error, expected) in table {
            assert_eq!(may_mend(error.word()), expected, "{error}");
        }
        assert!(!may_mend(SET_ASIDE), "what gave way to another act is staged again");
    }

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
