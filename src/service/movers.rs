//! Movers: who holds the post no more in which they entered a system, and systems that asked to be told of it.
//!
//! Two things make somebody a mover: a day that ends, and a set of changes that says so. Days are gone through one after
//! another, and sets in the order in which they began to count or ceased to; so nobody is missed, and a node that was away
//! catches up. All of it is looked at twice, at once and a minute later: a node that had not heard of the change yet may have
//! given something meanwhile. Beside that, whoever acts for somebody is looked at when that was ended, or when that one was
//! shut out: each second, also while a plan has left so much else to look at that it takes minutes.
//!
//! Whose post goes on in another one has not moved, and neither has whoever is in an earlier post again, since a plan was
//! taken back. For everybody else what was given in the post is revoked, and the system gets a logout token for that sign-on;
//! the sign-on itself goes on. So it is too where the sign-on has run out not long ago, since the system's own session may
//! go on, and where a refresh token goes on; whoever signed out was told of then. Whoever revokes tells, so two nodes that
//! look at the same moment tell once.

mod tell;

use super::known::Known;
use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse, vietnam_date};
use crate::base::id::{PersonId, PositionId};
use crate::model::lifecycle::plus_days;
use crate::store::moved_grants::{self, Cursor, Open};
use crate::store::{Conn, StoreError, change_sets, clients, lifecycles, people_index, persons};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tell::tell;
use time::Date;

/// People of one step.
const BATCH: i64 = 500;
/// People who are read with their posts in one reading.
const READ_AT_ONCE: usize = 500;
/// Sets of one step: most tell of one person.
const SETS: usize = 200;
/// After so long nobody gives anything by what they knew before, and every transaction has come into sight.
const LATE_SECONDS: i64 = 60;
/// Clocks of nodes differ.
const MARGIN_SECONDS: i64 = 60;
/// A node that starts looks back so far for what ended beside sets and days.
const AWAY_SECONDS: i64 = 3_600;
/// What ended beside sets and days is looked for at least this often, however much else there is to do.
const BESIDE_MS: i64 = 1_000;
/// Sessions of systems go on for so long at most after the sign-on in which they began has run out: most posts end at midnight,
/// when few are signed on.
const SESSION_SECONDS: i64 = 86_400;
/// Which systems asked to be told is read anew after this long.
const ASKED_MS: i64 = 1_000;

/// Systems that asked to be told, each with where.
type Asked = BTreeMap<String, String>;

/// What the job keeps in mind between its steps.
#[derive(Debug, Default)]
pub struct Memory {
    asked: Option<(Millis, Arc<Asked>)>,
    looked_at: Option<Millis>,
}

impl Memory {
    async fn asked(&mut self, conn: &mut Conn, now: Millis) -> Result<Arc<Asked>, StoreError> {
        if let Some((at, asked)) = &self.asked
            && now.since(*at) < ASKED_MS
        {
            return Ok(asked.clone());
        }
        let all = clients::list(conn).await?.into_iter();
        let asked = all.filter(|client| client.settings.told_of_moves && client.disabled_at.is_none());
        let told = asked.filter_map(|client| Some((client.id, client.settings.backchannel_logout_uri?)));
        let asked = Arc::new(told.collect::<Asked>());
        self.asked = Some((now, asked.clone()));
        Ok(asked)
    }

    /// What ended since then, beside sets and days, may not have been looked at.
    fn since(&self, now: Millis) -> Millis {
        let last = self.looked_at.unwrap_or(now.plus_seconds(-AWAY_SECONDS));
        last.min(now).plus_seconds(-LATE_SECONDS - MARGIN_SECONDS)
    }

    /// Whether it was not looked for that since a while, or the clock was set back.
    fn is_beside_due(&self, now: Millis) -> bool {
        self.looked_at.is_none_or(|at| !(0..BESIDE_MS).contains(&now.since(at)))
    }
}

/// The two times that everything is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    First,
    Again,
}

impl Look {
    const ALL: [Self; 2] = [Self::First, Self::Again];

    fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Again => "again",
        }
    }

    /// Whether it is time to look at what began to count at a moment.
    fn is_due(self, at: Millis, now: Millis) -> bool {
        match self {
            Self::First => true,
            Self::Again => now.since(at) >= LATE_SECONDS * 1_000,
        }
    }

    /// The day on whose beginning it is time to look.
    fn today(self, now: Millis) -> Date {
        match self {
            Self::First => vietnam_date(now),
            Self::Again => vietnam_date(now.plus_seconds(-LATE_SECONDS)),
        }
    }
}

/// Who is to be looked at, for whom, and where the cursor stands after them.
struct Work {
    people: Vec<PersonId>,
    asked: Arc<Asked>,
    read: Cursor,
    next: Cursor,
}

