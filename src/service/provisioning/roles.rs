//! Granting and taking back the roles that clients declare.
//!
//! At the command line by name; at the console with a proof of who may do it to whom. Nobody grants more than they hold:
//! whoever looks after a unit grants the roles that a client leaves to units, whoever looks after a client grants that
//! client's, and nobody grants anything to themselves.

pub mod given;
pub mod within;

use crate::base::date::{iso, vietnam_date};
use crate::base::id::{PersonId, PositionId, uuid_v7};
use crate::base::text::has_control;
use crate::model::entitlement::Condition;
use crate::model::methods::TWO_FACTORS;
use crate::model::person::Username;
use crate::model::role::RoleGrant;
use crate::service::audit::{self, Event};
use crate::service::{Origin, Services, forget};
use crate::store::{StoreError, Tx, changes, clients, persons, role_grants};
use given::LONGEST_REASON;

pub use crate::store::role_grants::Terms;

/// Which role of whom, and who changes it.
pub struct Request<'a> {
    /// The user name.
    pub username: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// The role.
    pub role: &'a str,
    /// Only while acting in this position.
    pub position: Option<PositionId>,
    /// Who changes it.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
}

/// On which days a role is given, why, and what it asks of the sign-on in which it counts. `Default`: from now on, and nothing.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// What it asks.
    pub condition: Condition,
    /// The days, and why.
    pub terms: Terms,
}

/// Why a role was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// Nobody has this user name.
    #[error("nobody has this user name")]
    UnknownPerson,
    /// There is no such client.
    #[error("there is no such client")]
    UnknownClient,
    /// The client does not declare the role.
    #[error("the client does not declare this role; it declares: {}", .0.join(", "))]
    Undeclared(Vec<String>),
    /// The person has no such position.
    #[error("the person has no position of this id")]
    UnknownPosition,
    /// A level that no role asks for.
    #[error("a role may ask for level {TWO_FACTORS}, two factors, and for no other")]
    Level,
    /// The last day is before the first, or is over.
    #[error("the last day lies before the first, or is over")]
    Days,
    /// A reason that cannot be kept.
    #[error("a reason is one line of at most {LONGEST_REASON} characters")]
    LongReason,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Grants a role from now on; false when the person has it already.
pub async fn grant(services: &Services, request: &Request<'_>) -> Result<bool, RoleError> {
    grant_as(services, request, &Given::default()).await
}

/// Grants a role on its days, as far as a sign-on is such as it asks; false when the person has it already.
pub async fn grant_as(services: &Services, request: &Request<'_>, given: &Given) -> Result<bool, RoleError> {
    check(services, given)?;
    let person = person_of(services, request).await?;
    {
        let mut conn = services.store.read().await?;
        let client = clients::find(&mut conn, request.client_id).await?.ok_or(RoleError::UnknownClient)?;
        if !client.settings.roles.iter().any(|role| role == request.role) {
            return Err(RoleError::Undeclared(client.settings.roles.clone()));
        }
        if let Some(position) = &request.position {
            let known = persons::find(&mut conn, &person).await?.ok_or(RoleError::UnknownPerson)?;
            if !known.positions.iter().any(|held| held.id == *position) {
                return Err(RoleError::UnknownPosition);
            }
            // What was granted for the post that this one goes on from, and asks nothing of a sign-on, counts here already.
            let lineage = known.lineage(position);
            let today = vietnam_date(services.clock.now());
            let held = role_grants::list_on(&mut conn, &person, today).await?;
            let is_same = |held: &RoleGrant| held.role == request.role && held.position.is_some() && held.condition.is_none();
            let for_good = given.terms.valid_from.is_none() && given.terms.valid_to.is_none();
            if for_good && held.iter().any(|held| is_same(held) && held.counts_for(request.client_id, &lineage)) {
                return Ok(false);
            }
        }
    }
    let now = services.clock.now();
    let id = uuid_v7(now, &*services.entropy);
    let mut tx = services.store.write().await?;
    let grant = RoleGrant { condition: given.condition, ..grant_of(request) };
    if !role_grants::add_with(&mut tx, &id, (&person, &grant), &given.terms, (request.actor, now)).await? {
        return Ok(false);
    }
    tell(&mut tx, services, "role.granted", (&person, given), request).await?;
    tx.commit().await?;
    services.known.forget(changes::Kind::Person, person.as_str(), services.clock.now());
    Ok(true)
}

