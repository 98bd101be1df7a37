//! Administrators: who administers what, by date, and whom they may help.
//!
//! Roles are given and taken back here, with a record of both: at the command
//! line by whoever has the machine, at the console by two people ([`appoint`]).
//! What a role lets its owner do is for the capability that is asked; who may
//! help whom is for `model::admin_scope` to say. One account is kept for the day
//! on which nobody else can come in, and everybody hears of it ([`alarm`]).

pub mod alarm;
pub mod appoint;
pub mod help;
mod then;

use crate::base::date::{iso, vietnam_date};
use crate::base::id::{PersonId, UnitId, uuid_v7};
use crate::model::admin_scope::{AdminRole, AdminScope, Bound};
use crate::model::person::Username;
use crate::model::registry::LookUp;
use crate::model::unit_code::reference;
use crate::service::audit::{self, Event};
use crate::service::{Origin, Services, forget};
use crate::store::admin_roles::Manner;
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx, admin_roles, clients, persons, recoveries};
use serde_json::{Value, json};
use time::Date;

pub use crate::store::admin_roles::Granted;
pub use then::list_on;

/// Which role, whose, and who gives it.
pub struct Grant<'a> {
    /// The user name.
    pub username: &'a str,
    /// The role.
    pub role: AdminRole,
    /// The code of the unit that it is bound to, `scheme:code` or a `gso` code, as of today.
    pub unit: Option<&'a str>,
    /// The client that it is bound to.
    pub client: Option<&'a str>,
    /// First day; absent: today.
    pub valid_from: Option<Date>,
    /// Last day, inclusive; absent: until it is taken back.
    pub valid_to: Option<Date>,
    /// Who gives it.
    pub actor: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// Why a role was not given or taken back.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Nobody has this user name.
    #[error("nobody has this user name")]
    UnknownPerson,
    /// The role is bound to one unit.
    #[error("this role needs a unit: name it with --unit CODE")]
    NeedsUnit,
    /// The role is bound to one client.
    #[error("this role needs a client: name it with --client ID")]
    NeedsClient,
    /// The role is bound to neither, or to the other.
    #[error("this role is not bound to that: leave --unit or --client away")]
    NotBound,
    /// The code means no unit of today, or several.
    #[error("this code means no single unit today; see motlan unit show")]
    UnknownUnit,
    /// There is no such client.
    #[error("there is no such client")]
    UnknownClient,
    /// The last day is before the first.
    #[error("the last day lies before the first")]
    Days,
    /// No role of this identity is there to be taken back.
    #[error("there is no such role, or it was taken back; see motlan admin list")]
    UnknownRole,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a role; nothing when the person has the same one already.
pub async fn grant(services: &Services, grant: &Grant<'_>) -> Result<Option<AdminScope>, AdminError> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let person = person_of(services, grant.username).await?;
    let (unit, client) = bound(services, grant, today).await?;
    let scope = AdminScope {
        id: uuid_v7(now, services.entropy.as_ref()),
        role: grant.role,
        unit,
        client,
        valid_from: grant.valid_from.unwrap_or(today),
        valid_to: grant.valid_to,
    };
    if scope.valid_to.is_some_and(|last| last < scope.valid_from) {
        return Err(AdminError::Days);
    }
    let mut tx = services.store.write().await?;
    if !admin_roles::add(&mut tx, &person, &scope, (grant.actor, now)).await? {
        return Ok(None);
    }
    // Whoever told them a code may not stand above them any more.
    recoveries::revoke_all(&mut tx, &person, now).await?;
    let by = (grant.actor, grant.origin);
    settle(tx, services, ("admin_role.granted", detail(&scope)), &person, by).await?;
    Ok(Some(scope))
}

/// Takes a role back. It counts no more from the answer on, on every node within a second.
pub async fn revoke(services: &Services, id: &str, actor: &str, origin: &Origin) -> Result<Granted, AdminError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let granted = admin_roles::find(&mut tx, id).await?.ok_or(AdminError::UnknownRole)?;
    if !admin_roles::mark_revoked(&mut tx, id, now).await? {
        return Err(AdminError::UnknownRole);
    }
    let told = ("admin_role.revoked", detail(&granted.scope));
    settle(tx, services, told, &granted.person, (actor, origin)).await?;
    Ok(granted)
}

