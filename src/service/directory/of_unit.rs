//! Who had a post in a unit on a day, of the people within somebody's bounds: as their posts are known now. Whose account a
//! reader may see is a matter of today, whatever the day.

use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::{Extent, ReadPeople, sees};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::authority::People;
use crate::service::{Failure, Services};
use crate::store::{persons, unit_people};
use serde_json::json;
use time::Date;

/// People of one page.
const PAGE: usize = 50;
/// People read at once.
const AT_ONCE: usize = 200;
/// More than so many are not looked at for one page.
const MOST_LOOKED_AT: usize = 2_000;

/// Somebody who had posts in a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// Who.
    pub person: PersonId,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// Their posts there, the main one first.
    pub posts: Vec<Position>,
}

/// Some of those who had posts in a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfUnit {
    /// They, in the order of ids.
    pub people: Vec<Worked>,
    /// After whom to look on; nothing when there are no more.
    pub next: Option<PersonId>,
}

/// Where, and when.
#[derive(Debug, Clone, Copy)]
pub struct UnitDay<'a> {
    /// The unit. Those under it are others.
    pub unit: &'a UnitId,
    /// The day.
    pub on: Date,
}

/// A page of those who had a post in a unit on a day, within somebody's bounds. That somebody was on it is on record.
pub async fn of_unit(
    services: &Services,
    proof: &People<ReadPeople>,
    place: UnitDay<'_>,
    after: Option<&str>,
) -> Result<OfUnit, Failure> {
    let found = some(services, proof.extent(), place, PersonId(after.unwrap_or_default().to_owned())).await?;
    if !found.people.is_empty() {
        let detail = json!({ "filters": ["unit", "day"], "people": found.people.len() });
        audit::looked(services, Event::by(&proof.by, "people.listed", None, None, detail)).await?;
    }
    Ok(found)
}

/// Everybody who had a post in a unit on a day: for the command line.
pub async fn all_of_unit(services: &Services, place: UnitDay<'_>) -> Result<Vec<Worked>, Failure> {
    let mut all = Vec::new();
    let mut after = Some(PersonId(String::new()));
    while let Some(last) = after {
        let found = some(services, &Extent::City, place, last).await?;
        all.extend(found.people);
        after = found.next;
    }
    Ok(all)
}

/// At most a page of them after one person. There may be fewer, and yet more of them behind.
async fn some(services: &Services, extent: &Extent, place: UnitDay<'_>, after: PersonId) -> Result<OfUnit, Failure> {
    let today = vietnam_date(services.clock.now());
    let within = match extent {
        Extent::City => None,
        Extent::Units(units) => Some(units),
    };
    let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let mut conn = services.store.read().await?;
    let (mut found, mut last, mut looked_at) = (OfUnit::default(), after, 0);
    while looked_at < MOST_LOOKED_AT {
        let ids = unit_people::list_people_on(&mut conn, (place.unit, place.on), within, &last, most).await?;
        let mut people = persons::list_with_positions(&mut conn, &ids).await?;
        let is_last = ids.len() < AT_ONCE;
        looked_at += ids.len();
        for id in ids {
            if found.people.len() == PAGE {
                return Ok(OfUnit { next: Some(last), ..found });
            }
            let seen = people.remove(&id).filter(|person| sees(extent, person, today));
            found.people.extend(seen.and_then(|person| worked(person, place)));
            last = id;
        }
        if is_last {
            return Ok(found);
        }
    }
    Ok(OfUnit { next: Some(last), ..found })
}

/// Somebody with their own posts there; nothing where they have none, or only what another one handed over.
fn worked(person: Person, place: UnitDay<'_>) -> Option<Worked> {
    let there = |held: &&Position| held.unit == *place.unit && held.delegated_by.is_none();
    let posts: Vec<Position> = person.positions_on(place.on).into_iter().filter(there).cloned().collect();
    if posts.is_empty() {
        return None;
    }
    Some(Worked { person: person.id, full_name: person.full_name, username: person.username, posts })
}
