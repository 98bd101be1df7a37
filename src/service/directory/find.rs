//! Finding people: a page of a search, how many there are, all of them for an act on many, and names for pages that show ids.

use super::bounds::meant;
use super::entry::{Factor, State};
use super::plan::{Ground, Place, Plan, Query, plan};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::{Extent, ReadHistory, ReadPeople};
use crate::model::position::PositionKind;
use crate::service::audit::{self, Event};
use crate::service::authority::People;
use crate::service::{Failure, Services, throttle};
use crate::store::people_index::{self, IndexRow};
use crate::store::people_search::{self, Key, Scan, Source};
use crate::store::{AsEx, Conn, StoreError};
use serde_json::json;
use std::collections::HashMap;

/// How deep the looks of one page go, one after another, while it is not full.
const DEPTHS: [i64; 3] = [2_000, 20_000, 60_000];
/// How deep people are counted.
const COUNTED: i64 = 4_000;
/// Rows of one look where all are read.
pub(super) const AT_ONCE: i64 = 2_000;

/// Somebody in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub person: PersonId,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// The title of the main post, or of the last one; may be empty.
    pub title: String,
    /// The kind of employment there.
    pub kind: Option<PositionKind>,
    /// The unit there.
    pub unit: Option<UnitId>,
    /// The unit before, where it is another one.
    pub former: Option<UnitId>,
    /// How many posts are held today.
    pub posts: i64,
    /// Whether the account can be used.
    pub state: State,
    /// What they sign in with.
    pub factor: Factor,
    /// When they last signed in, as far as that is kept.
    pub last_seen: Option<Millis>,
    /// Strangers locked the name until then.
    pub locked_until: Option<Millis>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(i64),
    /// More than so many: nobody counted further.
    MoreThan(i64),
}

/// A page of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The people.
    pub people: Vec<Listed>,
    /// How many lie before them, as far as it was counted.
    pub skipped: i64,
    /// How many match.
    pub matching: Count,
    /// How many there are within the bounds, where that is known.
    pub all: Option<i64>,
    /// Where the list goes on.
    pub next: Option<Place>,
    /// Where the page before ends.
    pub previous: Option<Place>,
}

/// What somebody is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
}

/// One page, in the order of given names. That somebody was on it is on record. When people last signed in is told to
/// whoever may read their history.
pub async fn find(services: &Services, proof: &People<ReadPeople>, query: &Query, size: i64) -> Result<Found, Failure> {
    let registry = services.known.registry();
    let mut conn = services.store.read().await?;
    let all = all_within(&mut conn, proof.extent()).await?;
    let planned = planned(services, &mut conn, proof.extent(), query, &registry).await?;
    let Some(plan) = planned else {
        let nobody = Found { people: Vec::new(), skipped: 0, matching: Count::Exactly(0), all, next: None, previous: None };
        return Ok(nobody);
    };
    let matching = count(&mut conn, &plan).await?;
    let page = page(&mut conn, &plan, query, size).await?;
    let ids: Vec<PersonId> = page.rows.iter().map(|row| PersonId(row.person_id.clone())).collect();
    let tells = proof.by.holds::<ReadHistory>();
    let seen = if tells { people_search::list_last_seen(&mut conn, &ids).await? } else { HashMap::new() };
    drop(conn);
    let mut people = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        let locked_until = throttle::locked_until(services, &row.username_folded).await?;
        let last_seen = seen.get(&PersonId(row.person_id.clone())).copied();
        people.push(Listed { last_seen, locked_until, ..listed(row)? });
    }
    if !people.is_empty() {
        let detail = json!({ "filters": narrowed_by(query), "people": people.len() });
        audit::looked(services, Event::by(&proof.by, "people.listed", None, None, detail)).await?;
    }
    Ok(Found { people, skipped: page.skipped, matching, all, next: page.next, previous: page.previous })
}

