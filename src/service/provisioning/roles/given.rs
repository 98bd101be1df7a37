//! Roles that administrators give and take back, with days and a reason.

use super::within::Within;
use crate::base::date::{iso, vietnam_date};
use crate::base::id::{PersonId, PositionId, uuid_v7};
use crate::base::text::{fold, has_control};
use crate::model::admin_scope::AdminRole;
use crate::model::authority::{GrantInClient, GrantRoles};
use crate::model::client::Client;
use crate::model::entitlement::Condition;
use crate::model::person::Person;
use crate::model::role::RoleGrant;
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, Doer, One, OneClient};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx, clients, persons, role_grants};
use serde_json::{Value, json};

pub use crate::store::role_grants::{GrantedRole, Terms};

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// A role to be given.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// The client.
    pub client_id: String,
    /// The role.
    pub role: String,
    /// Only while acting in this position.
    pub position: Option<PositionId>,
    /// What it asks of the sign-on in which it counts.
    pub condition: Condition,
    /// On which days, and why.
    pub terms: Terms,
}

/// What somebody may give in one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The roles.
    pub roles: Vec<String>,
}

/// Why a role was not given or taken back.
#[derive(Debug, thiserror::Error)]
pub enum GiveError {
    /// There is no such client.
    #[error("there is no such client")]
    UnknownClient,
    /// Nobody has this user name, or they may not sign in.
    #[error("nobody has this user name, or they may not sign in")]
    UnknownPerson,
    /// The client does not declare the role.
    #[error("the client does not declare this role")]
    Undeclared,
    /// The role is not among those that this administrator may give.
    #[error("this role is not among those that this administrator may give")]
    NotTheirs,
    /// Nobody gives anything to themselves.
    #[error("nobody gives a role to themselves")]
    OwnAccount,
    /// The person has no such position, or none within the bounds of whoever gives the role; or one has to be named.
    #[error("the person has no position of this id for which this administrator gives roles")]
    UnknownPosition,
    /// The last day is before the first, or is over.
    #[error("the last day lies before the first, or is over")]
    Days,
    /// There is no reason, or one that cannot be kept.
    #[error("a reason is asked for: one line of at most {LONGEST_REASON} characters")]
    Reason,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for GiveError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The roles that an administrator may give to the person of a proof, by client.
pub async fn offered(services: &Services, proof: &One<GrantRoles>) -> Result<Vec<Offered>, Failure> {
    let all = clients::list(&mut services.store.read().await?).await?;
    let open = all.into_iter().filter(|client| client.disabled_at.is_none());
    let offered = open.map(|client| Offered {
        roles: may_give(&client, &proof.by).into_iter().map(str::to_owned).collect(),
        client_id: client.id,
        client_name: client.name,
    });
    Ok(offered.filter(|offered| !offered.roles.is_empty()).collect())
}

/// Whoever acts for a unit gives what the client leaves to units; others give whatever it declares.
fn may_give<'a>(client: &'a Client, by: &Doer) -> Vec<&'a str> {
    let for_a_unit = by.acting_as.split(' ').next() == Some(AdminRole::Unit.word());
    let left = |role: &&String| !for_a_unit || client.settings.unit_granted_roles.contains(role);
    client.settings.roles.iter().filter(left).map(String::as_str).collect()
}

/// Gives a role to the person of a proof, within the bounds of whoever gives it; its id, or nothing when they have it already.
pub async fn give(
    services: &Services,
    authority: &Authority,
    proof: &One<GrantRoles>,
    role: &NewRole,
) -> Result<Option<String>, GiveError> {
    let mut tx = services.store.write().await?;
    let given = give_in(&mut tx, services, authority, proof, role).await?;
    if given.is_some() {
        commit(tx, services, &proof.person().id).await?;
    }
    Ok(given)
}

/// The same inside a transaction with other acts; whoever commits it lets this node forget the person afterwards.
pub async fn give_in(
    tx: &mut Tx,
    services: &Services,
    authority: &Authority,
    proof: &One<GrantRoles>,
    role: &NewRole,
) -> Result<Option<String>, GiveError> {
    let client = clients::find(tx, &role.client_id).await?.filter(|client| client.disabled_at.is_none());
    let client = client.ok_or(GiveError::UnknownClient)?;
    check_declared(&client, role, &proof.by)?;
    let left = client.settings.unit_granted_roles.contains(&role.role);
    // Nobody gives anything in another unit than those that they look after.
    if !Within::of(authority).is_some_and(|within| within.allows(proof.person(), role.position.as_ref(), left)) {
        return Err(GiveError::UnknownPosition);
    }
    give_to(tx, services, (&client, proof.person()), role, &proof.by).await
}

/// A role that the client declares, and that they may give.
fn check_declared(client: &Client, role: &NewRole, by: &Doer) -> Result<(), GiveError> {
    if !client.settings.roles.contains(&role.role) {
        return Err(GiveError::Undeclared);
    }
    if !may_give(client, by).contains(&role.role.as_str()) {
        return Err(GiveError::NotTheirs);
    }
    Ok(())
}

/// Gives a role of the client of a proof to whoever has a user name; its id, or nothing when they have it already.
pub async fn give_in_client(
    services: &Services,
    proof: &OneClient<GrantInClient>,
    username: &str,
    role: &NewRole,
) -> Result<Option<String>, GiveError> {
    let mut tx = services.store.write().await?;
    let client = clients::find(&mut tx, proof.client()).await?.filter(|client| client.disabled_at.is_none());
    let client = client.ok_or(GiveError::UnknownClient)?;
    let id = persons::find_id_by_username(&mut tx, &fold(username)).await?.ok_or(GiveError::UnknownPerson)?;
    let person = persons::find(&mut tx, &id).await?.filter(|person| person.disabled_at.is_none());
    let person = person.ok_or(GiveError::UnknownPerson)?;
    if person.id == proof.by.person {
        return Err(GiveError::OwnAccount);
    }
    let given = give_to(&mut tx, services, (&client, &person), role, &proof.by).await?;
    if given.is_some() {
        commit(tx, services, &person.id).await?;
    }
    Ok(given)
}

