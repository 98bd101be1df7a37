//! Applying a plan on its day or later: begun, or taken over from a process that was killed, and carried out to its end.
//!
//! A run belongs to one process at a time, and the city carries out one at a time. A killed process leaves a run that counts
//! for nothing; whoever takes it over compares everything with the approval again. What is refused leaves nothing but the
//! record that it was tried. The job stages some minutes ahead of the moment, and makes it count then.

#[cfg(test)]
mod tests;

use super::ahead::set_aside;
use super::approve::{excludes, in_the_way, recall};
use super::errors::{Part, ReorganizationError};
use super::flip::{Compared, Leave, flip};
use super::lines::{Lines, Way, count};
use super::outlook::{Outlook, TURNS, changed_since, scope_moves, scopes_part};
use super::register::registered;
use super::stage::{Progress, Stop, Work};
use super::tallies::keep_again;
use super::{By, Tally};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, uuid_v7};
use crate::model::plan::file;
use crate::service::Services;
use crate::store::plan_runs::{self, Held, NewRun, Run, RunState};
use crate::store::plans::{self, Approval, StoredPlan};
use crate::store::{StoreError, admin_roles, change_sets, plan_open, units};
use std::collections::BTreeSet;
use time::Date;

/// A run that nobody has worked on for so many milliseconds was left by its process.
const LEFT_MS: i64 = 60_000;
/// Times that a run is begun anew when what it had staged was cleaned away.
const BEGINNINGS: usize = 3;
/// Where sets of changes come from.
pub(super) const ORIGIN: &str = "plan";
/// Rows of one short write that cleans up.
const CLEANED: i64 = 500;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Applied {
    /// The run.
    pub run: String,
    /// People of whom a post ended or went on.
    pub people: i64,
    /// Their posts.
    pub posts: i64,
    /// Posts that ended, and of which nobody has said where they go on.
    pub open: i64,
    /// The registry's version now.
    pub registry_version: i64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// What is to be applied, and by whom.
pub(super) struct Order<'a> {
    pub(super) services: &'a Services,
    pub(super) name: &'a str,
    pub(super) stage: Option<&'a str>,
    /// Posts of which nobody has said where they go may end, by the word of whoever applies.
    pub(super) accept_open: bool,
    pub(super) by: By<'a>,
    /// What this process calls itself.
    pub(super) holder: &'a str,
    /// It is applied by itself, since its day has come.
    pub(super) scheduled: bool,
    /// It is only staged, and that may be before its day.
    pub(super) ahead: bool,
}

/// A run of which everybody is staged: all but the one write that makes it count.
pub(super) struct Staged {
    pub(super) run: Run,
    approval: Approval,
    outlook: Outlook,
    lines: Lines,
    /// What is kept of it with the run.
    tally: Option<Tally>,
    /// Whoever changed since the approval stays one who did: each is asked for once.
    changed: BTreeSet<PersonId>,
    /// The version of the people up to which they were asked for.
    asked: i64,
}

/// Applies what was approved of a plan, or of a stage of it, on its day or later. Open posts end when the approval accepts
/// that, or this call does and is of somebody who might have approved it.
pub async fn apply(
    services: &Services,
    name: &str,
    stage: Option<&str>,
    accept_open: bool,
    by: &By<'_>,
    progress: &(dyn Fn(i64, i64) + Send + Sync),
) -> Result<Applied, ReorganizationError> {
    let holder = services.entropy.token();
    let order = Order { services, name, stage, accept_open, by: *by, holder: &holder, scheduled: false, ahead: false };
    order.carry_out(progress).await
}