/// One step of the job; true when there is more to do at once.
pub async fn run(services: &Services, memory: &mut Memory) -> Result<bool, Failure> {
    let now = services.clock.now();
    let beside = memory.is_beside_due(now);
    if beside {
        look_beside(services, memory).await?;
    }
    let mut conn = services.store.read().await?;
    for look in Look::ALL {
        let Some(work) = next_work(&mut conn, memory, look, now).await? else { continue };
        let gone = moved(&mut conn, services, &work.people, &work.asked).await?;
        drop(conn);
        tell(services, gone, &work.asked).await?;
        let mut tx = services.store.write().await?;
        // Where another node was first, what comes next is seen at the next step.
        moved_grants::move_cursor(&mut tx, look.word(), &work.read, &work.next).await?;
        tx.commit().await?;
        return Ok(true);
    }
    drop(conn);
    if !beside {
        look_beside(services, memory).await?;
    }
    Ok(false)
}

/// Looks at whoever acted for somebody until that was ended, or until that one was shut out: neither a set nor a day says so.
async fn look_beside(services: &Services, memory: &mut Memory) -> Result<(), Failure> {
    let now = services.clock.now();
    let mut conn = services.store.read().await?;
    let people = moved_grants::list_delegates_since(&mut conn, memory.since(now)).await?;
    if !people.is_empty() {
        let asked = memory.asked(&mut conn, now).await?;
        let gone = moved(&mut conn, services, &people, &asked).await?;
        drop(conn);
        tell(services, gone, &asked).await?;
    }
    memory.looked_at = Some(now);
    Ok(())
}

async fn next_work(conn: &mut Conn, memory: &mut Memory, look: Look, now: Millis) -> Result<Option<Work>, StoreError> {
    let read = moved_grants::cursor(conn, look.word()).await?;
    let mut next = read.clone();
    let today = look.today(now);
    let Some(done) = parse(&read.day) else {
        // The first time: from this day on.
        next.day = iso(plus_days(today, -1));
        return Ok(Some(Work { people: Vec::new(), asked: Arc::default(), read, next }));
    };
    let told = change_sets::find_told_after(conn, read.version, read.set_id.as_deref()).await?;
    let waits = told.is_some_and(|set| look.is_due(set.at, now));
    if !waits && done >= today {
        return Ok(None);
    }
    let asked = memory.asked(conn, now).await?;
    let anybody = !asked.is_empty();
    let people = if waits {
        of_sets(conn, (look, now), anybody, &mut next).await?
    } else {
        of_day(conn, done, anybody, &mut next).await?
    };
    Ok(Some(Work { people, asked, read, next }))
}

/// People of the sets that come next; nobody where no system asked.
async fn of_sets(
    conn: &mut Conn,
    (look, now): (Look, Millis),
    anybody: bool,
    next: &mut Cursor,
) -> Result<Vec<PersonId>, StoreError> {
    let mut people = Vec::new();
    for _ in 0..SETS {
        let left = BATCH - i64::try_from(people.len()).unwrap_or(BATCH);
        if left <= 0 {
            break;
        }
        let Some(set) = change_sets::find_told_after(conn, next.version, next.set_id.as_deref()).await? else { break };
        if !look.is_due(set.at, now) {
            break;
        }
        let some = if anybody { people_index::list_of_set(conn, &set.id, &next.within, left).await? } else { Vec::new() };
        if let Some(last) = last_of(&some, left) {
            next.within.clone_from(&last.0);
        } else {
            (next.version, next.set_id, next.within) = (set.version, Some(set.id.0), String::new());
        }
        people.extend(some);
    }
    Ok(people)
}

/// People one of whose posts was over when the day after this one began; nobody where no system asked.
async fn of_day(conn: &mut Conn, done: Date, anybody: bool, next: &mut Cursor) -> Result<Vec<PersonId>, StoreError> {
    let people = if anybody { lifecycles::list_ended_on(conn, &iso(done), &next.day_within, BATCH).await? } else { Vec::new() };
    if let Some(last) = last_of(&people, BATCH) {
        next.day_within.clone_from(&last.0);
    } else {
        (next.day, next.day_within) = (iso(plus_days(done, 1)), String::new());
    }
    Ok(people)
}

/// After whom to go on, where as many came as were asked for; nothing where there are no more.
fn last_of(people: &[PersonId], most: i64) -> Option<&PersonId> {
    people.last().filter(|_| i64::try_from(people.len()).is_ok_and(|count| count >= most))
}

