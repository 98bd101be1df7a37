//! Whose the accounts of old systems are: all of them by pages, each decided once and for the same reasons again.
//!
//! Names are gone through in their order. The accounts of some names are read
//! together with everybody who has to be looked at beside them, decided by
//! `model::matching`, and what is another than before is written in short
//! transactions: people who are new, their positions, decisions and records
//! together. Where a human or an import was first, the page is read again. A run
//! that was stopped in the middle is begun anew and comes to the same end.
//!
//! Whoever stands at the door is decided the same way, with everybody of their
//! name and nobody else's (`one`).
//!
//! A decision stands where a human made it, and where its owner has come to use
//! the account. Everything else is decided anew each time, so that the order in
//! which sources came does not count.

pub mod by_hand;
mod crowds;
mod endings;
mod evidence;
mod families;
mod gather;
mod ground;
mod names;
mod newcomers;
mod one;
mod owners;
mod posts;
pub mod report;
mod scene;
mod usernames;
mod write;

pub use evidence::{CandidateSeen, Seen};
pub use one::decide_name;

use crate::model::legacy_account::AccountKey;
use crate::service::audit::{self, Event};
use crate::service::legacy::sources;
use crate::service::legacy::units::{self, UnitCounts};
use crate::service::{Failure, Origin, Services};
use crate::store::{StoreError, legacy_matching};
use families::Family;
use ground::Ground;
use scene::{Page, Scene};
use serde_json::json;
use write::Written;

/// Accounts of one page, if no name has more.
const PAGE: i64 = 500;
/// Decisions of one short write.
const BATCH: usize = 200;
/// Times that others may be first to a page.
const TURNS: usize = 8;

/// What to match, and who does it.
pub struct Request<'a> {
    /// Only names that occur in this source; whoever else has them is decided too.
    pub source: Option<&'a str>,
    /// Who does it.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Accounts that were looked at.
    pub done: u64,
    /// Accounts there are.
    pub of: u64,
}

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// Accounts that are somebody's who was there, or whom another account made.
    pub linked: i64,
    /// Accounts that made somebody.
    pub created: i64,
    /// Accounts that ask a human.
    pub review: i64,
    /// Accounts that are nobody's.
    pub rejected: i64,
    /// Accounts that nobody decided about: others were always first.
    pub undecided: i64,
    /// Accounts of which something else is decided than before.
    pub changed: u64,
    /// People who were made.
    pub persons_new: u64,
    /// Positions that were made.
    pub positions_new: u64,
    /// Positions that ended, since no account gives them any more.
    pub positions_ended: u64,
    /// Accounts whose unit of today is known.
    pub units_mapped: u64,
    /// Accounts of whose unit a human has to say.
    pub units_review: u64,
    /// Accounts of whose unit nothing is known.
    pub units_unknown: u64,
}

/// Why there is no summary.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    /// There is no such source.
    #[error("there is no source {0}: motlan source list names them")]
    UnknownSource(String),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for MatchError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Decides all accounts, or those whose names occur in one source; their units first.
pub async fn run(
    services: &Services,
    request: &Request<'_>,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Summary, MatchError> {
    if let Some(source) = request.source
        && sources::find(services, source).await?.is_none()
    {
        return Err(MatchError::UnknownSource(source.to_owned()));
    }
    let units = units::resolve_all(services, request.source).await?;
    let source = request.source.unwrap_or_default();
    let count = legacy_matching::count(&mut services.store.read().await?, source).await?;
    let mut at = Progress { done: 0, of: u64::try_from(count).unwrap_or_default() };
    progress(at);
    names::read_all(services).await?;
    let ground = Ground::survey(services).await?;
    let run = Run { services, request, ground: &ground, source };
    let mut written = Written::default();
    let mut after = Page::first_named();
    while let Some(page) = run.next_page(&after).await? {
        let (done, last) = run.page(&page, &mut written).await?;
        at.done += done;
        progress(at);
        after = match (page, last) {
            (Page::Named { until, .. }, _) => Page::Named { after: until, until: String::new() },
            (Page::Nameless { .. }, Some(last)) => Page::Nameless { after: last, most: PAGE },
            (Page::Nameless { .. }, None) => break,
        };
    }
    let ended = endings::end_all(services, request).await?;
    let summary = Summary { positions_ended: ended, ..run.summary(&written, units).await? };
    if written.changed + written.positions_new + ended > 0 {
        run.record(&summary).await?;
    }
    Ok(summary)
}

