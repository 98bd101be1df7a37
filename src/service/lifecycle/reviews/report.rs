//! What came of rounds: figures of all units within somebody's bounds, the rights of one unit, and all of it to take
//! away. That somebody looked at people's rights is on record before they are shown.

use super::groups::{self, OfGroup};
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::ReadReviews;
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::{Failure, Services};
use crate::store::access_reviews::{self, Count, Item, Review};
use crate::store::{Conn, StoreError, clients, unit_people};
use serde_json::json;
use std::collections::{HashMap, VecDeque};

/// Rights of one page: each of them is one field of a form.
pub const PAGE: usize = 50;
/// Rounds that are listed.
const ROUNDS: i64 = 20;
/// Rights that are read at a time.
const AT_ONCE: i64 = 500;

/// How far somebody's units are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Rights to answer for.
    pub all: i64,
    /// Those that are kept.
    pub kept: i64,
    /// Those that were taken back.
    pub removed: i64,
    /// Those that somebody above is asked to take back.
    pub objected: i64,
}

impl Sums {
    /// Those of which nobody said anything.
    pub fn open(&self) -> i64 {
        self.all - self.kept - self.removed - self.objected
    }

    fn add(&mut self, count: &Count) {
        self.all += count.all;
        self.kept += count.kept;
        self.removed += count.removed;
        self.objected += count.objected;
    }
}

/// How far one unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfUnit {
    /// Which.
    pub unit: UnitId,
    /// Its figures.
    pub sums: Sums,
}

/// A right with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The right.
    pub item: Item,
    /// Its owner's full name; their id when nothing is known of them any more, and empty when it is of a group.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The client's name; empty for an administrator's role.
    pub client_name: String,
    /// For whom it is, when it is of a group.
    pub group: Option<OfGroup>,
    /// It is the reader's own: others answer.
    pub own: bool,
}

/// Some rights, and where the next ones begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// The rights.
    pub lines: Vec<Line>,
    /// What to ask for the next ones with.
    pub next: Option<String>,
}

/// The rounds, newest first, with figures of the units within these bounds.
pub async fn list(services: &Services, proof: &Units<ReadReviews>) -> Result<Vec<(Review, Sums)>, Failure> {
    let mut conn = services.store.read().await?;
    let mut rounds = Vec::new();
    for review in access_reviews::list(&mut conn, ROUNDS).await? {
        let mut sums = Sums::default();
        for count in access_reviews::count(&mut conn, &review.id).await? {
            if proof.holds(&count.unit) {
                sums.add(&count);
            }
        }
        rounds.push((review, sums));
    }
    Ok(rounds)
}

/// One round, with the units within these bounds.
pub async fn find(services: &Services, proof: &Units<ReadReviews>, id: &str) -> Result<Option<(Review, Vec<OfUnit>)>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(review) = access_reviews::find(&mut conn, id).await? else { return Ok(None) };
    let mut units = Vec::new();
    for count in access_reviews::count(&mut conn, id).await? {
        if proof.holds(&count.unit) {
            let mut sums = Sums::default();
            sums.add(&count);
            units.push(OfUnit { unit: count.unit, sums });
        }
    }
    Ok(Some((review, units)))
}

/// The rights of one unit, some at a time; only those without a last word if asked. Nothing outside these bounds.
pub async fn of_unit(
    services: &Services,
    proof: &Units<ReadReviews>,
    (review, unit): (&str, &UnitId),
    open_only: bool,
    after: Option<&str>,
) -> Result<Option<(Review, Lines)>, Failure> {
    if !proof.holds(unit) {
        return Ok(None);
    }
    let found = access_reviews::find(&mut services.store.read().await?, review).await?;
    let Some(found) = found else { return Ok(None) };
    let detail = json!({ "review": review, "unit": unit });
    audit::looked(services, Event::by(&proof.by, "access_review.looked", None, None, detail)).await?;
    let after = after.and_then(|place| place.split_once('.')).unwrap_or_default();
    let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut conn = services.store.read().await?;
    let mut items = access_reviews::list_items(&mut conn, (review, unit), open_only, after, most).await?;
    let is_more = items.len() > PAGE;
    items.truncate(PAGE);
    let next = items.last().filter(|_| is_more).map(|last| format!("{}.{}", place_of(last), last.id));
    let mut lines = named(&mut conn, items).await?;
    groups::look(&mut conn, services, &proof.by.person, &mut lines).await?;
    Ok(Some((found, Lines { lines, next })))
}

/// A round that is being taken away, unit by unit.
pub struct Taking {
    services: Services,
    review: String,
    units: VecDeque<UnitId>,
    /// The last right that was given of the first of these units.
    after: (String, String),
}

/// Begins to take all rights of a round away within these bounds; that they were is on record before.
pub async fn take_away(services: &Services, proof: &Units<ReadReviews>, id: &str) -> Result<Option<(Review, Taking)>, Failure> {
    let Some((review, units)) = find(services, proof, id).await? else { return Ok(None) };
    let detail = json!({ "review": id, "units": units.len() });
    audit::looked(services, Event::by(&proof.by, "access_review.exported", None, None, detail)).await?;
    let units = units.into_iter().map(|of_unit| of_unit.unit).collect();
    let taking = Taking { services: services.clone(), review: review.id.clone(), units, after: (String::new(), String::new()) };
    Ok(Some((review, taking)))
}

impl Taking {
    /// Some more of it; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Vec<Line>>, Failure> {
        let mut conn = self.services.store.read().await?;
        while let Some(unit) = self.units.front() {
            let after = (self.after.0.as_str(), self.after.1.as_str());
            let items = access_reviews::list_items(&mut conn, (&self.review, unit), false, after, AT_ONCE).await?;
            if let Some(last) = items.last() {
                self.after = (place_of(last).to_owned(), last.id.clone());
                return Ok(Some(named(&mut conn, items).await?));
            }
            self.units.pop_front();
            self.after = (String::new(), String::new());
        }
        Ok(None)
    }
}

/// Whose a right is, in the order of a list: what is of groups comes first.
fn place_of(item: &Item) -> &str {
    item.person.as_ref().map(PersonId::as_str).unwrap_or_default()
}

async fn named(conn: &mut Conn, items: Vec<Item>) -> Result<Vec<Line>, StoreError> {
    let mut people: Vec<PersonId> = items.iter().filter_map(|item| item.person.clone()).collect();
    people.sort();
    people.dedup();
    let called = unit_people::list_called(conn, &people).await?;
    let all = clients::list(conn).await?;
    let names: HashMap<&str, &str> = all.iter().map(|client| (client.id.as_str(), client.name.as_str())).collect();
    let line = |item: Item| {
        let known = item.person.as_ref().and_then(|person| called.get(person));
        let client = item.client.as_deref();
        Line {
            full_name: known.map_or_else(|| place_of(&item).to_owned(), |known| known.full_name.clone()),
            username: known.map(|known| known.username.clone()).unwrap_or_default(),
            client_name: client.map(|id| names.get(id).copied().unwrap_or(id).to_owned()).unwrap_or_default(),
            group: None,
            own: false,
            item,
        }
    };
    let mut lines: Vec<Line> = items.into_iter().map(line).collect();
    groups::name(conn, &mut lines).await?;
    Ok(lines)
}