impl Order<'_> {
    /// Carries it out, from the beginning or from where another process left it.
    pub(super) async fn carry_out(&self, progress: Progress<'_>) -> Result<Applied, ReorganizationError> {
        let began = self.services.clock.now();
        for _ in 0..BEGINNINGS {
            let run = self.take().await?;
            match self.work(run.clone(), progress).await {
                Ok(applied) => return Ok(Applied { took_ms: self.services.clock.now().since(began), ..applied }),
                Err(stop) => self.stopped(&run, stop).await?,
            }
        }
        Err(ReorganizationError::Overtaken)
    }

    /// Stages it ahead of its moment, from the beginning or from where another process left it, and compares it once.
    pub(super) async fn stage_ahead(&self) -> Result<Staged, ReorganizationError> {
        for _ in 0..BEGINNINGS {
            let run = self.take().await?;
            match self.staged_and_compared(run.clone()).await {
                Ok(staged) => return Ok(staged),
                Err(stop) => self.stopped(&run, stop).await?,
            }
        }
        Err(ReorganizationError::Overtaken)
    }

    /// Keeps what is staged ahead alive, and right for who changed meanwhile; false when it does not stand any more, and
    /// nothing of it is left.
    pub(super) async fn tend(&self, staged: &mut Staged) -> Result<bool, ReorganizationError> {
        match self.kept(staged).await {
            Ok(()) => Ok(true),
            Err(stop) => self.stopped(&staged.run, stop).await.map(|()| false),
        }
    }

    /// Makes count what was staged ahead, since its moment is there. What does not stand any more is begun anew.
    pub(super) async fn finish(&self, staged: &mut Staged) -> Result<Applied, ReorganizationError> {
        let began = self.services.clock.now();
        match self.make_count(staged).await {
            Ok(applied) => Ok(Applied { took_ms: self.services.clock.now().since(began), ..applied }),
            Err(stop) => {
                self.stopped(&staged.run, stop).await?;
                self.carry_out(&|_, _| {}).await
            }
        }
    }

    /// Leaves nothing where the work stopped, unless it goes on elsewhere or later; fine when it may be begun anew.
    async fn stopped(&self, run: &Run, stop: Stop) -> Result<(), ReorganizationError> {
        match stop {
            Stop::GivenUp => self.give_up(run, None).await,
            Stop::Lost => Err(ReorganizationError::Busy),
            // What was begun is taken up again: by the job, or by whoever asks next.
            Stop::Refused(error) if error.is_passing() => Err(error),
            Stop::Refused(error) => {
                self.give_up(run, Some(error.word())).await?;
                Err(error)
            }
        }
    }

    /// The run that this process holds from now on.
    async fn take(&self) -> Result<Run, ReorganizationError> {
        let stored = registered(self.services, self.name).await?;
        self.is_due(&stored)?;
        let (live, approval, version) = {
            let mut conn = self.services.store.read().await?;
            // The approval first: whoever uses it up meanwhile is found among the runs.
            let approval = plans::find_approval(&mut conn, self.name, self.stage.unwrap_or_default()).await?;
            let runs = plan_runs::list_of(&mut conn, self.name).await?;
            let live = runs.into_iter().find(|run| excludes(run, self.stage));
            (live, approval, units::version(&mut conn).await?)
        };
        match live {
            Some(run) if run.state == RunState::Staging && run.stage == self.stage.unwrap_or_default() => {
                self.take_over(run).await
            }
            Some(run) => Err(in_the_way(&run)),
            None => self.begin(&approval.ok_or(ReorganizationError::NotApproved)?, version).await,
        }
    }

    fn is_due(&self, stored: &StoredPlan) -> Result<(), ReorganizationError> {
        let plan = file::read(&stored.text).map_err(ReorganizationError::Wrong)?;
        if self.stage.is_some_and(|stage| !plan.stage_names().contains(&stage)) {
            return Err(ReorganizationError::UnknownStage);
        }
        if self.ahead { Ok(()) } else { self.is_day(plan.effective) }
    }

    /// A plan counts on its day or later.
    fn is_day(&self, effective: Date) -> Result<(), ReorganizationError> {
        let is_early = vietnam_date(self.services.clock.now()) < effective;
        if is_early { Err(ReorganizationError::NotYet { effective }) } else { Ok(()) }
    }

    async fn begin(&self, approval: &Approval, registry_before: i64) -> Result<Run, ReorganizationError> {
        let (services, now) = (self.services, self.services.clock.now());
        let id = uuid_v7(now, &*services.entropy);
        let set = ChangeSetId::new(now, &*services.entropy);
        let run = NewRun {
            id: &id,
            plan: self.name,
            stage: &approval.stage,
            approval: &approval.id,
            digest: &approval.digest,
            change_set: &set,
            registry_before,
            by: self.by.actor,
            holder: self.holder,
        };
        let mut tx = services.store.write().await?;
        if !self.ahead {
            // What is staged ahead of its moment gives way to what is due.
            set_aside(&mut tx, services, |_| true).await?;
        }
        change_sets::add(&mut tx, &set, ORIGIN, self.by.actor, now).await?;
        if !plan_runs::add(&mut tx, &run, now).await? {
            let live = plan_runs::list_of(&mut tx, self.name).await?.into_iter().find(|run| excludes(run, self.stage));
            return Err(live.map_or(ReorganizationError::Busy, |run| in_the_way(&run)));
        }
        let run = plan_runs::find(&mut tx, &id).await?.ok_or(StoreError::Stale)?;
        tx.commit().await?;
        Ok(run)
    }

    /// Takes over what another process began, once it has not worked on it for a while.
    async fn take_over(&self, run: Run) -> Result<Run, ReorganizationError> {
        let now = self.services.clock.now();
        if run.holder != self.holder && !is_left(&run, now) {
            return Err(ReorganizationError::Busy);
        }
        let mut tx = self.services.store.write().await?;
        let held = Held { id: &run.id, holder: self.holder };
        if !plan_runs::take_over(&mut tx, held, run.touched_at, now).await? {
            return Err(ReorganizationError::Busy);
        }
        tx.commit().await?;
        Ok(run)
    }

    async fn work(&self, run: Run, progress: Progress<'_>) -> Result<Applied, Stop> {
        let mut staged = self.stage(run, progress).await?;
        self.make_count(&mut staged).await
    }

    /// Stages everybody, where the plan still is what was approved.
    async fn stage(&self, run: Run, progress: Progress<'_>) -> Result<Staged, Stop> {
        let services = self.services;
        let stored = registered(services, self.name).await?;
        let approval = plans::find_approval_by_id(&mut services.store.read().await?, &run.approval).await?;
        // Another approval may wait in its place.
        let approval = approval.filter(|approval| approval.used_at.is_none()).ok_or(Stop::GivenUp)?;
        let mut outlook = Outlook::open(services, stored, self.stage).await?;
        if !recall(services, &mut outlook, &approval).await? {
            return Err(ReorganizationError::Stale { what: Part::Registry }.into());
        }
        if let Some(what) = outlook.differs(&approval.digest) {
            return Err(ReorganizationError::Stale { what }.into());
        }
        let (lines, tally) = self.work_on(&run, &outlook).stage_all(progress).await?;
        let asked = approval.people_version;
        Ok(Staged { run, approval, outlook, lines, tally, changed: BTreeSet::new(), asked })
    }

    async fn staged_and_compared(&self, run: Run) -> Result<Staged, Stop> {
        let mut staged = self.stage(run, &|_, _| {}).await?;
        self.settled(&mut staged).await?;
        Ok(staged)
    }

    fn work_on<'w>(&'w self, run: &'w Run, outlook: &'w Outlook) -> Work<'w> {
        let held = Held { id: &run.id, holder: self.holder };
        Work { services: self.services, outlook, held, set: &run.change_set }
    }

    /// True when people who changed since the approval go along: what somebody began by hand stays strict, whoever ends it.
    fn is_scheduled(&self, run: &Run) -> bool {
        self.scheduled && run.started_by == self.by.actor
    }

    /// Makes what is staged count, once it is right for everybody who changed meanwhile.
    async fn make_count(&self, staged: &mut Staged) -> Result<Applied, Stop> {
        let scheduled = self.is_scheduled(&staged.run);
        for _ in 0..TURNS {
            let compared = self.settled(staged).await?;
            // A clock that was set back meanwhile says that its day has not come.
            self.is_day(staged.outlook.plan.effective)?;
            let leave = Leave { approval: &staged.approval, by: &self.by, scheduled, compared };
            let work = self.work_on(&staged.run, &staged.outlook);
            if flip(&work, &staged.lines, &leave).await? {
                if let Some(tally) = &mut staged.tally {
                    keep_again(&work, &staged.lines, tally).await;
                }
                return Ok(applied(&staged.run, &staged.outlook, &staged.lines));
            }
        }
        Err(ReorganizationError::Overtaken.into())
    }

    /// Looks again at whoever changed since, and compares all of it with what was approved.
    async fn settled(&self, staged: &mut Staged) -> Result<Compared, Stop> {
        let work = self.work_on(&staged.run, &staged.outlook);
        work.settle(&mut staged.lines).await?;
        if self.is_scheduled(&staged.run) {
            staged.changed.extend(changed_since(self.services, staged.asked).await?);
            staged.asked = staged.lines.at;
            work.keep(&staged.lines).await?;
        }
        self.compare(staged).map_err(Stop::Refused)
    }

    /// Says that the work on what is staged ahead goes on, as long as it stands.
    async fn kept(&self, staged: &mut Staged) -> Result<(), Stop> {
        let outlook = &staged.outlook;
        let mut conn = self.services.store.read().await?;
        let approval = plans::find_approval_by_id(&mut conn, &staged.run.approval).await?;
        let version = units::version(&mut conn).await?;
        let granted = admin_roles::list_bound_to(&mut conn, &outlook.administered).await?;
        drop(conn);
        let scopes = scopes_part(&scope_moves(&outlook.plan, &outlook.effect, &granted));
        let is_as_it_was = version == outlook.registry.version() && scopes == outlook.fixed[1];
        if !is_as_it_was || approval.is_none_or(|approval| approval.used_at.is_some()) {
            // Whoever begins it anew finds what may still be, and what is to be said.
            return Err(Stop::GivenUp);
        }
        self.work_on(&staged.run, &staged.outlook).settle(&mut staged.lines).await
    }

    /// Compares what is staged with what was approved. People who changed since may be others than were looked at.
    fn compare(&self, staged: &Staged) -> Result<Compared, ReorganizationError> {
        let Staged { approval, outlook, lines, changed, .. } = staged;
        let people = count(lines.open_people().count());
        if people > 0 && !approval.accept_open {
            self.accepts_open(outlook, people)?;
        }
        let digest = outlook.digest(lines);
        // What nobody changed follows from the same posts, units and decisions, and cannot be another.
        if digest != approval.digest && changed.is_empty() {
            return Err(ReorganizationError::Stale { what: Part::People });
        }
        let changed_since = count(changed.iter().filter(|person| lines.holds(person)).count());
        Ok(Compared { digest, open: lines.posts_that(Way::Open), changed_since })
    }

    /// Where the approval does not accept that posts end open, whoever applies may, if they might have approved that.
    fn accepts_open(&self, outlook: &Outlook, people: i64) -> Result<(), ReorganizationError> {
        let is_own = outlook.stored.author == self.by.actor || outlook.is_said_by(self.by.actor);
        match (self.accept_open, is_own) {
            (true, false) => Ok(()),
            (true, true) => Err(ReorganizationError::OpenOfOwn { people }),
            (false, _) => Err(ReorganizationError::Open { people }),
        }
    }

    /// Leaves nothing of a run but the record. What it had staged is removed in short writes.
    async fn give_up(&self, run: &Run, why: Option<&'static str>) -> Result<(), ReorganizationError> {
        let (services, now) = (self.services, self.services.clock.now());
        let held = Held { id: &run.id, holder: self.holder };
        let mut tx = services.store.write().await?;
        if !plan_runs::mark_abandoned(&mut tx, held, why.unwrap_or("given_up"), now).await? {
            return Ok(());
        }
        change_sets::mark_abandoned(&mut tx, &run.change_set, now).await?;
        tx.commit().await?;
        clean(services, run).await?;
        Ok(())
    }
}

fn applied(run: &Run, outlook: &Outlook, lines: &Lines) -> Applied {
    Applied {
        run: run.id.clone(),
        people: lines.people(),
        posts: lines.posts(),
        open: lines.posts_that(Way::Open),
        registry_version: outlook.registry.version() + 1,
        took_ms: 0,
    }
}

/// True when the process of a run has left it: nobody has worked on it for a while, or only by a clock that was set back
/// since.
pub(super) fn is_left(run: &Run, now: Millis) -> bool {
    !(-LEFT_MS + 1..LEFT_MS).contains(&now.since(run.touched_at))
}

/// Removes what a run that was given up has noted and staged. What is left by a failure counts for nothing, and goes with
/// the next beat of the job.
pub(super) async fn clean(services: &Services, run: &Run) -> Result<(), StoreError> {
    loop {
        let mut tx = services.store.write().await?;
        let mut removed = plan_open::remove_all_of(&mut tx, &run.id, CLEANED).await?;
        if removed == 0 {
            removed = change_sets::remove_some_rows(&mut tx, &run.change_set).await?;
        }
        if removed == 0 {
            change_sets::remove(&mut tx, &run.change_set).await?;
            return tx.commit().await;
        }
        tx.commit().await?;
    }
}