impl Page {
    /// Before the first name.
    fn first_named() -> Self {
        Self::Named { after: String::new(), until: String::new() }
    }

    /// Before the first account without a name.
    fn first_nameless() -> Self {
        Self::Nameless { after: AccountKey { source: String::new(), legacy_id: String::new() }, most: PAGE }
    }
}

/// One run.
struct Run<'a> {
    services: &'a Services,
    request: &'a Request<'a>,
    ground: &'a Ground,
    /// The source, or nothing for all.
    source: &'a str,
}

impl Run<'_> {
    /// The page after one: names in their order, then accounts without a name.
    async fn next_page(&self, at: &Page) -> Result<Option<Page>, Failure> {
        let after = match at {
            Page::Named { after, .. } => after,
            Page::Nameless { .. } => return Ok(Some(at.clone())),
        };
        let mut conn = self.services.store.read().await?;
        let until = legacy_matching::last_name(&mut conn, self.source, after, PAGE).await?;
        Ok(Some(until.map_or_else(Page::first_nameless, |until| Page::Named { after: after.clone(), until })))
    }

    /// Decides a page; answers how many accounts of it count for the progress, and the last of them.
    async fn page(&self, page: &Page, written: &mut Written) -> Result<(u64, Option<AccountKey>), Failure> {
        let crowds = self.crowds(page).await?;
        let mut crowded = 0;
        for name in &crowds {
            crowded += self.ask_crowd(name, written).await?;
        }
        let mut looked_at = (crowded, None);
        for _ in 0..TURNS {
            let scene = Scene::load(self.services, self.ground, self.source, (page, crowds.as_slice())).await?;
            let own = scene.seeds.iter().filter(|key| self.source.is_empty() || key.source == self.source);
            looked_at = (crowded + u64::try_from(own.count()).unwrap_or_default(), scene.seeds.last().cloned());
            let mut families = families::draw(self.services, self.ground, &scene)?;
            drop(scene);
            write::trim_posts(self.services, &mut families).await?;
            families.retain(|family| !family.is_idle());
            if write_all(self.services, self.request, &families, written).await? {
                return Ok(looked_at);
            }
        }
        tracing::warn!(turns = TURNS, "others were always first to some legacy accounts; match again");
        Ok(looked_at)
    }

    async fn summary(&self, written: &Written, units: UnitCounts) -> Result<Summary, Failure> {
        let counts = legacy_matching::count_decided(&mut self.services.store.read().await?, self.source).await?;
        let of = |word: &str| counts.iter().find(|(decision, _)| decision == word).map_or(0, |(_, count)| *count);
        Ok(Summary {
            linked: of("linked"),
            created: of("created"),
            review: of("review"),
            rejected: of("rejected"),
            undecided: of(""),
            changed: written.changed,
            persons_new: written.persons_new,
            positions_new: written.positions_new,
            positions_ended: 0,
            units_mapped: units.mapped,
            units_review: units.review,
            units_unknown: units.unknown,
        })
    }

    async fn record(&self, summary: &Summary) -> Result<(), Failure> {
        let event = Event {
            event: "legacy.matched",
            actor: self.request.actor.to_owned(),
            person: None,
            client: None,
            origin: self.request.origin,
            detail: json!({ "source": self.request.source, "summary": summary }),
        };
        let mut tx = self.services.store.write().await?;
        audit::record(&mut tx, self.services, event).await?;
        Ok(tx.commit().await?)
    }
}

/// Writes in batches; false when somebody was first to one of them.
async fn write_all(
    services: &Services,
    request: &Request<'_>,
    families: &[Family],
    written: &mut Written,
) -> Result<bool, Failure> {
    let mut rest = families;
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(batch_of(rest));
        let batch: Vec<&Family> = batch.iter().collect();
        let Some(done) = write::write(services, request, &batch).await? else { return Ok(false) };
        written.changed += done.changed;
        written.persons_new += done.persons_new;
        written.positions_new += done.positions_new;
        rest = others;
    }
    Ok(true)
}

/// How many of these families are written together: at least one.
fn batch_of(families: &[Family]) -> usize {
    let mut weight = 0;
    let fitting = families.iter().take_while(|family| {
        weight += family.weight();
        weight <= BATCH
    });
    fitting.count().max(1)
}
