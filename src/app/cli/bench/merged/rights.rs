//! The rights of a crowd, as somebody gave them on the last day of the districts: every fourth has a role, most of them in
//! their post; each unit has an administrator; groups have roles; and some posts are handed to others.
//!
//! The units ended long ago, so that no service gives anything there today: it is written as it would stand in the records,
//! some at a time. It belongs on a database of its own, with no server beside it.

use super::{LAST_DAY, Line, TOGETHER, cell, crowd};
use crate::app::cli::{CliError, Output, actor};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, PositionId, UnitId, uuid_v7};
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::entitlement::{Condition, GroupGrant};
use crate::model::lifecycle::{midnight, plus_days};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::role::RoleGrant;
use crate::model::unit_code::GSO;
use crate::service::provisioning::change_set::{self, Applied};
use crate::service::{Origin, Services};
use crate::store::delegations::{self, Delegation};
use crate::store::group_grants::{self, Stored};
use crate::store::{admin_roles, change_sets, positions, role_grants};
use serde_json::json;

/// The client whose roles they are: it declares all three.
const CLIENT: &str = "bench";
/// Of single people, and of groups.
const OF_PEOPLE: &str = "duyet";
const OF_UNITS: &str = "xem";
const OF_TITLES: &str = "ky";
/// Every so many of the crowd has a role; of those, every so many has it in whatever post.
const A_ROLE: usize = 4;
const EVERYWHERE: usize = 16;
/// Every so many of the communes has a role for all who work there.
const A_COMMUNE: usize = 10;
/// Posts that are handed over, at most.
const LENT: usize = 200;

/// Gives all of it.
pub(super) async fn give(
    services: &Services,
    people: usize,
    (units, registry): (&[Line], &Registry),
    output: &mut Output,
) -> Result<(), CliError> {
    let found = units.iter().filter_map(|unit| {
        let code = cell(unit, "gso_code");
        Some((code, registry.look_up(GSO, code, LAST_DAY).one()?.id.clone()))
    });
    let units: Vec<(&str, UnitId)> = found.collect();
    let roles = roles(services, people).await?;
    let administrators = administrators(services, &units).await?;
    let groups = groups(services, &units).await?;
    let lent = lend(services, 2 * units.len()).await?;
    output.line(&format!("{roles} roles, {administrators} administrators, {groups} roles of groups, {lent} posts handed over"));
    if output.json {
        output.document(&json!({ "roles": roles, "administrators": administrators, "groups": groups, "lent": lent }));
    }
    Ok(())
}

/// When it was given: before the units went.
fn given_at() -> Millis {
    midnight(LAST_DAY)
}

fn new_id(services: &Services) -> String {
    uuid_v7(services.clock.now(), services.entropy.as_ref())
}

async fn roles(services: &Services, people: usize) -> Result<usize, CliError> {
    let (numbers, by): (Vec<usize>, String) = ((A_ROLE..=people).step_by(A_ROLE).collect(), actor());
    let mut given = 0;
    for some in numbers.chunks(TOGETHER) {
        let mut found: Vec<(usize, Person)> = crowd(services, some).await?.into_iter().collect();
        found.sort_by_key(|(number, _)| *number);
        let mut tx = services.store.write().await?;
        for (number, person) in &found {
            let post = person.positions_on(LAST_DAY).first().map(|post| post.id.clone());
            let grant = RoleGrant {
                client_id: CLIENT.to_owned(),
                role: OF_PEOPLE.to_owned(),
                position: post.filter(|_| !number.is_multiple_of(EVERYWHERE)),
                condition: Condition::default(),
            };
            let added = role_grants::add(&mut tx, &new_id(services), &person.id, &grant, (by.as_str(), given_at())).await?;
            given += usize::from(added);
        }
        tx.commit().await?;
    }
    Ok(given)
}

