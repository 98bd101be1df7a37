//! People whose last post is over: their accounts are disabled, and everything that they hold ends.
//!
//! Two things make somebody one who has left: a day that ends, and a set of changes that says so afterwards. Days are
//! gone through one after another, and sets in the order in which they began to count or ceased to; so nobody is missed,
//! and a node that was away for days catches up. Doing anybody twice changes nothing.

use super::{ACTOR, origin};
use crate::base::date::{iso, parse, vietnam_date};
use crate::base::id::PersonId;
use crate::model::lifecycle::{gone_since, midnight, plus_days};
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Reach, end_all};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::lifecycles::{self, Cursor, Shut};
use crate::store::{Conn, StoreError, admin_roles, change_sets, people_index, persons};
use serde_json::json;
use time::Date;

/// Why, as it is kept.
const LEFT: &str = "left";
/// People of one step.
const BATCH: i64 = 200;
/// Sets of one step: most of them tell of few.
const SETS: usize = 100;

/// Who is to be looked at, and where the cursor stands after them.
struct Work {
    people: Vec<PersonId>,
    next: Cursor,
}

/// Looks at some people; true when there is more to do at once.
pub(super) async fn step(services: &Services) -> Result<bool, Failure> {
    let settings = &services.settings.lifecycle;
    if !settings.leavers {
        return Ok(false);
    }
    let today = vietnam_date(services.clock.now());
    let mut conn = services.store.read().await?;
    let read = lifecycles::cursor(&mut conn).await?;
    let Some(work) = next_work(&mut conn, settings.grace_days, &read, today).await? else { return Ok(false) };
    // Whoever holds a post on or after this day has not left.
    let day = iso(plus_days(today, -settings.grace_days));
    let gone = lifecycles::list_gone(&mut conn, &work.people, &day).await?;
    drop(conn);
    for person in &gone {
        disable(services, person, today).await?;
    }
    let mut tx = services.store.write().await?;
    let moved = lifecycles::move_cursor(&mut tx, &read, &work.next).await?;
    tx.commit().await?;
    // Another node was first where it was not moved: what it did is seen at the next step.
    Ok(moved)
}

async fn next_work(conn: &mut Conn, grace_days: i64, read: &Cursor, today: Date) -> Result<Option<Work>, StoreError> {
    let mut next = read.clone();
    let done = parse(&read.day).filter(|_| read.grace_days == grace_days);
    let Some(done) = done else {
        // The first time, or others have left by now: everybody is looked at from here on, and every day that ends.
        let (within, day_within) = (String::new(), String::new());
        next = Cursor { grace_days, version: 0, set_id: None, within, day: iso(today), day_within };
        return Ok(Some(Work { people: Vec::new(), next }));
    };
    if let Some(people) = of_sets(conn, &mut next).await? {
        return Ok(Some(Work { people, next }));
    }
    if done >= today {
        return Ok(None);
    }
    let day = plus_days(done, 1);
    // Who leaves on this day: whoever's post ended on the day before it, and the grace is over.
    let last = iso(plus_days(day, -1 - grace_days));
    let people = lifecycles::list_ended_on(conn, &last, &read.day_within, BATCH).await?;
    if let Some(last) = people.last() {
        next.day_within.clone_from(&last.0);
    } else {
        (next.day, next.day_within) = (iso(day), String::new());
    }
    Ok(Some(Work { people, next }))
}

/// The people of whom the next sets tell, as many as one step takes, with the cursor moved on; nothing when all sets were looked
/// at. Somebody may be among them more than once.
async fn of_sets(conn: &mut Conn, next: &mut Cursor) -> Result<Option<Vec<PersonId>>, StoreError> {
    let mut people: Vec<PersonId> = Vec::new();
    let mut is_any = false;
    for _ in 0..SETS {
        let Some(set) = change_sets::find_told_after(conn, next.version, next.set_id.as_deref()).await? else { break };
        is_any = true;
        let missing = BATCH - i64::try_from(people.len()).unwrap_or(BATCH);
        let some = people_index::list_of_set(conn, &set.id, &next.within, missing).await?;
        let is_full = i64::try_from(some.len()).is_ok_and(|found| found >= missing);
        people.extend(some);
        if let Some(last) = people.last().filter(|_| is_full) {
            // It may tell of more.
            next.within.clone_from(&last.0);
            break;
        }
        (next.version, next.set_id, next.within) = (set.version, Some(set.id.0), String::new());
    }
    Ok(is_any.then_some(people))
}

/// Disables one account, with everything that its owner holds; nothing where somebody let them in again since.
async fn disable(services: &Services, id: &PersonId, today: Date) -> Result<(), Failure> {
    let now = services.clock.now();
    let grace_days = services.settings.lifecycle.grace_days;
    let mut tx = services.store.write().await?;
    // In the order in which everybody holds them who ends the access of whoever runs the service.
    admin_roles::hold_system_of(&mut tx, id).await?;
    lifecycles::hold(&mut tx, id).await?;
    let Some(person) = persons::find(&mut tx, id).await? else { return Ok(()) };
    let Some(last) = gone_since(&person, today, grace_days) else { return Ok(()) };
    let shut = Shut { person: id, now, spared_since: midnight(plus_days(last, 1)) };
    if !lifecycles::disable_gone(&mut tx, shut, &iso(plus_days(today, -grace_days))).await? {
        return Ok(());
    }
    lifecycles::mark_disabled(&mut tx, id, now, LEFT).await?;
    let origin = origin();
    let ended = end_all(&mut tx, services, id, Reach::Everything, By { actor: ACTOR, origin: &origin }).await?;
    let event = Event {
        event: "person.disabled",
        actor: ACTOR.to_owned(),
        person: Some(id),
        client: None,
        origin: &origin,
        detail: json!({
            "reason": LEFT,
            "last_day": iso(last),
            "grace_days": grace_days,
            "sign_ons_ended": ended.sign_ons.len(),
            "offline_grants_revoked": ended.grants.len(),
        }),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Person, id.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, id.as_str(), now);
    ended.tell(services);
    metrics::counter!("motlan_accounts_disabled_total", "why" => LEFT).increment(1);
    Ok(())
}
