//! Two persons who turn out to be one: merging them, looking at what would move before, and undoing it.
//!
//! Whoever is kept takes over accounts of old systems, positions, roles in clients that whoever merges may give, what
//! systems know the other one as where they do not know the kept one, and a personal number, a date of birth and a number
//! of the staff list where they have none. Whoever is merged stays whole and signs in no more; their ways to sign in stay
//! theirs and open nothing. All of it is one transaction with its records, over rows that are held; and a journal says
//! what it was, so that an undo puts exactly that back. What somebody changed since stays, and is listed; what came to the
//! kept person since by an account that goes back does not.
//!
//! What is decided here without looking anything up is in `model::person_merge`.

mod apply;
mod ground;
mod list;
mod plan;
mod side;
mod since;
mod taken;
mod undo;

pub use list::{Listed, Merged, find, list, list_into, merged_into};
pub use plan::{Plan, PlannedAccount, PlannedPosition, PlannedRole, RoleFate, SubjectFate};
pub use side::Shown;
pub use undo::{Back, UndoPlan, Undone};

pub use crate::model::person_merge::{Becomes, Filled, Later, Method, Refusal, UndoRefusal};

use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::base::text::has_control;
use crate::model::admin_scope::AdminRole;
use crate::model::authority::ReviewLegacy;
use crate::service::approvals::disabling;
use crate::service::audit::{self, Event};
use crate::service::authority::{Doer, One};
use crate::service::{Failure, Origin, Services};
use crate::store::{AsEx, StoreError, persons};
use serde_json::json;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;
/// Times that others may change people in the very moment.
const TURNS: usize = 5;

/// Two persons, and somebody who may say that they are one.
pub struct Pair {
    kept: PersonId,
    merged: PersonId,
    hand: Hand,
}

/// Whose hand it is.
enum Hand {
    /// An administrator: as what they reach each of the two.
    Administrator { kept: Doer, merged: Doer },
    /// Somebody at the machine's own keyboard, who stands above all.
    CommandLine { actor: String, origin: Origin },
}

impl Pair {
    /// The persons of two proofs: the first is kept, the second is merged into them.
    pub fn of(kept: &One<ReviewLegacy>, merged: &One<ReviewLegacy>) -> Self {
        let hand = Hand::Administrator { kept: kept.by.clone(), merged: merged.by.clone() };
        Self { kept: kept.person().id.clone(), merged: merged.person().id.clone(), hand }
    }

    /// Two persons at the command line.
    pub fn at_command_line(kept: PersonId, merged: PersonId, actor: &str, origin: &Origin) -> Self {
        Self { kept, merged, hand: Hand::CommandLine { actor: actor.to_owned(), origin: origin.clone() } }
    }

    /// Who is kept.
    pub fn kept(&self) -> &PersonId {
        &self.kept
    }

    /// Who is merged into them.
    pub fn merged(&self) -> &PersonId {
        &self.merged
    }

    /// Who does it, as records name them.
    fn actor(&self) -> &str {
        match &self.hand {
            Hand::Administrator { merged, .. } => merged.person.as_str(),
            Hand::CommandLine { actor, .. } => actor,
        }
    }

    /// From where.
    fn origin(&self) -> &Origin {
        match &self.hand {
            Hand::Administrator { merged, .. } => &merged.origin,
            Hand::CommandLine { origin, .. } => origin,
        }
    }

    /// Whether whoever does it runs the service.
    fn is_by_system(&self) -> bool {
        let runs = |doer: &Doer| doer.acting_as == AdminRole::System.word();
        match &self.hand {
            Hand::Administrator { kept, merged } => runs(kept) && runs(merged),
            Hand::CommandLine { .. } => true,
        }
    }

    /// A record about one of the two.
    fn event<'a>(&'a self, event: &'static str, about: &'a PersonId, detail: serde_json::Value) -> Event<'a> {
        match &self.hand {
            Hand::Administrator { kept, merged } => {
                let doer = if *about == self.kept { kept } else { merged };
                Event::by(doer, event, Some(about), None, detail)
            }
            Hand::CommandLine { actor, origin } => {
                Event { event, actor: actor.clone(), person: Some(about), client: None, origin, detail }
            }
        }
    }
}

