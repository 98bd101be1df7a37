//! The job that keeps the list of people: a few people at a time, each time in one short write.
//!
//! It reads three things: sets of changes in the order in which they began to count or ceased to, changes of single
//! people as nodes announce them, and days on which a post begins or ends. A sweep over all people makes the list for
//! the first time, and again after an absence so long that announcements may have been removed meanwhile. Doing anybody
//! twice changes nothing.

use super::entry;
use crate::base::clock::Millis;
use crate::base::date::{iso, vietnam_date};
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::leases::Turn;
use crate::service::{Failure, Services};
use crate::store::people_index::{self, Announced, Cursor, Entry, Ways};
use crate::store::{AsEx, StoreError, change_sets, persons, positions};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

const LEASE: &str = "people_index";
/// People of one short write.
const BATCH: i64 = 50;
/// Announcements that are read at a time.
const ANNOUNCED: i64 = 10_000;
/// Announcements are read again for this long: transactions may commit late.
const LOOK_BACK_SECONDS: i64 = 60;
/// Announcements are kept for an hour; after half of it all people are looked at anew.
const AWAY_SECONDS: i64 = 1_800;
/// The moment of the last look is noted this often while nothing happens.
const NOTED_SECONDS: i64 = 60;

/// What the job keeps in mind between its steps.
#[derive(Debug, Default)]
pub struct Memory {
    /// Announcements that were dealt with, and when.
    handled: HashMap<String, Millis>,
    /// The highest number below which everything was dealt with, at each look.
    looks: VecDeque<(Millis, i64)>,
    turn: Turn,
}

impl Memory {
    /// The number below which nothing can come into sight any more.
    fn safe_seq(&mut self, now: Millis, read: i64) -> i64 {
        let is_old = |look: Option<&(Millis, i64)>| look.is_some_and(|(at, _)| now.since(*at) > LOOK_BACK_SECONDS * 1_000);
        while is_old(self.looks.get(1)) {
            self.looks.pop_front();
        }
        self.looks.front().filter(|look| is_old(Some(*look))).map_or(read, |(_, seq)| read.max(*seq))
    }

    fn handle(&mut self, announced: &[Announced], now: Millis) {
        self.handled.retain(|_, at| now.since(*at) < 4 * LOOK_BACK_SECONDS * 1_000);
        self.handled.extend(announced.iter().map(|change| (change.id.clone(), now)));
    }
}

/// One step of the job, on the node that holds its lease; true when there is more to do at once.
pub async fn reindex(services: &Services, memory: &mut Memory, holder: &str) -> Result<bool, Failure> {
    if !memory.turn.is_mine(services, LEASE, holder).await? {
        return Ok(false);
    }
    step(services, memory).await
}

/// Brings the list up to date, however long that takes.
pub async fn catch_up(services: &Services) -> Result<(), Failure> {
    let mut memory = Memory::default();
    while step(services, &mut memory).await? {}
    Ok(())
}

/// Who is next, and where the cursor stands after them.
struct Work {
    people: Vec<PersonId>,
    next: Cursor,
    announced: Vec<Announced>,
    more: bool,
}

async fn step(services: &Services, memory: &mut Memory) -> Result<bool, Failure> {
    let now = services.clock.now();
    let mut conn = services.store.read().await?;
    let read = people_index::cursor(&mut conn).await?;
    let Some(work) = next_work(&mut conn, memory, &read, now).await? else { return Ok(false) };
    let people = gather(&mut conn, &work.people).await?;
    drop(conn);
    if !write(services, (&read, &work.next), &work.people, people).await? {
        // Another node was first; what it did is seen at the next look.
        return Ok(false);
    }
    memory.handle(&work.announced, now);
    Ok(work.more)
}

async fn next_work(conn: &mut impl AsEx, memory: &mut Memory, read: &Cursor, now: Millis) -> Result<Option<Work>, StoreError> {
    let mut next = Cursor { seq: memory.safe_seq(now, read.seq), ..read.clone() };
    if let Some(work) = announced(conn, memory, &next, now).await? {
        return Ok(Some(work));
    }
    let away = now.since(Millis(read.looked_at)) > AWAY_SECONDS * 1_000;
    if read.swept.is_none() && (read.looked_at == 0 || away) {
        // Sets that begin to count from here on are read one by one.
        (next.version, next.set_id) = (change_sets::people_version(conn).await?, None);
        next.within = String::new();
        next.swept = Some(String::new());
        return Ok(Some(Work { people: Vec::new(), next, announced: Vec::new(), more: true }));
    }
    if let Some(set) = change_sets::find_told_after(conn, read.version, read.set_id.as_deref()).await? {
        let people = people_index::list_of_set(conn, &set.id, &read.within, BATCH).await?;
        if let Some(last) = people.last() {
            next.within.clone_from(&last.0);
        } else {
            (next.version, next.set_id, next.within) = (set.version, Some(set.id.0), String::new());
        }
        return Ok(Some(Work { people, next, announced: Vec::new(), more: true }));
    }
    if let Some(after) = &read.swept {
        let people = people_index::list_all(conn, after, BATCH).await?;
        next.swept = people.last().map(|last| last.0.clone());
        next.looked_at = now.0;
        return Ok(Some(Work { people, next, announced: Vec::new(), more: true }));
    }
    let due = people_index::list_due(conn, &iso(vietnam_date(now)), BATCH).await?;
    if !due.is_empty() {
        return Ok(Some(Work { people: due, next, announced: Vec::new(), more: true }));
    }
    let noted = now.since(Millis(read.looked_at)) > NOTED_SECONDS * 1_000;
    next.looked_at = now.0;
    Ok(noted.then_some(Work { people: Vec::new(), next, announced: Vec::new(), more: false }))
}