/// Makes somebody the account for the worst day: it runs the service, needs no second person, and everybody who runs the
/// service hears of all that it does. Nothing when it is that already.
pub async fn break_glass(
    services: &Services,
    username: &str,
    reason: &str,
    actor: &str,
    origin: &Origin,
) -> Result<Option<AdminScope>, AdminError> {
    let now = services.clock.now();
    let person = person_of(services, username).await?;
    let scope = AdminScope {
        id: uuid_v7(now, services.entropy.as_ref()),
        role: AdminRole::System,
        unit: None,
        client: None,
        valid_from: vietnam_date(now),
        valid_to: None,
    };
    let mut tx = services.store.write().await?;
    if admin_roles::is_break_glass(&mut tx, &person, scope.valid_from).await? {
        return Ok(None);
    }
    let manner = Manner { reason, break_glass: true };
    if !admin_roles::add_as(&mut tx, &person, &scope, manner, (actor, now)).await? {
        return Ok(None);
    }
    recoveries::revoke_all(&mut tx, &person, now).await?;
    let mut told = detail(&scope);
    told["break_glass"] = Value::Bool(true);
    told["reason"] = Value::String(reason.to_owned());
    settle(tx, services, ("admin_role.granted", told), &person, (actor, origin)).await?;
    Ok(Some(scope))
}

/// All roles that were not taken back, or those of one person.
pub async fn list(services: &Services, username: Option<&str>) -> Result<Vec<Granted>, AdminError> {
    let person = match username {
        Some(username) => Some(person_of(services, username).await?),
        None => None,
    };
    let mut all = admin_roles::list_all(&mut services.store.read().await?).await?;
    all.retain(|granted| person.as_ref().is_none_or(|person| granted.person == *person));
    Ok(all)
}

async fn person_of(services: &Services, username: &str) -> Result<PersonId, AdminError> {
    let name = Username::parse(username).map_err(|_| AdminError::UnknownPerson)?;
    let mut conn = services.store.read().await?;
    persons::find_id_by_username(&mut conn, name.folded()).await?.ok_or(AdminError::UnknownPerson)
}

/// What the role is bound to: exactly what it has to be.
async fn bound(services: &Services, grant: &Grant<'_>, today: Date) -> Result<(Option<UnitId>, Option<String>), AdminError> {
    let unit = || unit_of(services, grant.unit, today);
    match (grant.role.bound_to(), grant.unit, grant.client) {
        (Bound::Nothing | Bound::PerhapsUnit, None, None) => Ok((None, None)),
        (Bound::PerhapsUnit | Bound::Unit, Some(_), None) => Ok((Some(unit()?), None)),
        (Bound::Unit, None, None) => Err(AdminError::NeedsUnit),
        (Bound::Client, None, Some(client)) => {
            let found = clients::find(&mut services.store.read().await?, client).await?;
            let found = found.filter(|found| found.disabled_at.is_none()).ok_or(AdminError::UnknownClient)?;
            Ok((None, Some(found.id)))
        }
        (Bound::Client, None, None) => Err(AdminError::NeedsClient),
        (Bound::Nothing | Bound::PerhapsUnit | Bound::Unit, _, Some(_)) | (Bound::Nothing | Bound::Client, Some(_), _) => {
            Err(AdminError::NotBound)
        }
    }
}

fn unit_of(services: &Services, code: Option<&str>, today: Date) -> Result<UnitId, AdminError> {
    let (scheme, code) = reference(code.unwrap_or_default());
    match services.known.registry().look_up(scheme, code, today) {
        LookUp::One(unit) => Ok(unit.id.clone()),
        LookUp::Candidates(_) | LookUp::None => Err(AdminError::UnknownUnit),
    }
}

fn detail(scope: &AdminScope) -> Value {
    json!({
        "role": scope.role.word(),
        "unit": scope.unit,
        "client": scope.client,
        "valid_from": iso(scope.valid_from),
        "valid_to": scope.valid_to.map(iso),
    })
}

/// Records what was done and commits it; every node forgets what it knew of the person.
async fn settle(
    mut tx: Tx,
    services: &Services,
    (event, detail): (&'static str, Value),
    person: &PersonId,
    (actor, origin): (&str, &Origin),
) -> Result<(), StoreError> {
    let event = Event { event, actor: actor.to_owned(), person: Some(person), client: None, origin, detail };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    Ok(())
}