/// Why two persons were not merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// They cannot be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nobody has one of these ids.
    #[error("one of them is not there")]
    NotThere,
    /// There is no reason, or one that cannot be kept.
    #[error("a reason is asked for: one line of at most {LONGEST_REASON} characters")]
    Reason,
    /// Something would move that was not shown, or the other way round.
    #[error("something of them was changed meanwhile: look again")]
    Changed,
    /// They have ended the access of as many as one ends alone.
    #[error("whoever ended the access of {} people within a day takes a second person for more", disabling::ALONE)]
    NotAlone,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for MergeError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Why a merge was not undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// It cannot be.
    #[error(transparent)]
    Refused(#[from] UndoRefusal),
    /// There is no reason, or one that cannot be kept.
    #[error("a reason is asked for: one line of at most {LONGEST_REASON} characters")]
    Reason,
    /// People were changed in the very moment, again and again.
    #[error("people are being changed: try again")]
    Changed,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for UndoError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// A merge that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Its id, by which it is undone.
    pub id: String,
    /// What moved.
    pub counts: Counts,
}

/// How much moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Accounts of old systems.
    pub accounts: usize,
    /// Positions that the kept person got.
    pub positions: usize,
    /// Roles that they got.
    pub roles: usize,
    /// Sectors that know the kept person by the merged one's subject.
    pub subjects: usize,
    /// Facts that they got.
    pub facts: usize,
    /// Sign-ons that ended.
    pub sign_ons: usize,
}

/// What merging two persons would do. That somebody looked is recorded first.
pub async fn preview(services: &Services, pair: &Pair) -> Result<Plan, MergeError> {
    for about in [&pair.kept, &pair.merged] {
        audit::looked(services, pair.event("person.viewed", about, json!({ "part": "merge" }))).await?;
    }
    let ground = ground::Ground::read(services, pair).await?;
    let mut conn = services.store.read().await?;
    let sides = side::both(&mut conn, services, pair).await?;
    plan::draw(&mut conn, services, pair, &sides, &ground).await
}

/// Makes two persons one. With `seen`, which is [`Plan::digest`], only what was shown moves, and all of it.
pub async fn merge(services: &Services, pair: &Pair, reason: &str, seen: Option<&str>) -> Result<Done, MergeError> {
    let reason = kept_reason(reason).ok_or(MergeError::Reason)?;
    for _ in 0..TURNS {
        if let Some(done) = apply::try_merge(services, pair, &reason, seen).await? {
            return Ok(done);
        }
    }
    Err(MergeError::Changed)
}

/// What undoing a merge would leave as it is.
pub async fn look_undo(services: &Services, pair: &Pair, id: &str) -> Result<UndoPlan, UndoError> {
    for about in [&pair.kept, &pair.merged] {
        audit::looked(services, pair.event("person.viewed", about, json!({ "part": "unmerge" }))).await?;
    }
    undo::look(services, pair, id).await
}

/// Makes them two again, as they were; answers what was changed since, and whether it stays.
pub async fn undo(services: &Services, pair: &Pair, id: &str, reason: &str) -> Result<Undone, UndoError> {
    let reason = kept_reason(reason).ok_or(UndoError::Reason)?;
    for _ in 0..TURNS {
        if let Some(undone) = undo::try_undo(services, pair, id, &reason).await? {
            return Ok(undone);
        }
    }
    Err(UndoError::Changed)
}

/// The two of a merge, for whoever undoes it at the command line.
pub async fn pair_at_command_line(services: &Services, id: &str, actor: &str, origin: &Origin) -> Result<Option<Pair>, Failure> {
    let found = find(services, id).await?;
    Ok(found.map(|merge| Pair::at_command_line(merge.kept, merge.merged, actor, origin)))
}

/// A reason as it is kept: one line that says something.
fn kept_reason(text: &str) -> Option<String> {
    let text = text.trim();
    let right = !text.is_empty() && text.chars().count() <= LONGEST_REASON && !has_control(text);
    right.then(|| text.to_owned())
}

/// The full name and the user name of somebody, whether or not they are merged.
async fn name_of(conn: &mut impl AsEx, id: &PersonId) -> Result<(String, String), StoreError> {
    let found = persons::find(conn, id).await?;
    Ok(found.map_or_else(|| (id.0.clone(), String::new()), |person| (person.full_name, person.username)))
}

/// Today, in Vietnam.
fn today(services: &Services) -> time::Date {
    vietnam_date(services.clock.now())
}
