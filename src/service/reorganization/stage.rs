//! Staging everybody whom a plan moves: short writes, of which nothing counts yet.
//!
//! What is staged of a person follows from what counts of them now and from nothing else, so that staging somebody again is
//! as good as once: a run that another process left is gone through from the beginning, and what is right already is kept.
//! Nobody is missed who comes while people are listed: whatever is applied raises the people's version, and who changed
//! since is looked at again until nothing was applied any more.

use super::errors::ReorganizationError;
use super::lines::{Lines, Look, count};
use super::outlook::{BATCH, Outlook, changed_since, people_version};
use super::tallies::{begin, keep_first};
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::plan::people::By;
use crate::model::position::Position;
use crate::service::Services;
use crate::store::plan_figures::Tally;
use crate::store::plan_open::{self, OpenRow};
use crate::store::plan_runs::{Far, Held};
use crate::store::{StoreError, Tx, change_sets, plan_runs, positions};

/// People of one page.
const PAGE: i64 = 500;
/// After so many batches of which nothing was to be written, it is said that the work goes on.
const SILENT: usize = 25;

/// Why the work on a run stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The set was given up, since nobody seemed to work on it, or the approval is another one by now: begin anew.
    GivenUp,
    /// Another process has taken the run over.
    Lost,
    /// It is not to be.
    Refused(ReorganizationError),
}

impl From<ReorganizationError> for Stop {
    fn from(error: ReorganizationError) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// How far it is: people who are done, and all of them.
pub(super) type Progress<'a> = &'a (dyn Fn(i64, i64) + Send + Sync);

/// A run that this process holds.
pub(super) struct Work<'a> {
    pub(super) services: &'a Services,
    pub(super) outlook: &'a Outlook,
    pub(super) held: Held<'a>,
    pub(super) set: &'a ChangeSetId,
}

/// What one short write changes.
#[derive(Default)]
struct Batch {
    people: Vec<PersonId>,
    /// Those of them of whom something may have been noted before.
    again: Vec<PersonId>,
    stale: Vec<PositionId>,
    held: Vec<(PersonId, Position)>,
    open: Vec<OpenRow>,
}

impl Batch {
    /// What is to be changed so that of these people that is staged which becomes of them. An open post is noted in the write
    /// that stages its end: where nothing is staged, and nobody looked before, nothing is noted.
    fn of(looks: &[Look], lines: &Lines) -> Self {
        let mut batch = Self::default();
        for look in looks {
            let told = look.told();
            if told.is_empty() && look.staged.is_empty() && look.moved.is_empty() && !lines.holds(&look.person) {
                continue;
            }
            batch.people.push(look.person.clone());
            if !look.staged.is_empty() || lines.holds(&look.person) {
                batch.again.push(look.person.clone());
            }
            let is_stale = |(id, staged): &(&PositionId, &Position)| told.get(*id) != Some(*staged);
            batch.stale.extend(look.staged.iter().filter(is_stale).map(|(id, _)| id.clone()));
            batch.open.extend(open_rows(look));
            let is_new = |(id, position): &(PositionId, Position)| look.staged.get(id) != Some(position);
            batch.held.extend(told.into_iter().filter(is_new).map(|(_, position)| (look.person.clone(), position)));
        }
        batch
    }
}

fn open_rows(look: &Look) -> impl Iterator<Item = OpenRow> {
    look.moved.iter().filter_map(|moved| {
        let By::Open(candidates) = &moved.by else { return None };
        let was = look.applied.get(&moved.old.id).unwrap_or(&moved.old);
        Some(OpenRow {
            person: look.person.clone(),
            position: was.id.clone(),
            from: was.unit.clone(),
            candidates: candidates.clone(),
        })
    })
}