/// What narrows a list, for the records: never what was typed, which may be a name or a number.
fn narrowed_by(query: &Query) -> Vec<&'static str> {
    let Query { words, unit, kind, state, factor, reversed: _, place: _ } = query;
    let parts = [
        ("words", !words.is_empty()),
        ("unit", unit.is_some()),
        ("kind", kind.is_some()),
        ("state", state.is_some()),
        ("factor", factor.is_some()),
    ];
    parts.into_iter().filter_map(|(name, asked)| asked.then_some(name)).collect()
}

pub(super) async fn planned(
    services: &Services,
    conn: &mut Conn,
    extent: &Extent,
    query: &Query,
    registry: &crate::model::registry::Registry,
) -> Result<Option<Plan>, StoreError> {
    let today = vietnam_date(services.clock.now());
    let meant = match &query.unit {
        None => None,
        Some(unit) => match meant(registry, unit, today) {
            None => return Ok(None),
            some => some,
        },
    };
    plan(conn, query, &Ground { registry, extent, meant }).await
}

/// Rows of a page, and what lies beside it.
struct Page {
    rows: Vec<IndexRow>,
    skipped: i64,
    next: Option<Place>,
    previous: Option<Place>,
}

async fn page(conn: &mut Conn, plan: &Plan, query: &Query, size: i64) -> Result<Page, StoreError> {
    let place = query.place;
    let goes_back = place.is_some_and(|place| place.before);
    let scan = Scan {
        sources: plan.sources.clone(),
        tests: plan.tests.clone(),
        beyond: place.map(|place| place.key),
        backwards: query.reversed != goes_back,
        depth: 0,
    };
    let (mut rows, cut) = some(conn, plan, scan, size + 1).await?;
    let more = length(&rows) > size;
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    if goes_back {
        rows.reverse();
    }
    let skipped = match place {
        None => 0,
        Some(place) if place.before => (place.skipped - length(&rows)).max(0),
        Some(place) => place.skipped,
    };
    // Where a look was given up, the list goes on behind it, though the page is not full.
    let cut = |before| cut.map(|key| Place { key, before, skipped: if before { skipped } else { skipped + length(&rows) } });
    let after_last = rows.last().map(|row| Place { key: key(row), before: false, skipped: skipped + length(&rows) });
    let before_first = rows.first().map(|row| Place { key: key(row), before: true, skipped });
    let (next, previous) = if goes_back {
        (after_last.or(place.map(|place| Place { before: false, ..place })), before_first.filter(|_| more).or_else(|| cut(true)))
    } else {
        (after_last.filter(|_| more).or_else(|| cut(false)), before_first.filter(|_| place.is_some()))
    };
    Ok(Page { rows, skipped, next, previous })
}

/// Reads until there are so many, or no more; and the place where reading was given up.
async fn some(conn: &mut Conn, plan: &Plan, scan: Scan, most: i64) -> Result<(Vec<IndexRow>, Option<Key>), StoreError> {
    let mut scan = scan;
    let mut rows: Vec<IndexRow> = Vec::new();
    if plan.tests.is_empty() {
        scan.depth = most;
        return Ok((people_search::find(conn, &scan, most).await?, None));
    }
    for depth in DEPTHS {
        scan.depth = per_branch(depth, plan.sources.len(), most);
        rows.extend(people_search::find(conn, &scan, most - length(&rows)).await?);
        if length(&rows) >= most {
            return Ok((rows, None));
        }
        match people_search::edge(conn, &scan).await? {
            None => return Ok((rows, None)),
            edge => scan.beyond = edge,
        }
    }
    Ok((rows, scan.beyond))
}

/// Each branch gives as many as the whole look is deep; many branches make it shallower.
pub(super) fn per_branch(depth: i64, branches: usize, least: i64) -> i64 {
    (depth / i64::try_from(branches).unwrap_or(i64::MAX).max(1)).max(least)
}