/// Takes a role back, also one that the client declares no more; false when
/// the person does not have it. One of a post is taken back from the posts that
/// this one goes on from too: it would go on counting by them.
pub async fn revoke(services: &Services, request: &Request<'_>) -> Result<bool, RoleError> {
    let person = person_of(services, request).await?;
    let mut tx = services.store.write().await?;
    let mut revoked = false;
    for position in posts_of(&mut tx, &person, request).await? {
        let grant = RoleGrant { position, ..grant_of(request) };
        revoked |= role_grants::mark_revoked(&mut tx, &person, &grant, services.clock.now()).await?;
    }
    if !revoked {
        return Ok(false);
    }
    tell(&mut tx, services, "role.revoked", (&person, &Given::default()), request).await?;
    tx.commit().await?;
    services.known.forget(changes::Kind::Person, person.as_str(), services.clock.now());
    Ok(true)
}

/// Days that can be, a level that there is, and a reason that can be kept.
fn check(services: &Services, given: &Given) -> Result<(), RoleError> {
    if given.condition.least_level.is_some_and(|level| level != TWO_FACTORS) {
        return Err(RoleError::Level);
    }
    let today = vietnam_date(services.clock.now());
    let first = given.terms.valid_from.unwrap_or(today);
    if given.terms.valid_to.is_some_and(|last| last < first || last < today) {
        return Err(RoleError::Days);
    }
    if given.terms.reason.chars().count() > LONGEST_REASON || has_control(&given.terms.reason) {
        return Err(RoleError::LongReason);
    }
    Ok(())
}

/// The posts by which a role of the asked one may count: itself, and those that it goes on from.
async fn posts_of(tx: &mut Tx, person: &PersonId, request: &Request<'_>) -> Result<Vec<Option<PositionId>>, RoleError> {
    let Some(position) = &request.position else { return Ok(vec![None]) };
    let known = persons::find(tx, person).await?.ok_or(RoleError::UnknownPerson)?;
    Ok(known.lineage(position).into_iter().cloned().map(Some).collect())
}

async fn person_of(services: &Services, request: &Request<'_>) -> Result<PersonId, RoleError> {
    let name = Username::parse(request.username).map_err(|_| RoleError::UnknownPerson)?;
    let mut conn = services.store.read().await?;
    persons::find_id_by_username(&mut conn, name.folded()).await?.ok_or(RoleError::UnknownPerson)
}

fn grant_of(request: &Request<'_>) -> RoleGrant {
    RoleGrant {
        client_id: request.client_id.to_owned(),
        role: request.role.to_owned(),
        position: request.position.clone(),
        condition: Condition::default(),
    }
}

async fn tell(
    tx: &mut Tx,
    services: &Services,
    event: &'static str,
    (person, given): (&PersonId, &Given),
    request: &Request<'_>,
) -> Result<(), StoreError> {
    let mut detail = serde_json::json!({ "role": request.role, "position": request.position });
    for (name, day) in [("valid_from", given.terms.valid_from), ("valid_to", given.terms.valid_to)] {
        if let Some(day) = day {
            detail[name] = serde_json::json!(iso(day));
        }
    }
    if !given.terms.reason.is_empty() {
        detail["reason"] = serde_json::json!(given.terms.reason);
    }
    if !given.condition.is_none() {
        detail["condition"] = serde_json::json!(given.condition);
    }
    let event = Event {
        event,
        actor: request.actor.to_owned(),
        person: Some(person),
        client: Some(request.client_id),
        origin: request.origin,
        detail,
    };
    audit::record(tx, services, event).await?;
    forget(tx, services, changes::Kind::Person, person.as_str()).await
}
