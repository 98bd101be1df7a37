//! Applying a plan on its day or later: begun, or taken over from a process that was killed, and carried out to its end.
//!
//! A run belongs to one process at a time, and the city carries out one at a time. A killed process leaves a run that counts
//! for nothing; whoever takes it over compares everything with the approval again. What is refused leaves nothing but the
//! record that it was tried.

use super::By;
use super::approve::{excludes, in_the_way};
use super::errors::{Part, ReorganizationError};
use super::flip::{Compared, Leave, flip};
use super::lines::{Lines, Way, count};
use super::outlook::{Outlook, TURNS, changed_since};
use super::register::registered;
use super::stage::{Progress, Stop, Work};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, uuid_v7};
use crate::model::plan::file;
use crate::service::Services;
use crate::store::plan_runs::{self, Held, NewRun, Run, RunState};
use crate::store::plans::{self, Approval, StoredPlan};
use crate::store::{StoreError, change_sets, plan_open, units};
use std::collections::BTreeSet;

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
    /// Posts of which nobody has said where they go may end.
    pub(super) accept_open: bool,
    pub(super) by: By<'a>,
    /// What this process calls itself.
    pub(super) holder: &'a str,
    /// It is applied by itself, since its day has come.
    pub(super) scheduled: bool,
}

/// Applies what was approved of a plan, or of a stage of it, on its day or later. Open posts end when the approval or this
/// call accepts that.
pub async fn apply(
    services: &Services,
    name: &str,
    stage: Option<&str>,
    accept_open: bool,
    by: &By<'_>,
    progress: &(dyn Fn(i64, i64) + Send + Sync),
) -> Result<Applied, ReorganizationError> {
    let holder = services.entropy.token();
    let order = Order { services, name, stage, accept_open, by: *by, holder: &holder, scheduled: false };
    order.carry_out(progress).await
}

impl Order<'_> {
    /// Carries it out, from the beginning or from where another process left it.
    pub(super) async fn carry_out(&self, progress: Progress<'_>) -> Result<Applied, ReorganizationError> {
        let began = self.services.clock.now();
        for _ in 0..BEGINNINGS {
            let run = self.take().await?;
            match self.work(&run, progress).await {
                Ok(applied) => return Ok(Applied { took_ms: self.services.clock.now().since(began), ..applied }),
                Err(Stop::GivenUp) => self.give_up(&run, None).await?,
                Err(Stop::Lost) => return Err(ReorganizationError::Busy),
                // What was begun is taken up again: by the job, or by whoever asks next.
                Err(Stop::Refused(error)) if error.is_passing() => return Err(error),
                Err(Stop::Refused(error)) => {
                    self.give_up(&run, Some(error.word())).await?;
                    return Err(error);
                }
            }
        }
        Err(ReorganizationError::Overtaken)
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
        let is_early = vietnam_date(self.services.clock.now()) < plan.effective;
        if is_early { Err(ReorganizationError::NotYet { effective: plan.effective }) } else { Ok(()) }
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

    async fn work(&self, run: &Run, progress: Progress<'_>) -> Result<Applied, Stop> {
        let (services, held) = (self.services, Held { id: &run.id, holder: self.holder });
        let stored = registered(services, self.name).await?;
        let approval = plans::find_approval_by_id(&mut services.store.read().await?, &run.approval).await?;
        // Another approval may wait in its place.
        let approval = approval.filter(|approval| approval.used_at.is_none()).ok_or(Stop::GivenUp)?;
        let outlook = Outlook::open(services, stored, self.stage).await?;
        if outlook.registry.version() != approval.registry_version {
            return Err(ReorganizationError::Stale { what: Part::Registry }.into());
        }
        if let Some(what) = outlook.differs(&approval.digest) {
            return Err(ReorganizationError::Stale { what }.into());
        }
        let work = Work { services, outlook: &outlook, held, set: &run.change_set };
        let mut lines = work.stage_all(progress).await?;
        // What somebody began by hand stays strict, whoever ends it.
        let scheduled = self.scheduled && run.started_by == self.by.actor;
        // Whoever changed stays one who did: each is asked for once.
        let (mut changed, mut asked) = (BTreeSet::new(), approval.people_version);
        for _ in 0..TURNS {
            work.settle(&mut lines).await?;
            if scheduled {
                changed.extend(changed_since(services, asked).await?);
                asked = lines.at;
                work.keep(&lines).await?;
            }
            let compared = self.compare(&outlook, &approval, &lines, &changed)?;
            let leave = Leave { approval: &approval, by: &self.by, scheduled, compared };
            if flip(&work, &lines, &leave).await? {
                return Ok(applied(run, &outlook, &lines));
            }
        }
        Err(ReorganizationError::Overtaken.into())
    }

    /// Compares what is staged with what was approved. People who changed since may be others than were looked at.
    fn compare(
        &self,
        outlook: &Outlook,
        approval: &Approval,
        lines: &Lines,
        changed: &BTreeSet<PersonId>,
    ) -> Result<Compared, ReorganizationError> {
        let people = count(lines.open_people().count());
        if people > 0 && !(self.accept_open || approval.accept_open) {
            return Err(ReorganizationError::Open { people });
        }
        let digest = outlook.digest(lines);
        // What nobody changed follows from the same posts, units and decisions, and cannot be another.
        if digest != approval.digest && changed.is_empty() {
            return Err(ReorganizationError::Stale { what: Part::People });
        }
        let changed_since = count(changed.iter().filter(|person| lines.holds(person)).count());
        Ok(Compared { digest, open: lines.posts_that(Way::Open), changed_since })
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
