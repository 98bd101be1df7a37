//! Looks at plans that a node keeps, and acts on plans that go on when nobody waits for them any more.
//!
//! To look at everybody, or to move them, takes longer than a page may. Both are done beside requests, one of each at a time
//! on a node: who asks waits a moment, and is told else that it goes on. A look counts as long as nothing that it rests on
//! has changed; whoever approves has everything compared again. What is applied is in the database and not here: a node that
//! ends loses nothing but what it had looked at.

pub mod acts;
pub mod person;

use super::errors::ReorganizationError;
use super::lines::count;
use super::outlook::{BATCH, Outlook, nothing, people_version};
use super::preview::{Preview, preview};
use super::readiness::{Prepared, beside_look};
use super::register::registered;
use super::tallies::of_preview;
use crate::base::clock::Millis;
use crate::base::id::{PersonId, UnitId};
use crate::model::plan::people::By as Cause;
use crate::service::Services;
use crate::store::plan_figures::{PeopleBetween, Tally};
use crate::store::positions_in_units::list_people;
use acts::Work;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Who asks waits so long.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Where people change all the time, a look that is no older counts too.
const FRESH_MS: i64 = 60_000;
/// A look that is older is done again: who signed in, and whose old accounts are, is no part of any version.
pub(super) const OLD_MS: i64 = 600_000;
/// Looks that are kept.
const KEPT: usize = 4;

/// What a plan, or a stage of it, would do.
#[derive(Debug)]
pub struct Look {
    /// All of it.
    pub preview: Preview,
    /// What of it is kept when it is applied, as it is now.
    pub tally: Tally,
    /// How far it is prepared; of a whole plan its stages come after it.
    pub prepared: Vec<Prepared>,
    /// When it was computed.
    pub at: Millis,
}

/// What is known of a look.
pub enum Looked {
    /// It is there.
    Ready(Arc<Look>),
    /// It is being computed, or waits for another one.
    Working,
    /// It could not be computed; the next who asks has it tried again.
    Failed(Told),
}

/// Why something was not done, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// A word for it.
    pub word: &'static str,
    /// A sentence in Vietnamese.
    pub vietnamese: String,
    /// The same in English.
    pub english: String,
}

impl Told {
    /// The sentences of an error; what failed within is for the log.
    pub fn of(error: &ReorganizationError) -> Self {
        let english = match error {
            ReorganizationError::Failure(_) => "Something does not work just now; try again later.".to_owned(),
            other => sentence(&other.to_string()),
        };
        Self { word: error.word(), vietnamese: error.vietnamese(), english }
    }
}

/// The words as a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What a node keeps.
#[derive(Default)]
pub struct Looks {
    kept: Mutex<Kept>,
    work: Mutex<Option<Work>>,
}

#[derive(Default)]
struct Kept {
    /// The newest first.
    ready: VecDeque<Arc<Look>>,
    failed: Option<(String, Told)>,
    is_running: bool,
}

/// The look that somebody asks for.
struct Wanted {
    /// What its digest begins with: everything but people.
    prefix: String,
    /// The version of the people.
    people: i64,
    now: Millis,
}

impl Look {
    fn fits(&self, wanted: &Wanted) -> bool {
        let age = wanted.now.since(self.at);
        let is_fresh = age <= FRESH_MS || (self.preview.people_version == wanted.people && age <= OLD_MS);
        is_fresh && self.preview.digest.starts_with(&wanted.prefix)
    }
}

impl Looks {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) -> MutexGuard<'_, Option<Work>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, wanted: &Wanted) -> Option<Looked> {
        let mut kept = self.kept();
        if let Some(look) = kept.ready.iter().find(|look| look.fits(wanted)) {
            return Some(Looked::Ready(Arc::clone(look)));
        }
        if kept.failed.as_ref().is_some_and(|(prefix, _)| *prefix == wanted.prefix) {
            return kept.failed.take().map(|(_, told)| Looked::Failed(told));
        }
        kept.is_running.then_some(Looked::Working)
    }

    /// True for the one who computes from now on.
    fn begin(&self) -> bool {
        !std::mem::replace(&mut self.kept().is_running, true)
    }

    fn keep(&self, prefix: String, outcome: Result<Look, ReorganizationError>) {
        let mut kept = self.kept();
        match outcome {
            Ok(look) => {
                kept.ready.push_front(Arc::new(look));
                kept.ready.truncate(KEPT);
            }
            Err(error) => {
                log(&error);
                kept.failed = Some((prefix, Told::of(&error)));
            }
        }
    }
}