impl Work<'_> {
    /// Stages everybody, and answers what becomes of them, and what that comes to.
    pub(super) async fn stage_all(&self, progress: Progress<'_>) -> Result<(Lines, Option<Tally>), Stop> {
        // Read first: whoever is changed after it is looked at again.
        let mut lines = Lines::of_version(people_version(self.services).await?);
        let people = self.outlook.everybody(self.services).await?;
        let all = count(people.len());
        progress(0, all);
        begin(self, all).await;
        self.stage_these(&people, &mut lines, &|done| progress(done, all)).await?;
        self.unstage_others(&mut lines).await?;
        let tally = keep_first(self, &lines).await;
        Ok((lines, tally))
    }

    /// Takes back what is staged of people whom the plan does not move any more: a run that was left may hold some.
    async fn unstage_others(&self, lines: &mut Lines) -> Result<(), Stop> {
        let mut after = PersonId(String::new());
        loop {
            let page = change_sets::list_touched(&mut self.services.store.read().await?, self.set, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.clone();
            let others: Vec<PersonId> = page.into_iter().filter(|person| !lines.holds(person)).collect();
            self.stage_these(&others, lines, &|_| {}).await?;
        }
    }

    /// Stages some people in short writes, and says after each how many are done.
    async fn stage_these(&self, people: &[PersonId], lines: &mut Lines, done: &(dyn Fn(i64) + Send + Sync)) -> Result<(), Stop> {
        let mut silent = 0;
        let mut so_far = 0;
        for some in people.chunks(BATCH) {
            silent = if self.stage_some(some, lines).await? { 0 } else { silent + 1 };
            if silent == SILENT {
                self.keep(lines).await?;
                silent = 0;
            }
            so_far += count(some.len());
            done(so_far);
        }
        Ok(())
    }

    /// Looks at everybody who changed since, until what is staged is right for one version of the people.
    pub(super) async fn settle(&self, lines: &mut Lines) -> Result<(), Stop> {
        let version = people_version(self.services).await?;
        if version != lines.at {
            let changed = changed_since(self.services, lines.at).await?;
            self.stage_these(&changed, lines, &|_| {}).await?;
            lines.at = version;
        }
        let mut tx = self.services.store.write().await?;
        self.touch(&mut tx, lines, &PersonId(String::new())).await?;
        if !change_sets::mark_compared(&mut tx, self.set, version).await? {
            return Err(Stop::GivenUp);
        }
        Ok(tx.commit().await?)
    }

    /// One short write, unless there is nothing to write about: then false.
    async fn stage_some(&self, people: &[PersonId], lines: &mut Lines) -> Result<bool, Stop> {
        let looks = self.outlook.look(self.services, self.set, people).await?;
        let batch = Batch::of(&looks, lines);
        for look in &looks {
            lines.put(look);
        }
        let Some(last) = people.last().filter(|_| !batch.people.is_empty()) else { return Ok(false) };
        let mut tx = self.services.store.write().await?;
        self.touch(&mut tx, lines, last).await?;
        positions::remove(&mut tx, self.set, &batch.stale).await?;
        positions::add(&mut tx, self.set, &batch.held).await?;
        plan_open::replace(&mut tx, self.held.id, &batch.again, &batch.open).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Says in a write of its own that the work goes on.
    pub(super) async fn keep(&self, lines: &Lines) -> Result<(), Stop> {
        let mut tx = self.services.store.write().await?;
        self.touch(&mut tx, lines, &PersonId(String::new())).await?;
        Ok(tx.commit().await?)
    }

    /// Says that the run and its set are being worked on; stops when that is not so any more.
    pub(super) async fn touch(&self, tx: &mut Tx, lines: &Lines, cursor: &PersonId) -> Result<(), Stop> {
        let now = self.services.clock.now();
        let far = Far { cursor, people: lines.people(), posts: lines.posts() };
        if !plan_runs::mark_touched(tx, self.held, far, now).await? {
            return Err(Stop::Lost);
        }
        if change_sets::mark_touched(tx, self.set, now).await? { Ok(()) } else { Err(Stop::GivenUp) }
    }
}