async fn give_to(
    tx: &mut Tx,
    services: &Services,
    (client, person): (&Client, &Person),
    role: &NewRole,
    by: &Doer,
) -> Result<Option<String>, GiveError> {
    check_declared(client, role, by)?;
    if role.position.as_ref().is_some_and(|id| !person.positions.iter().any(|held| held.id == *id)) {
        return Err(GiveError::UnknownPosition);
    }
    let now = services.clock.now();
    let first = role.terms.valid_from.unwrap_or_else(|| vietnam_date(now));
    if role.terms.valid_to.is_some_and(|last| last < first || last < vietnam_date(now)) {
        return Err(GiveError::Days);
    }
    let terms = Terms { reason: reason(&role.terms.reason)?, ..role.terms.clone() };
    let (position, condition) = (role.position.clone(), role.condition);
    let grant = RoleGrant { client_id: client.id.clone(), role: role.role.clone(), position, condition };
    let id = uuid_v7(now, services.entropy.as_ref());
    if !role_grants::add_with(tx, &id, (&person.id, &grant), &terms, (by.person.as_str(), now)).await? {
        return Ok(None);
    }
    let detail = detail(&id, &grant, &terms, None);
    audit::record(tx, services, Event::by(by, "role.granted", Some(&person.id), Some(&client.id), detail)).await?;
    forget(tx, services, Kind::Person, person.id.as_str()).await?;
    Ok(Some(id))
}

/// Takes a role of the person of a proof back; false when it is not there any more. Whoever is bound to units ends nothing
/// that counts in a post elsewhere, as they give nothing there.
pub async fn take_back(
    services: &Services,
    authority: &Authority,
    proof: &One<GrantRoles>,
    id: &str,
    why: &str,
) -> Result<bool, GiveError> {
    let why = reason(why)?;
    let mut tx = services.store.write().await?;
    let Some(granted) = role_grants::find(&mut tx, id).await?.filter(|granted| granted.person == proof.person().id) else {
        return Ok(false);
    };
    // What a client does not leave to units was given by somebody above, and is theirs to take back.
    let client = clients::find(&mut tx, &granted.grant.client_id).await?;
    let for_a_unit = proof.by.acting_as.split(' ').next() == Some(AdminRole::Unit.word());
    let theirs = client.is_some_and(|client| client.settings.unit_granted_roles.contains(&granted.grant.role));
    if for_a_unit && !(theirs && is_within(authority, proof.person(), granted.grant.position.as_ref())) {
        return Err(GiveError::NotTheirs);
    }
    take(tx, services, &granted, &why, &proof.by).await
}

/// True of a role left to units that counts in no post elsewhere: of no post at all, or of one that nobody holds any more, it
/// is of the person whom they look after.
fn is_within(authority: &Authority, person: &Person, post: Option<&PositionId>) -> bool {
    let Some(post) = post else { return true };
    let is_held = person.acting_on(post, authority.today()).is_some();
    !is_held || Within::of(authority).is_some_and(|within| within.allows(person, Some(post), true))
}

/// Takes a role of the client of a proof back; false when it is not there any more.
pub async fn take_back_in_client(
    services: &Services,
    proof: &OneClient<GrantInClient>,
    id: &str,
    why: &str,
) -> Result<bool, GiveError> {
    let why = reason(why)?;
    let mut tx = services.store.write().await?;
    let granted = role_grants::find(&mut tx, id).await?.filter(|granted| granted.grant.client_id == proof.client());
    let Some(granted) = granted else { return Ok(false) };
    take(tx, services, &granted, &why, &proof.by).await
}

async fn take(mut tx: Tx, services: &Services, granted: &GrantedRole, why: &str, by: &Doer) -> Result<bool, GiveError> {
    if !role_grants::mark_one_revoked(&mut tx, &granted.id, &granted.person, services.clock.now()).await? {
        return Ok(false);
    }
    let detail = detail(&granted.id, &granted.grant, &granted.terms, Some(why));
    let client = Some(granted.grant.client_id.as_str());
    audit::record(&mut tx, services, Event::by(by, "role.revoked", Some(&granted.person), client, detail)).await?;
    forget(&mut tx, services, Kind::Person, granted.person.as_str()).await?;
    commit(tx, services, &granted.person).await?;
    Ok(true)
}

async fn commit(tx: Tx, services: &Services, person: &PersonId) -> Result<(), StoreError> {
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    Ok(())
}

/// A reason as it is kept: one line that says something.
fn reason(text: &str) -> Result<String, GiveError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON || has_control(text) {
        return Err(GiveError::Reason);
    }
    Ok(text.to_owned())
}

/// What a record says: the role as it was given, and why it was taken back.
fn detail(id: &str, grant: &RoleGrant, terms: &Terms, taken_back: Option<&str>) -> Value {
    let mut detail = json!({
        "grant": id,
        "role": grant.role,
        "position": grant.position,
        "valid_from": terms.valid_from.map(iso),
        "valid_to": terms.valid_to.map(iso),
        "reason": taken_back.unwrap_or(&terms.reason),
    });
    if !grant.condition.is_none() {
        detail["condition"] = json!(grant.condition);
    }
    detail
}