/// Computes nothing any more, whatever became of it.
struct Computing(Arc<Looks>);

impl Drop for Computing {
    fn drop(&mut self) {
        self.0.kept().is_running = false;
    }
}

fn log(error: &ReorganizationError) {
    if let ReorganizationError::Failure(failure) = error {
        tracing::error!(error = %failure, "something that is done with a plan failed");
    }
}

/// What a plan, or a stage of it, would do: as it is kept, or computed beside this request.
pub async fn look(
    services: &Services,
    looks: &Arc<Looks>,
    name: &str,
    stage: Option<&str>,
) -> Result<Looked, ReorganizationError> {
    let wanted = wanted(services, name, stage).await?;
    if let Some(found) = looks.find(&wanted) {
        return Ok(found);
    }
    if !looks.begin() {
        return Ok(Looked::Working);
    }
    let computing = Computing(Arc::clone(looks));
    let services = services.clone();
    let (name, stage, prefix) = (name.to_owned(), stage.map(str::to_owned), wanted.prefix.clone());
    let task = tokio::spawn(async move {
        let outcome = compute(&services, &name, stage.as_deref()).await;
        computing.0.keep(prefix, outcome);
    });
    // What is small is there at once.
    if tokio::time::timeout(PATIENCE, task).await.is_err() {
        return Ok(Looked::Working);
    }
    Ok(looks.find(&wanted).unwrap_or(Looked::Working))
}

/// What of that is kept already: nothing is computed for it, and nothing told of what fits the units no more.
pub async fn at_hand(
    services: &Services,
    looks: &Looks,
    name: &str,
    stage: Option<&str>,
) -> Result<Option<Arc<Look>>, ReorganizationError> {
    match wanted(services, name, stage).await {
        Ok(wanted) => {
            let found = looks.kept().ready.iter().find(|look| look.fits(&wanted)).cloned();
            Ok(found)
        }
        Err(error @ ReorganizationError::Failure(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

async fn wanted(services: &Services, name: &str, stage: Option<&str>) -> Result<Wanted, ReorganizationError> {
    let people = people_version(services).await?;
    let outlook = Outlook::open(services, registered(services, name).await?, stage).await?;
    let prefix = format!("{}-{}-", outlook.fixed[0], outlook.fixed[1]);
    Ok(Wanted { prefix, people, now: services.clock.now() })
}

async fn compute(services: &Services, name: &str, stage: Option<&str>) -> Result<Look, ReorganizationError> {
    let preview = preview(services, name, stage).await?;
    let between = between(services, name, stage).await?;
    let prepared = beside_look(services, (name, stage), preview.open_count).await?;
    let at = services.clock.now();
    Ok(Look { tally: of_preview(&preview, between, at), preview, prepared, at })
}

/// Where people of divided units go.
async fn between(services: &Services, name: &str, stage: Option<&str>) -> Result<Vec<PeopleBetween>, ReorganizationError> {
    let outlook = Outlook::open(services, registered(services, name).await?, stage).await?;
    let divided = outlook.divided();
    let mut tally: BTreeMap<(UnitId, UnitId), i64> = BTreeMap::new();
    let mut after = PersonId(String::new());
    loop {
        let mut conn = services.store.read().await?;
        let people = list_people(&mut conn, &divided, outlook.plan.effective, &after, count(BATCH)).await?;
        drop(conn);
        let Some(last) = people.last() else { break };
        after = last.clone();
        for look in outlook.look(services, &nothing(), &people).await? {
            let decided = look.moved.iter().filter(|moved| matches!(moved.by, Cause::Rule(_) | Cause::Decision));
            // Somebody with two posts in a unit is one of its people.
            let pairs: BTreeSet<(UnitId, UnitId)> = decided
                .filter_map(|moved| Some((look.applied.get(&moved.old.id)?.unit.clone(), moved.new.as_ref()?.unit.clone())))
                .collect();
            for pair in pairs {
                *tally.entry(pair).or_default() += 1;
            }
        }
    }
    Ok(tally.into_iter().map(|((from, to), people)| PeopleBetween { from, to, people }).collect())
}
