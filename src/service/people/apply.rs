//! A set of changes of one person: staged and applied in one short write, on top of the version that its author had seen.
//!
//! The people's version is raised in one conditional statement, and only while it is still the one that the look for
//! others' changes rests on. Whoever comes second to a person is refused: they are told who was first and what changed,
//! and whoever was first finds a note on the person's page.

use super::told::{Field, Problem, Why};
use super::who::{Known, Names, Who};
use crate::base::clock::Millis;
use crate::base::date::{shown, vietnam_date};
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::approvals::disabling;
use crate::service::audit::{self, Event};
use crate::service::authority::Doer;
use crate::service::withheld::Brought;
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::person_versions::{self, Touched};
use crate::store::persons::Facts;
use crate::store::provenance::{self, Told};
use crate::store::{Conn, StoreError, Tx, admin_roles, change_sets, persons, positions};
use serde_json::{Value, json};
use time::Date;

/// What sets of the console say of their origin.
pub(super) const ORIGIN: &str = "console";
/// Times that sets of other people may be first.
const TURNS: usize = 32;
/// More changes than these are not told one by one.
const MOST_TOLD: i64 = 20;

/// Somebody who was first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meanwhile {
    /// Who.
    pub who: Who,
    /// When.
    pub at: Millis,
}

/// What is known now, where it was something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of which field.
    pub field: Field,
    /// What it was; may be empty.
    pub before: String,
    /// What it is; may be empty.
    pub after: String,
}

/// Others changed the person since the author of this change looked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overtaken {
    /// The version that counts now: what is sent on top of it is sent knowingly.
    pub version: i64,
    /// Who was first.
    pub by: Vec<Meanwhile>,
    /// Which facts are others now.
    pub changed: Vec<Difference>,
    /// The positions that are new or others now, by title.
    pub positions: Vec<String>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Others were first.
    #[error("others changed the person meanwhile")]
    Overtaken(Box<Overtaken>),
    /// Fields that cannot be taken.
    #[error("some fields cannot be taken")]
    Wrong(Vec<Problem>),
    /// A post would bring somebody roles that are not theirs to give.
    #[error("the post would bring roles that are not theirs to give")]
    Brings(Vec<Brought>),
    /// What was to be changed is not there, or not within the administrator's bounds.
    #[error("there is no such thing to change")]
    Absent,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Vec<Problem>> for ChangeError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Wrong(problems)
    }
}

/// What is known of a person at the moment of the change.
pub(super) struct Present {
    pub(super) facts: Facts,
    pub(super) positions: Vec<Position>,
}

impl Present {
    pub(super) fn position(&self, id: &PositionId) -> Option<&Position> {
        self.positions.iter().find(|held| held.id == *id)
    }

    /// Whether the last day of all posts comes nearer by some that are told anew.
    fn loses_access_by(&self, told: &[Position]) -> bool {
        let left = self.positions.iter().filter(|held| told.iter().all(|told| told.id != held.id));
        disabling::ends_access(self.positions.iter(), left.chain(told))
    }
}

/// What becomes of it. Nothing in it: nothing is written.
pub(super) struct Draft {
    pub(super) facts: Option<Facts>,
    pub(super) positions: Vec<Position>,
    pub(super) event: &'static str,
    pub(super) detail: Value,
}

/// Whose change, and on top of what.
pub(super) struct Ground<'a> {
    pub(super) by: &'a Doer,
    pub(super) person: &'a PersonId,
    /// The people's version when its author looked.
    pub(super) seen: i64,
}

/// The version of the people, to be read before what a form is filled with: whatever changes after it is found.
pub(super) async fn version(conn: &mut Conn) -> Result<i64, StoreError> {
    change_sets::people_version(conn).await
}

