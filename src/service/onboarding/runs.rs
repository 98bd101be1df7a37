//! Runs as they are shown: what each would give, what it gave, and what an undo left.

use super::plan::UnitPlan;
use super::{OPEN_SECONDS, UNDO_SECONDS};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::hex;
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::{Extent, ReadOnboarding, Sees};
use crate::model::unit_template::Post;
use crate::service::authority::Units;
use crate::service::{Failure, Services};
use crate::store::onboarding_gifts::{self, StoredGift};
use crate::store::onboardings::{self, StoredRun, StoredUnit};
use crate::store::{StoreError, unit_people};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use crate::store::onboardings::RunFigures;
pub use crate::store::unit_people::Called;

/// Runs that are listed.
const MOST_LISTED: i64 = 20;

/// How far a unit of a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing was given yet.
    Waiting,
    /// It was found to be another than the preview says; nothing was given.
    Changed,
    /// All of it was given.
    Applied,
    /// It was taken back.
    Undone,
}

/// One unit of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunUnit {
    /// Which.
    pub unit: UnitId,
    /// How far it has come.
    pub state: State,
    /// When that was.
    pub at: Option<Millis>,
    /// What it gives.
    pub plan: UnitPlan,
    pub(super) named: BTreeMap<String, Vec<PersonId>>,
    pub(super) digest: Vec<u8>,
    applied_at: Option<Millis>,
}

impl RunUnit {
    fn read(stored: StoredUnit) -> Result<Self, StoreError> {
        let (state, at) = match (stored.undone_at, stored.applied_at, stored.changed_at) {
            (Some(at), _, _) => (State::Undone, Some(at)),
            (None, Some(at), _) => (State::Applied, Some(at)),
            (None, None, Some(at)) => (State::Changed, Some(at)),
            (None, None, None) => (State::Waiting, None),
        };
        let unreadable = |_| StoreError::Corrupt("onboarding_units".to_owned());
        Ok(Self {
            unit: UnitId(stored.unit_id),
            state,
            at: at.map(Millis),
            plan: serde_json::from_str(&stored.plan).map_err(unreadable)?,
            named: serde_json::from_str(&stored.named).map_err(unreadable)?,
            digest: stored.digest,
            applied_at: stored.applied_at.map(Millis),
        })
    }

    /// Whether what it gave may be taken back at a moment.
    pub fn may_be_undone(&self, now: Millis) -> bool {
        self.state == State::Applied && self.applied_at.is_some_and(|at| now.since(at) < UNDO_SECONDS * 1_000)
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its identity.
    pub id: String,
    /// The posts of the template as they were.
    pub posts: Vec<Post>,
    /// Why.
    pub reason: String,
    /// Over all that it gives; comes back with the form that applies it.
    pub digest: String,
    /// When it was previewed.
    pub made_at: Millis,
    /// By whom.
    pub made_by: PersonId,
    /// Nobody may apply it any more.
    pub discarded: bool,
    /// The units within the reader's bounds.
    pub units: Vec<RunUnit>,
}

impl Run {
    fn read(stored: StoredRun, units: Vec<StoredUnit>) -> Result<Self, StoreError> {
        Ok(Self {
            posts: serde_json::from_str(&stored.posts).map_err(|_| StoreError::Corrupt("onboardings.posts".to_owned()))?,
            id: stored.id,
            reason: stored.reason,
            digest: hex(&stored.digest),
            made_at: Millis(stored.made_at),
            made_by: PersonId(stored.made_by),
            discarded: stored.discarded_at.is_some(),
            units: units.into_iter().map(RunUnit::read).collect::<Result<_, _>>()?,
        })
    }

    /// Whether what waits may be applied at a moment.
    pub fn is_open(&self, now: Millis) -> bool {
        !self.discarded && now.since(self.made_at) < OPEN_SECONDS * 1_000 && self.waits()
    }

    /// Whether any unit waits.
    pub fn waits(&self) -> bool {
        self.units.iter().any(|unit| unit.state == State::Waiting)
    }

    /// Whether it makes anybody an administrator: then two people stand behind it.
    pub fn appoints(&self) -> bool {
        self.units.iter().any(|unit| !unit.plan.appointed().is_empty())
    }

    /// The units with what they may be given, in figures.
    pub fn count(&self, state: State) -> usize {
        self.units.iter().filter(|unit| unit.state == state).count()
    }
}

/// The newest runs that have a unit within these bounds, with figures of those units alone.
pub async fn list(services: &Services, proof: &Units<impl Sees<ReadOnboarding>>) -> Result<Vec<RunFigures>, Failure> {
    let mut conn = services.store.read().await?;
    Ok(match proof.extent() {
        Extent::City => onboardings::list(&mut conn, MOST_LISTED).await?,
        Extent::Units(units) => onboardings::list_within(&mut conn, units, MOST_LISTED).await?,
    })
}

/// One run, with its units within these bounds; nothing when none of them is.
pub async fn find(services: &Services, proof: &Units<impl Sees<ReadOnboarding>>, id: &str) -> Result<Option<Run>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(stored) = onboardings::find(&mut conn, id).await? else { return Ok(None) };
    let mut units = onboardings::list_units(&mut conn, id).await?;
    units.retain(|unit| proof.holds(&UnitId(unit.unit_id.clone())));
    if units.is_empty() {
        return Ok(None);
    }
    Ok(Some(Run::read(stored, units)?))
}

/// What an undo of a run left within these bounds, since somebody had changed it.
pub async fn list_kept(
    services: &Services,
    proof: &Units<impl Sees<ReadOnboarding>>,
    id: &str,
) -> Result<Vec<StoredGift>, Failure> {
    let mut kept = onboarding_gifts::list_kept(&mut services.store.read().await?, id).await?;
    kept.retain(|gift| proof.holds(&UnitId(gift.unit_id.clone())));
    Ok(kept)
}

/// What the people of a run are called: those whom it gives something, or leaves out.
pub async fn called(
    services: &Services,
    _: &Units<impl Sees<ReadOnboarding>>,
    units: &[&RunUnit],
    more: &[PersonId],
) -> Result<HashMap<PersonId, Called>, Failure> {
    let given = units.iter().flat_map(|unit| unit.plan.gifts.iter().map(|gift| &gift.person));
    let left = units.iter().flat_map(|unit| unit.plan.left.iter().filter_map(|left| left.person.as_ref()));
    let people: BTreeSet<PersonId> = given.chain(left).chain(more).cloned().collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    Ok(unit_people::list_called(&mut services.store.read().await?, &people).await?)
}

/// The titles that the people of a unit hold there now, by position.
pub async fn titles(
    services: &Services,
    proof: &Units<impl Sees<ReadOnboarding>>,
    unit: &UnitId,
) -> Result<HashMap<String, (String, String)>, Failure> {
    if !proof.holds(unit) {
        return Ok(HashMap::new());
    }
    let today = vietnam_date(services.clock.now());
    let held = unit_people::list_held(&mut services.store.read().await?, unit, today).await?;
    Ok(held.into_iter().map(|held| (held.position.0, (held.title, held.department))).collect())
}
