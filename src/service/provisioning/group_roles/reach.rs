//! Who would have a role that is given to a group, before it is given.

use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::base::text::fold;
use crate::model::entitlement::GroupGrant;
use crate::model::group_reach::units_of;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::service::known::Known;
use crate::store::{Conn, StoreError, group_holders, persons, positions_in_units};
use std::collections::BTreeSet;
use time::Date;

/// So many are named.
const NAMED: usize = 20;
/// People read at once.
const PEOPLE: usize = 500;
/// More than this are not looked at one by one.
const MOST: usize = 20_000;

/// Who would have a role today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// How many.
    pub people: i64,
    /// There are too many to look at each: so many have, or had, such a post, and no more than they would have the role.
    pub at_most: bool,
    /// The first of them: user name, full name, and the unit of the post by which they would have it.
    pub names: Vec<(String, String, UnitId)>,
}

/// Who would have a role, whatever its days.
pub(super) async fn of(conn: &mut Conn, services: &Services, grant: &GroupGrant) -> Result<Reach, StoreError> {
    let registry = services.known.registry();
    let today = vietnam_date(services.clock.now());
    let people = perhaps(conn, grant, &units_of(grant, &registry, today)).await?;
    let at_most = people.len() > MOST;
    let mut names = Vec::new();
    for some in people.chunks(PEOPLE) {
        if at_most && names.len() >= NAMED {
            break;
        }
        let found = persons::list_with_positions(conn, some).await?;
        for person in found.into_values().filter(|person| person.disabled_at.is_none()) {
            if let Some(unit) = unit_of(conn, &person, grant, (registry.as_ref(), today)).await? {
                names.push((person.username, person.full_name, unit));
            }
        }
    }
    let count = if at_most { people.len() } else { names.len() };
    names.sort_unstable();
    names.truncate(NAMED);
    Ok(Reach { people: i64::try_from(count).unwrap_or(i64::MAX), at_most, names })
}

/// The unit of the post by which somebody would have it. A post that was handed to them counts only as long as what it stands
/// for.
async fn unit_of(
    conn: &mut Conn,
    person: &Person,
    grant: &GroupGrant,
    at: (&Registry, Date),
) -> Result<Option<UnitId>, StoreError> {
    let Some(post) = such_a_post(person, grant, at) else { return Ok(None) };
    if post.delegated_by.is_none() {
        return Ok(Some(post.unit.clone()));
    }
    let present = Known::present(conn, &person.id, at.1).await?;
    Ok(present.and_then(|person| such_a_post(&person, grant, at).map(|post| post.unit.clone())))
}

fn such_a_post<'p>(person: &'p Person, grant: &GroupGrant, (registry, today): (&Registry, Date)) -> Option<&'p Position> {
    person.positions_on(today).into_iter().find(|post| grant.is_for(person, post, registry, today))
}

/// Whoever has, or had, such a post in one of these units, in the order of ids.
async fn perhaps(conn: &mut Conn, grant: &GroupGrant, units: &[UnitId]) -> Result<Vec<PersonId>, StoreError> {
    let titles = match grant.title.as_deref().map(fold) {
        Some(wanted) => {
            let mut written = group_holders::list_titles(conn).await?;
            written.retain(|title| fold(title) == wanted);
            Some(written)
        }
        None => None,
    };
    let people = positions_in_units::list_holders(conn, units, titles.as_deref()).await?;
    let people: BTreeSet<PersonId> = people.into_iter().collect();
    Ok(people.into_iter().collect())
}