/// Each unit is looked after by the one of the second round who works there.
async fn administrators(services: &Services, units: &[(&str, UnitId)]) -> Result<usize, CliError> {
    let (numbers, by): (Vec<usize>, String) = ((units.len() + 1..=2 * units.len()).collect(), actor());
    let mut given = 0;
    for some in numbers.chunks(TOGETHER) {
        let people = crowd(services, some).await?;
        let mut tx = services.store.write().await?;
        for number in some {
            let Some(person) = people.get(number) else { continue };
            let scope = AdminScope {
                id: new_id(services),
                role: AdminRole::Unit,
                unit: Some(units[(number - 1) % units.len()].1.clone()),
                client: None,
                valid_from: LAST_DAY,
                valid_to: None,
            };
            given += usize::from(admin_roles::add(&mut tx, &person.id, &scope, (by.as_str(), given_at())).await?);
        }
        tx.commit().await?;
    }
    Ok(given)
}

/// Everybody under a district, whoever leads an office in a province, and everybody of some communes.
async fn groups(services: &Services, units: &[(&str, UnitId)]) -> Result<usize, CliError> {
    let mut given = 0;
    let mut tx = services.store.write().await?;
    for (place, (code, unit)) in units.iter().enumerate() {
        let (role, below, title) = match code.len() {
            2 => (OF_TITLES, true, Some("Trưởng phòng")),
            3 => (OF_UNITS, true, None),
            _ if place.is_multiple_of(A_COMMUNE) => (OF_UNITS, false, None),
            _ => continue,
        };
        let grant = GroupGrant {
            id: new_id(services),
            client_id: CLIENT.to_owned(),
            role: role.to_owned(),
            unit: unit.clone(),
            below,
            title: title.map(str::to_owned),
            condition: Condition::default(),
            given_on: LAST_DAY,
            valid_from: None,
            valid_to: None,
        };
        let stored = Stored { grant, reason: "bench".to_owned(), granted_at: given_at(), granted_by: actor() };
        given += usize::from(group_grants::add(&mut tx, &stored).await?);
    }
    tx.commit().await?;
    Ok(given)
}

/// Posts of some after a number, each in the hands of the one who comes next.
async fn lend(services: &Services, after: usize) -> Result<usize, CliError> {
    let numbers: Vec<usize> = (after + 1..=after + 2 * LENT).collect();
    let by = actor();
    let set = change_set::begin(services, "bench", &by).await?;
    let people = crowd(services, &numbers).await?;
    let pairs = numbers.chunks(2).filter_map(|two| Some((people.get(&two[0])?, people.get(two.get(1)?)?)));
    let lent: Vec<(PersonId, Position, Delegation)> = pairs.filter_map(|(giver, taker)| one(services, giver, taker)).collect();
    let told: Vec<(PersonId, Position)> = lent.iter().map(|(taker, post, _)| (taker.clone(), post.clone())).collect();
    let mut tx = services.store.write().await?;
    change_sets::mark_touched(&mut tx, &set, services.clock.now()).await?;
    positions::add(&mut tx, &set, &told).await?;
    for (_, _, delegation) in &lent {
        delegations::add(&mut tx, delegation).await?;
    }
    tx.commit().await?;
    let origin = Origin::command_line();
    let applied = Applied { event: "people.imported", actor: &by, origin: &origin, detail: json!({ "bench": lent.len() }) };
    change_set::apply(services, &set, applied).await.map_err(|error| CliError::Other(error.to_string()))?;
    Ok(lent.len())
}

/// The main post of somebody, as another one acts in it.
fn one(services: &Services, giver: &Person, taker: &Person) -> Option<(PersonId, Position, Delegation)> {
    let own = (*giver.positions_on(LAST_DAY).first()?).clone();
    let last = plus_days(vietnam_date(services.clock.now()), 30);
    let post = Position {
        id: PositionId(new_id(services)),
        primary: false,
        decision_no: "UQ".to_owned(),
        delegated_by: Some(giver.id.clone()),
        follows: None,
        valid_from: LAST_DAY,
        valid_to: Some(last),
        ..own.clone()
    };
    let delegation = Delegation {
        position: post.id.clone(),
        of_position: own.id,
        of_person: giver.id.clone(),
        to_person: taker.id.clone(),
        valid_from: LAST_DAY,
        valid_to: last,
        decision_no: "UQ".to_owned(),
        created_at: given_at(),
        ended_at: None,
    };
    Some((taker.id.clone(), post, delegation))
}