/// What these people, and whoever acts for them, gave to systems that asked, in posts that they hold no more.
async fn moved(conn: &mut Conn, services: &Services, people: &[PersonId], asked: &Asked) -> Result<Vec<Open>, StoreError> {
    if asked.is_empty() || people.is_empty() {
        return Ok(Vec::new());
    }
    let now = services.clock.now();
    let today = vietnam_date(now);
    let since = now.plus_seconds(-SESSION_SECONDS);
    let systems: Vec<&str> = asked.keys().map(String::as_str).collect();
    let mut all: BTreeSet<PersonId> = people.iter().cloned().collect();
    all.extend(moved_grants::list_delegates(conn, people).await?);
    let all: Vec<PersonId> = all.into_iter().collect();
    let open = moved_grants::list_open(conn, &all, &systems, since, now).await?;
    without_post(conn, open, today).await
}

/// Those of some grants whose post is not held on a day, in which nobody goes on from it, and whose owner is not in an
/// earlier one again.
///
/// What a node remembers may be older than the change, so it is asked of the records, of all of them at once.
async fn without_post(conn: &mut Conn, open: Vec<Open>, today: Date) -> Result<Vec<Open>, StoreError> {
    let people: BTreeSet<&PersonId> = open.iter().map(|one| &one.person).collect();
    let people: Vec<PersonId> = people.into_iter().cloned().collect();
    let mut known = HashMap::new();
    for chunk in people.chunks(READ_AT_ONCE) {
        known.extend(persons::list_with_positions(conn, chunk).await?);
    }
    // A post of one's own says yes; one that somebody handed over may count no more; none says nothing.
    let held = |one: &Open, post: &PositionId| {
        let acting = known.get(&one.person).and_then(|person| person.acting_on(post, today));
        acting.map(|acting| acting.delegated_by.is_none())
    };
    let unsure: Vec<Open> = open.into_iter().filter(|one| held(one, &one.position) != Some(true)).collect();
    let posts: BTreeSet<&PositionId> = unsure.iter().map(|one| &one.position).collect();
    let posts: Vec<PositionId> = posts.into_iter().cloned().collect();
    let followed = moved_grants::list_followed(conn, &posts).await?;
    let mut gone = Vec::new();
    for one in unsure {
        let earlier = followed.get(&one.position).into_iter().flatten();
        let chain: Vec<&PositionId> = std::iter::once(&one.position).chain(earlier).collect();
        let says: Vec<Option<bool>> = chain.iter().map(|post| held(&one, post)).collect();
        if says.contains(&Some(true)) {
            continue;
        }
        if says.contains(&Some(false)) && is_lent(conn, &one.person, &chain, today).await? {
            continue;
        }
        gone.push(one);
    }
    Ok(gone)
}

/// Whether somebody acts for another one in one of some posts, and that counts on a day.
async fn is_lent(conn: &mut Conn, person: &PersonId, posts: &[&PositionId], today: Date) -> Result<bool, StoreError> {
    let present = Known::present(conn, person, today).await?;
    Ok(present.is_some_and(|person| posts.iter().any(|post| person.acting_on(post, today).is_some())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn the_second_look_comes_a_minute_later_also_at_midnight() {
        let midnight = crate::model::lifecycle::midnight(date!(2027 - 01 - 01));
        let (before, soon, later) = (midnight.plus_seconds(-1), midnight.plus_seconds(59), midnight.plus_seconds(60));
        for (look, at, due, today) in [
            (Look::First, before, true, date!(2026 - 12 - 31)),
            (Look::First, midnight, true, date!(2027 - 01 - 01)),
            (Look::Again, soon, false, date!(2026 - 12 - 31)),
            (Look::Again, later, true, date!(2027 - 01 - 01)),
        ] {
            assert_eq!((look.is_due(midnight, at), look.today(at)), (due, today), "{look:?} {at:?}");
        }
    }

    #[test]
    fn what_ended_is_looked_for_from_before_the_last_look_on() {
        let now = Millis(10_000_000);
        let look = |looked_at| Memory { asked: None, looked_at }.since(now);
        assert_eq!(look(None), now.plus_seconds(-AWAY_SECONDS - 120));
        assert_eq!(look(Some(now.plus_seconds(-30))), now.plus_seconds(-150));
        assert_eq!(look(Some(now.plus_seconds(30))), now.plus_seconds(-120), "a clock that was set back");
    }

    #[test]
    fn what_ended_beside_sets_and_days_is_looked_for_each_second_whatever_else_there_is_to_do() {
        let now = Millis(10_000_000);
        let due = |looked_at| Memory { asked: None, looked_at }.is_beside_due(now);
        for (case, looked_at, expected) in [
            ("never looked", None, true),
            ("just now", Some(now), false),
            ("not yet a second ago", Some(Millis(now.0 - 999)), false),
            ("a second ago", Some(Millis(now.0 - 1_000)), true),
            ("a clock that was set back", Some(now.plus_seconds(1)), true),
        ] {
            assert_eq!(due(looked_at), expected, "{case}");
        }
    }
}
