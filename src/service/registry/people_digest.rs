//! The digest of people: what they hold, whatever the installation calls it inside.
//!
//! People are read some at a time; of each fact 32 bytes stay in memory. What was changed while they were read is found out
//! by the versions of the registry and of the people, and then it is begun anew. Rights that are given or taken back and
//! subjects that are issued meanwhile raise neither: whoever compares two digests sees to it that nobody does.

use crate::base::id::{PersonId, PositionId};
use crate::model::entitlement::Condition;
use crate::model::people_digest::{HeldRole, PeopleDigest};
use crate::model::person::Person;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::store::people_digest::{self, StoredRole};
use crate::store::{Conn, StoreError, admin_roles, change_sets, group_grants, person_names, persons, units};
use std::collections::HashMap;

/// People read at once.
const PEOPLE: i64 = 500;
/// What sectors know people as, read at once.
const SUBJECTS: i64 = 5_000;
/// So often it is begun anew.
const TURNS: usize = 5;

/// The digest as of now.
pub async fn digest(services: &Services) -> Result<String, StoreError> {
    Ok(of(services).await?.1)
}

/// The same, with the registry that it was read beside. `Stale` while people are changed all the time.
pub async fn of(services: &Services) -> Result<(Registry, String), StoreError> {
    let mut conn = services.store.read().await?;
    for _ in 0..TURNS {
        let before = versions(&mut conn).await?;
        let registry = units::load(&mut conn).await;
        // Some of what was read before a change and some after it cannot be read together.
        if units::version(&mut conn).await? != before.0 {
            continue;
        }
        let registry = registry?;
        let digest = read(&mut conn, &registry).await?;
        if versions(&mut conn).await? == before {
            return Ok((registry, digest));
        }
    }
    Err(StoreError::Stale)
}

/// The versions of the registry and of the people.
async fn versions(conn: &mut Conn) -> Result<(i64, i64), StoreError> {
    Ok((units::version(conn).await?, change_sets::people_version(conn).await?))
}

async fn read(conn: &mut Conn, registry: &Registry) -> Result<String, StoreError> {
    let mut digest = PeopleDigest::new(registry);
    let mut after = String::new();
    loop {
        let people = people_digest::list_people(conn, &after, PEOPLE).await?;
        let Some(last) = people.last().map(|last| last.0.clone()) else { break };
        add_people(conn, &mut digest, &people, (&after, &last)).await?;
        after = last;
    }
    for granted in admin_roles::list_all(conn).await? {
        digest.administrator(&granted.username, &granted.scope);
    }
    for stored in group_grants::list(conn).await? {
        digest.group_role(&stored.grant);
    }
    let mut after = (String::new(), String::new());
    loop {
        let known = people_digest::list_subjects(conn, (&after.0, &after.1), SUBJECTS).await?;
        let Some(last) = known.last() else { break };
        after = (last.sector.clone(), last.person_id.clone());
        for subject in &known {
            digest.subject(&subject.username, &subject.sector, &subject.sub);
        }
    }
    Ok(digest.finish())
}

/// The posts and roles of some people.
async fn add_people(
    conn: &mut Conn,
    digest: &mut PeopleDigest<'_>,
    ids: &[PersonId],
    stretch: (&str, &str),
) -> Result<(), StoreError> {
    let people = persons::list_with_positions(conn, ids).await?;
    let delegators: Vec<PersonId> =
        people.values().flat_map(|person| &person.positions).filter_map(|held| held.delegated_by.clone()).collect();
    let mut names: HashMap<PersonId, String> = HashMap::new();
    for chunk in delegators.chunks(ids.len().max(1)) {
        names.extend(person_names::names_of(conn, chunk).await?);
    }
    let name_of = |id: Option<&PersonId>| id.and_then(|id| names.get(id)).map_or("", String::as_str);
    for person in people.values() {
        for held in &person.positions {
            let follows = held.follows.as_ref().and_then(|id| person.positions.iter().find(|earlier| earlier.id == *id));
            digest.position(&person.username, held, name_of(held.delegated_by.as_ref()), follows);
        }
    }
    for stored in people_digest::list_roles(conn, stretch).await? {
        // Of whom nothing counts any more holds nothing either.
        let Some(person) = people.get(&PersonId(stored.person_id.clone())) else { continue };
        add_role(digest, person, &stored, &name_of);
    }
    Ok(())
}

fn add_role<'n>(
    digest: &mut PeopleDigest<'_>,
    person: &Person,
    stored: &StoredRole,
    name_of: &impl Fn(Option<&PersonId>) -> &'n str,
) {
    let bound = stored.position_id.clone().map(PositionId);
    let position = bound.as_ref().and_then(|id| person.positions.iter().find(|held| held.id == *id));
    // A role in a post that is not there counts for nothing, and a role of the person would.
    if bound.is_some() && position.is_none() {
        return;
    }
    let days = (stored.valid_from.as_deref().unwrap_or_default(), stored.valid_to.as_deref().unwrap_or_default());
    let bound = position.map(|held| (held, name_of(held.delegated_by.as_ref())));
    let condition = Condition { least_level: stored.least_level, office_only: stored.office_only != 0 };
    digest.role(&person.username, &HeldRole { client: &stored.client_id, role: &stored.role, bound, condition, days });
}