/// Single people of whom something changed.
async fn announced(conn: &mut impl AsEx, memory: &mut Memory, next: &Cursor, now: Millis) -> Result<Option<Work>, StoreError> {
    // Read first: what is announced later has a higher number, or comes into sight late.
    let highest = people_index::highest_change(conn).await?;
    let all = people_index::list_announced(conn, next.seq, ANNOUNCED).await?;
    let whole = i64::try_from(all.len()).unwrap_or(i64::MAX) < ANNOUNCED;
    let end = if whole { highest } else { all.last().map_or(highest, |change| change.seq - 1) };
    let mut fresh: Vec<Announced> = all.into_iter().filter(|change| !memory.handled.contains_key(&change.id)).collect();
    if fresh.is_empty() {
        memory.looks.push_back((now, end));
        if !whole {
            // More of one look-back than fits into one reading: go on behind it.
            let more = end > next.seq;
            let next = Cursor { seq: end.max(next.seq), ..next.clone() };
            return Ok(Some(Work { people: Vec::new(), next, announced: Vec::new(), more }));
        }
        return Ok(None);
    }
    let mut people = Vec::new();
    let mut seen = HashSet::new();
    let mut taken = 0;
    for change in &fresh {
        if seen.insert(change.subject.clone()) {
            if i64::try_from(people.len()).unwrap_or(i64::MAX) >= BATCH {
                break;
            }
            people.push(PersonId(change.subject.clone()));
        }
        taken += 1;
    }
    fresh.truncate(taken);
    Ok(Some(Work { people, next: next.clone(), announced: fresh, more: true }))
}

/// People as the records have them, with what they can sign in with. Whoever is not there is left out.
async fn gather(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<(Person, Ways)>, StoreError> {
    // No set has this name: what is staged stays out.
    let nothing = ChangeSetId(String::new());
    // Oldest first, so that the newest stays.
    let mut facts = HashMap::new();
    for version in persons::list_facts(conn, &nothing, people).await? {
        facts.insert(version.person, version.facts);
    }
    let mut held: HashMap<PersonId, BTreeMap<String, Position>> = HashMap::new();
    for version in positions::list_versions(conn, &nothing, people).await? {
        held.entry(version.person).or_default().insert(version.position.id.0.clone(), version.position);
    }
    let ways = people_index::list_ways(conn, people).await?;
    let mut all = Vec::with_capacity(ways.len());
    for ways in ways {
        let id = PersonId(ways.id.clone());
        let Some(facts) = facts.remove(&id) else { continue };
        let person = Person {
            username: ways.username.clone(),
            full_name: facts.full_name,
            date_of_birth: facts.date_of_birth,
            email: facts.email,
            phone: facts.phone,
            employee_code: facts.employee_code,
            claims: facts.claims,
            disabled_at: ways.disabled_at.map(Millis),
            updated_at: Millis(0),
            positions: held.remove(&id).unwrap_or_default().into_values().collect(),
            roles: Vec::new(),
            has_personal_number: facts.personal_number.is_some(),
            beside: crate::model::behind::Beside::default(),
            id,
        };
        all.push((person, ways));
    }
    Ok(all)
}

/// Writes what became of some people; false when the cursor was moved by another node.
async fn write(
    services: &Services,
    (read, next): (&Cursor, &Cursor),
    asked: &[PersonId],
    people: Vec<(Person, Ways)>,
) -> Result<bool, Failure> {
    let today = vietnam_date(services.clock.now());
    let mut tx = services.store.write().await?;
    if !people_index::hold_cursor(&mut tx, read, next).await? {
        return Ok(false);
    }
    let before = people_index::list_entries(&mut tx, asked).await?;
    let mut highest = people_index::highest_number(&mut tx).await?;
    let mut entries: Vec<Entry> = Vec::with_capacity(people.len());
    let mut there = HashSet::new();
    for (person, ways) in &people {
        let known = before.get(person.id.as_str()).map(|entry| entry.row.number);
        let number = known.unwrap_or_else(|| {
            highest += 1;
            highest
        });
        there.insert(person.id.as_str());
        entries.push(entry::of(person, ways, number, today));
    }
    let gone: Vec<&Entry> = before.values().filter(|entry| !there.contains(entry.row.person_id.as_str())).collect();
    people_index::apply(&mut tx, &before, &entries, &gone).await?;
    tx.commit().await?;
    Ok(true)
}
