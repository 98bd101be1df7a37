//! What the page about one person shows.

use super::timeline::{self, Corrected};
use super::who::{Known, Names, Who};
use super::{apply, number};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::authority::{Extent, ReadPeople, sees};
use crate::model::methods::Methods;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::authority::{One, People};
use crate::service::{Failure, Services};
use crate::store::audit::AuditRow;
use crate::store::{
    Conn, StoreError, audit as records, change_locks, delegations, methods, persons, positions, provenance, sign_ons,
};
use serde_json::{Value, json};
use time::Date;

/// A note that two people edited at once is shown for a day.
const NOTE_SECONDS: i64 = 86_400;
/// Records that are looked through for it.
const NOTES: i64 = 20;
/// Sets of changes that are told of, the newest.
const SOURCES: i64 = 10;

/// How something became known of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A file, brought in at the command line.
    CommandLine,
    /// A file, brought in at the console.
    File,
    /// A form of the console.
    Console,
    /// An account of a system before this one.
    Before,
    /// A file was taken back: what was changed after it stayed.
    TakenBack,
    /// Something else.
    Other,
}

/// A set of changes that told something of a person and counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameFrom {
    /// How it came.
    pub way: Way,
    /// When it began to count.
    pub at: Millis,
}

/// Somebody edited the person on top of what the reader had changed, was refused and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who.
    pub who: Who,
    /// When.
    pub at: Millis,
}

/// What is shown of a person.
#[derive(Debug, Clone)]
pub struct Page {
    /// Who they are, as of now.
    pub person: Person,
    /// The first and last digits of the personal number.
    pub number: Option<String>,
    /// Where what is known came from, the newest first.
    pub came_from: Vec<CameFrom>,
    /// What they can sign in with.
    pub methods: Methods,
    /// They said that something was not them, and nobody has seen them since.
    pub changes_locked: bool,
    /// How many sign-ons are open.
    pub open_sign_ons: usize,
    /// Who came second to a change of the reader's.
    pub notes: Vec<Note>,
    /// The posts that others handed to them.
    pub handed_over: Vec<HandedOver>,
    /// The posts of which something else was said of days that were over.
    pub corrected: Vec<Corrected>,
}

/// A post that somebody handed to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// The post.
    pub position: PositionId,
    /// The full name of whoever did; none where the reader may not know it.
    pub by: Option<String>,
    /// Nobody ended it. Whether it counts rests on what its owner holds on a day.
    pub stands: bool,
}

/// Reads it. That somebody looked is recorded first; `readers` bounds the names that are told of those who handed posts over.
pub async fn look(services: &Services, proof: &One<ReadPeople>, readers: &People<ReadPeople>) -> Result<Option<Page>, Failure> {
    let id = &proof.person().id;
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(id), None, json!({ "part": "overview" }))).await?;
    let now = services.clock.now();
    let idle = services.settings.lifetimes.idle_seconds;
    let mut conn = services.store.read().await?;
    let Some(person) = persons::find(&mut conn, id).await? else { return Ok(None) };
    let number = number::opened(&mut conn, services, id).await?.map(|number| number.masked());
    let sets = provenance::list_sets(&mut conn, id, SOURCES).await?;
    let methods = methods::find(&mut conn, id).await?;
    let changes_locked = change_locks::changes_locked(&mut conn, id).await?.is_some();
    let open = sign_ons::list_open(&mut conn, id, now).await?;
    let second = records::list_of_person(&mut conn, id, &["person.edit_overtaken"], None, NOTES).await?;
    let handed_over = handed_over(&mut conn, &person, (readers.extent(), vietnam_date(now))).await?;
    let told = positions::list_versions(&mut conn, &ChangeSetId(String::new()), std::slice::from_ref(id)).await?;
    drop(conn);
    let since = now.plus_seconds(-NOTE_SECONDS);
    let reader = proof.by.person.as_str();
    let mut names = Names::new(services, Known::All);
    let mut notes = Vec::new();
    for row in second.iter().filter(|row| row.at >= since.0 && came_second_to(row, reader)) {
        notes.push(Note { who: names.of(row.actor.as_deref(), id).await?, at: Millis(row.at) });
    }
    let open_sign_ons = open.iter().filter(|sign_on| sign_on.is_open(idle, now)).count();
    let came_from =
        sets.iter().map(|(source, actor)| CameFrom { way: way_of(&source.origin, actor), at: source.applied_at }).collect();
    let corrected = timeline::corrected(&told);
    Ok(Some(Page { person, number, came_from, methods, changes_locked, open_sign_ons, notes, handed_over, corrected }))
}

/// The posts that others handed to a person, with those of their names that the reader may know.
async fn handed_over(conn: &mut Conn, person: &Person, (extent, today): (&Extent, Date)) -> Result<Vec<HandedOver>, StoreError> {
    let lent: Vec<(&Position, &PersonId)> =
        person.positions.iter().filter_map(|post| Some((post, post.delegated_by.as_ref()?))).collect();
    if lent.is_empty() {
        return Ok(Vec::new());
    }
    let mut givers: Vec<PersonId> = lent.iter().map(|(_, by)| (*by).clone()).collect();
    givers.sort_unstable();
    givers.dedup();
    let givers = persons::list_with_positions(conn, &givers).await?;
    let open = delegations::list_to(conn, &person.id).await?;
    let told = |(post, by): (&Position, &PersonId)| {
        let lineage = person.lineage(&post.id);
        HandedOver {
            position: post.id.clone(),
            by: givers.get(by).filter(|giver| sees(extent, giver, today)).map(|giver| giver.full_name.clone()),
            stands: open.iter().any(|one| lineage.contains(&&one.position)),
        }
    };
    Ok(lent.into_iter().map(told).collect())
}

fn way_of(origin: &str, actor: &str) -> Way {
    match origin {
        "file" if actor.starts_with("os:") => Way::CommandLine,
        "file" => Way::File,
        apply::ORIGIN => Way::Console,
        "legacy" => Way::Before,
        "undo" => Way::TakenBack,
        _ => Way::Other,
    }
}

fn came_second_to(row: &AuditRow, reader: &str) -> bool {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let first = detail["overtaken_by"].as_array();
    first.is_some_and(|first| first.iter().any(|actor| actor == reader))
}