fn length(rows: &[IndexRow]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

fn key(row: &IndexRow) -> Key {
    Key { one: row.key_one, two: row.key_two, number: row.number }
}

pub(super) async fn count(conn: &mut Conn, plan: &Plan) -> Result<Count, StoreError> {
    if plan.tests.is_empty() && plan.sources.len() == 1 && !matches!(plan.sources[0], Source::WordsFrom(_)) {
        return Ok(Count::Exactly(plan.weight));
    }
    let depth = per_branch(2 * COUNTED, plan.sources.len(), COUNTED / 20).min(COUNTED) + 1;
    let scan = Scan { sources: plan.sources.clone(), tests: plan.tests.clone(), beyond: None, backwards: false, depth };
    let (seen, matching) = people_search::count(conn, &scan).await?;
    Ok(if seen < depth { Count::Exactly(matching) } else { Count::MoreThan((matching - 1).max(0)) })
}

/// Of a city and of one unit it is known how many people there are.
async fn all_within(conn: &mut impl AsEx, extent: &Extent) -> Result<Option<i64>, StoreError> {
    let subject = match extent {
        Extent::City => "all".to_owned(),
        Extent::Units(units) => match units.first().filter(|_| units.len() == 1) {
            Some(unit) => format!("u:{unit}"),
            None => return Ok(None),
        },
    };
    Ok(Some(people_search::counts(conn, std::slice::from_ref(&subject)).await?.remove(&subject).unwrap_or_default()))
}

pub(super) fn listed(row: IndexRow) -> Result<Listed, StoreError> {
    let unreadable = |column: &str| StoreError::Corrupt(format!("people_index.{column}"));
    Ok(Listed {
        person: PersonId(row.person_id),
        full_name: row.full_name,
        username: row.username,
        title: row.title,
        kind: PositionKind::parse(&row.kind),
        unit: row.unit_id.map(UnitId),
        former: row.former_unit_id.map(UnitId),
        posts: row.posts,
        state: State::from_word(&row.state).ok_or_else(|| unreadable("state"))?,
        factor: Factor::from_word(&row.factor).ok_or_else(|| unreadable("factor"))?,
        last_seen: None,
        locked_until: None,
    })
}

/// Everybody who matches, at most so many, in order: the ids that an act on all of them begins with. True beside them
/// when there are more.
pub async fn all_ids(
    services: &Services,
    proof: &People<ReadPeople>,
    query: &Query,
    most: usize,
) -> Result<(Vec<PersonId>, bool), Failure> {
    let (rows, more) = everybody(services, proof.extent(), query, most).await?;
    Ok((rows.into_iter().map(|row| PersonId(row.person_id)).collect(), more))
}

async fn everybody(services: &Services, extent: &Extent, query: &Query, most: usize) -> Result<(Vec<IndexRow>, bool), Failure> {
    let registry = services.known.registry();
    let mut conn = services.store.read().await?;
    let Some(plan) = planned(services, &mut conn, extent, query, &registry).await? else { return Ok((Vec::new(), false)) };
    let mut scan = Scan {
        sources: plan.sources.clone(),
        tests: plan.tests.clone(),
        beyond: None,
        backwards: query.reversed,
        depth: per_branch(AT_ONCE, plan.sources.len(), 100),
    };
    let mut rows = Vec::new();
    // One more than may be: that there are more is told.
    while rows.len() <= most {
        rows.extend(people_search::find(&mut conn, &scan, scan.depth).await?);
        match people_search::edge(&mut conn, &scan).await? {
            None => break,
            edge => scan.beyond = edge,
        }
    }
    let more = rows.len() > most;
    rows.truncate(most);
    Ok((rows, more))
}

/// What people are called, as far as they lie within the bounds: for others, ids stay ids.
pub async fn resolve(
    services: &Services,
    proof: &People<ReadPeople>,
    ids: &[PersonId],
) -> Result<HashMap<PersonId, Named>, Failure> {
    let mut conn = services.store.read().await?;
    let mut all = HashMap::new();
    for chunk in ids.chunks(500) {
        for (person, entry) in people_index::list_entries(&mut conn, chunk).await? {
            let seen = match proof.extent() {
                Extent::City => true,
                Extent::Units(units) => entry.units.iter().any(|(unit, known)| known.belongs && units.contains(unit)),
            };
            if seen {
                let named = Named { full_name: entry.row.full_name, username: entry.row.username };
                all.insert(PersonId(person), named);
            }
        }
    }
    Ok(all)
}