/// Makes a change count; false when it changes nothing.
pub(super) async fn change<D>(services: &Services, ground: &Ground<'_>, draw: D) -> Result<bool, ChangeError>
where
    D: Fn(&Present) -> Result<Draft, ChangeError> + Send + Sync,
{
    for _ in 0..TURNS {
        match turn(services, ground, &draw).await? {
            Turn::Done(changed) => return Ok(changed),
            Turn::Second(touched) => return Err(refuse(services, ground, &touched).await?),
            // A set of other people was applied in between: everything is looked at anew.
            Turn::Again => {}
        }
    }
    Err(StoreError::Stale.into())
}

enum Turn {
    Done(bool),
    Second(Vec<Touched>),
    Again,
}

async fn turn<D>(services: &Services, ground: &Ground<'_>, draw: &D) -> Result<Turn, ChangeError>
where
    D: Fn(&Present) -> Result<Draft, ChangeError> + Send + Sync,
{
    let now = services.clock.now();
    let set = ChangeSetId::new(now, &*services.entropy);
    let mut tx = services.store.write().await?;
    // An address of somebody else would be a way into it.
    if admin_roles::is_break_glass(&mut tx, ground.person, vietnam_date(now)).await? {
        return Err(ChangeError::Wrong(vec![Problem::new(Field::Reason, Why::BreakGlass)]));
    }
    // The set notes the version that it is based on; whatever is applied after that note is found at the end.
    change_sets::add(&mut tx, &set, ORIGIN, ground.by.person.as_str(), now).await?;
    let version = change_sets::people_version(&mut tx).await?;
    let touched = person_versions::list_since(&mut tx, ground.person, ground.seen, MOST_TOLD).await?;
    // A version that is not there yet was made up: nobody has seen it.
    if ground.seen > version || !touched.is_empty() {
        return Ok(Turn::Second(touched));
    }
    let present = present(&mut tx, &set, ground.person).await?.ok_or(ChangeError::Absent)?;
    let draft = draw(&present)?;
    if draft.facts.is_none() && draft.positions.is_empty() {
        return Ok(Turn::Done(false));
    }
    // Whoever takes the last post away ends the access: that is counted, whatever it is called.
    let ends_access = present.loses_access_by(&draft.positions);
    if ends_access && !disabling::let_go_alone(&mut tx, services, ground.by, std::slice::from_ref(ground.person)).await? {
        return Err(ChangeError::Wrong(vec![Problem::new(Field::ValidTo, Why::NotAlone)]));
    }
    let whose = |position| (ground.person.clone(), position);
    let facts: Vec<(PersonId, Facts)> = draft.facts.into_iter().map(|facts| (ground.person.clone(), facts)).collect();
    let held: Vec<(PersonId, Position)> = draft.positions.into_iter().map(whose).collect();
    persons::add_facts(&mut tx, &set, &facts).await?;
    positions::add(&mut tx, &set, &held).await?;
    if !settle(&mut tx, services, &set, ground, (draft.event, draft.detail)).await? {
        return Ok(Turn::Again);
    }
    tx.commit().await?;
    services.known.forget(Kind::Person, ground.person.as_str(), services.clock.now());
    Ok(Turn::Done(true))
}

/// Makes a staged set of one person count, with its record; false when another set was first.
pub(super) async fn settle(
    tx: &mut Tx,
    services: &Services,
    set: &ChangeSetId,
    ground: &Ground<'_>,
    (event, mut detail): (&'static str, Value),
) -> Result<bool, StoreError> {
    let now = services.clock.now();
    if !change_sets::replace_people_version(tx, set, now).await? || !change_sets::mark_applied(tx, set, now).await? {
        return Ok(false);
    }
    if let Some(members) = detail.as_object_mut() {
        members.insert("change_set".to_owned(), json!(set));
    }
    audit::record(tx, services, Event::by(ground.by, event, Some(ground.person), None, detail)).await?;
    forget(tx, services, Kind::Person, ground.person.as_str()).await?;
    Ok(true)
}

/// What is applied of a person. The set is a new one, so nothing of it is staged yet.
async fn present(tx: &mut Tx, set: &ChangeSetId, person: &PersonId) -> Result<Option<Present>, StoreError> {
    let versions = persons::list_facts(tx, set, std::slice::from_ref(person)).await?;
    let Some(newest) = versions.into_iter().next_back() else { return Ok(None) };
    let (positions, _) = positions::list(tx, person).await?;
    Ok(Some(Present { facts: newest.facts, positions }))
}

/// Records that somebody came second, for the note on the page of whoever was first; answers what they are told.
async fn refuse(services: &Services, ground: &Ground<'_>, touched: &[Touched]) -> Result<ChangeError, ChangeError> {
    let first: Vec<&str> = touched.iter().map(|touched| touched.actor.as_str()).collect();
    let sets: Vec<&ChangeSetId> = touched.iter().map(|touched| &touched.change_set).collect();
    let detail = json!({ "overtaken_by": first, "change_sets": sets });
    let event = Event::by(ground.by, "person.edit_overtaken", Some(ground.person), None, detail);
    let mut tx = services.store.write().await?;
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(ChangeError::Overtaken(Box::new(overtaken(services, ground, touched).await?)))
}

async fn overtaken(services: &Services, ground: &Ground<'_>, touched: &[Touched]) -> Result<Overtaken, Failure> {
    let mut conn = services.store.read().await?;
    let version = change_sets::people_version(&mut conn).await?;
    let told = provenance::list_told(&mut conn, ground.person).await?;
    let sources = provenance::list_positions(&mut conn, ground.person).await?;
    let now = persons::find(&mut conn, ground.person).await?;
    drop(conn);
    let mut names = Names::new(services, Known::All);
    let mut by = Vec::with_capacity(touched.len());
    for touched in touched {
        // Nobody is "oneself" here: whoever was first may be whom it is about.
        let who = names.of(Some(&touched.actor), &PersonId(String::new())).await?;
        by.push(Meanwhile { who, at: touched.at });
    }
    let Some(since) = touched.first().map(|first| first.at) else {
        return Ok(Overtaken { version, ..Overtaken::default() });
    };
    let before = told.iter().rev().find(|told| told.source.applied_at < since);
    let changed = before.zip(now.as_ref()).map(|(before, now)| differences(before, now)).unwrap_or_default();
    let is_new = |held: &&Position| sources.get(&held.id).is_some_and(|source| source.applied_at >= since);
    let held = now.iter().flat_map(|person| &person.positions);
    let positions = held.filter(is_new).map(|held| held.title.clone()).collect();
    Ok(Overtaken { version, by, changed, positions })
}

fn differences(before: &Told, after: &Person) -> Vec<Difference> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let day = |born: Option<Date>| born.map(shown).unwrap_or_default();
    let pairs = [
        (Field::FullName, before.full_name.clone(), after.full_name.clone()),
        (Field::DateOfBirth, day(before.date_of_birth), day(after.date_of_birth)),
        (Field::Email, text(&before.email), text(&after.email)),
        (Field::Phone, text(&before.phone), text(&after.phone)),
        (Field::EmployeeCode, text(&before.employee_code), text(&after.employee_code)),
    ];
    let unlike = pairs.into_iter().filter(|(_, before, after)| before != after);
    unlike.map(|(field, before, after)| Difference { field, before, after }).collect()
}
