//! Making administrators at the console: one asks, another lets it happen. And taking a role back, which one may do alone.
//!
//! What is checked when somebody asks is checked again when it happens, of both of them: a week may lie between.

use super::then::list_as_of;
use super::{Granted, detail, settle};
use crate::base::date::{iso, parse, vietnam_date};
use crate::base::id::{PersonId, UnitId, uuid_v7};
use crate::base::text::{fold, has_control};
use crate::model::admin_scope::{AdminRole, AdminScope, Bound};
use crate::model::appointing::may_appoint;
use crate::model::as_of::AsOf;
use crate::model::authority::{Appoint, Extent, ReadRuntime};
use crate::model::registry::{LookUp, Registry};
use crate::model::unit::Certainty;
use crate::model::unit_code::reference;
use crate::service::approvals::{self, Dangerous};
use crate::service::authority::{Authority, City, Doer, One, People};
use crate::service::{Failure, Services};
use crate::store::admin_roles::Manner;
use crate::store::{StoreError, Tx, admin_roles, clients, persons, recoveries};
use serde_json::{Value, json};
use time::Date;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// The role that somebody is to have.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The role.
    pub role: AdminRole,
    /// The code of the unit that it is bound to, as of today; may be empty.
    pub unit: &'a str,
    /// The client that it is bound to; may be empty.
    pub client: &'a str,
    /// First day; none: today.
    pub valid_from: Option<Date>,
    /// Last day, inclusive.
    pub valid_to: Option<Date>,
    /// Why.
    pub reason: &'a str,
}

/// What came of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// It waits for somebody else, under this id.
    Waits(String),
    /// It happened: the account for the worst day asked.
    Given,
}

/// Why a role was not given or taken back.
#[derive(Debug, thiserror::Error)]
pub enum AppointError {
    /// The person may not sign in, or is not who was asked about.
    #[error("the person may not sign in, or is somebody else")]
    UnknownPerson,
    /// The role is bound to one unit.
    #[error("this role needs a unit")]
    NeedsUnit,
    /// The role is bound to one client.
    #[error("this role needs a client")]
    NeedsClient,
    /// The role is bound to neither, or to the other.
    #[error("this role is not bound to that")]
    NotBound,
    /// The code means no unit of today, or several.
    #[error("this code means no single unit today")]
    UnknownUnit,
    /// There is no such client.
    #[error("there is no such client")]
    UnknownClient,
    /// The last day is before the first, or over.
    #[error("the last day lies before the first, or is over")]
    Days,
    /// There is no reason, or one that cannot be kept.
    #[error("a reason is asked for: one line of at most {LONGEST_REASON} characters")]
    Reason,
    /// It is more than whoever asks, or lets it happen, holds.
    #[error("this is more than the administrator holds")]
    TooMuch,
    /// The person has the role already.
    #[error("the person has this role already")]
    Already,
    /// Nobody else runs the service.
    #[error("nobody else runs the service")]
    Last,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for AppointError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The person of a user name, to ask for a proof of.
pub async fn who(services: &Services, username: &str) -> Result<Option<PersonId>, Failure> {
    Ok(persons::find_id_by_username(&mut services.store.read().await?, &fold(username)).await?)
}

/// Asks that the person of a proof gets a role. Nobody asks for more than they hold.
pub async fn propose(
    services: &Services,
    proof: &One<Appoint>,
    authority: &Authority,
    wanted: &Wanted<'_>,
) -> Result<Proposed, AppointError> {
    let today = vietnam_date(services.clock.now());
    let why = reason(wanted.reason)?;
    let person = proof.person();
    if person.disabled_at.is_some() {
        return Err(AppointError::UnknownPerson);
    }
    let scope = scope_of(services, wanted, today).await?;
    check(&scope, today)?;
    if !may_appoint(authority.scopes(), &scope, authority.registry(), today) {
        return Err(AppointError::TooMuch);
    }
    let theirs = admin_roles::list(&mut services.store.read().await?, &person.id).await?;
    if theirs.iter().any(|held| AdminScope { id: String::new(), ..held.clone() } == scope) {
        return Err(AppointError::Already);
    }
    let payload = payload_of(&person.id, &scope);
    let act = Dangerous::GrantAdministrator;
    let id = approvals::ask(services, act, person.id.as_str(), &payload, &why, &proof.by).await?;
    if approvals::decides_alone(services, &proof.by.person).await? {
        approve(services, proof, authority, &id).await?;
        return Ok(Proposed::Given);
    }
    Ok(Proposed::Waits(id))
}

/// Lets a request for a role happen, to the person of a proof: false when it was decided before, is over, or is one's
/// own. Both who asked and who lets it happen hold more than it gives, today.
pub async fn approve(services: &Services, proof: &One<Appoint>, authority: &Authority, id: &str) -> Result<bool, AppointError> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let mut tx = services.store.write().await?;
    let taken = approvals::take(&mut tx, services, id, Dangerous::GrantAdministrator, &proof.by).await?;
    let Some(approved) = taken else { return Ok(false) };
    let Some((person, asked)) = read_payload(&approved.payload) else { return Err(AppointError::UnknownPerson) };
    if person != proof.person().id || !persons::hold_enabled(&mut tx, &person).await? {
        return Err(AppointError::UnknownPerson);
    }
    let scope = AdminScope {
        id: uuid_v7(now, services.entropy.as_ref()),
        // Nobody had it before it was given.
        valid_from: asked.valid_from.max(today),
        ..asked
    };
    check(&scope, today)?;
    still_there(&mut tx, &scope, authority.registry(), today).await?;
    let of_asker = admin_roles::list(&mut tx, &approved.requested_by).await?;
    for scopes in [authority.scopes(), of_asker.as_slice()] {
        if !may_appoint(scopes, &scope, authority.registry(), today) {
            return Err(AppointError::TooMuch);
        }
    }
    let manner = Manner { reason: &approved.reason, break_glass: false };
    if !admin_roles::add_as(&mut tx, &person, &scope, manner, (proof.by.person.as_str(), now)).await? {
        return Err(AppointError::Already);
    }
    // Whoever told them a code may not stand above them any more.
    recoveries::revoke_all(&mut tx, &person, now).await?;
    let mut told = detail(&scope);
    told["request"] = json!(id);
    told["requested_by"] = json!(approved.requested_by);
    told["reason"] = json!(approved.reason);
    settled(tx, services, ("admin_role.granted", told), &person, &proof.by).await?;
    Ok(true)
}

/// Takes a role of the person of a proof back; nothing when it is not there any more. The last one who runs the service
/// goes on doing so.
pub async fn dismiss(services: &Services, proof: &One<Appoint>, id: &str, why: &str) -> Result<Option<Granted>, AppointError> {
    let why = reason(why)?;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let granted = admin_roles::find(&mut tx, id).await?.filter(|granted| granted.person == proof.person().id);
    let Some(granted) = granted else { return Ok(None) };
    if !admin_roles::mark_revoked_but_last(&mut tx, id, now, vietnam_date(now)).await? {
        let there = admin_roles::find(&mut tx, id).await?.is_some();
        return if there { Err(AppointError::Last) } else { Ok(None) };
    }
    let mut told = detail(&granted.scope);
    told["reason"] = json!(why);
    told["break_glass"] = json!(granted.break_glass);
    settled(tx, services, ("admin_role.revoked", told), &granted.person, &proof.by).await?;
    Ok(Some(granted))
}

/// Every role that was not taken back, whatever its days; or those that counted on a day.
pub async fn list_all(services: &Services, _: &City<ReadRuntime>, on: Option<Date>) -> Result<Vec<Granted>, Failure> {
    list(services, on).await
}

/// The same of the roles within somebody's bounds.
pub async fn list_within(services: &Services, proof: &People<Appoint>, on: Option<Date>) -> Result<Vec<Granted>, Failure> {
    let mut all = list(services, on).await?;
    let extent = proof.extent();
    all.retain(|granted| granted.scope.unit.as_ref().map_or(*extent == Extent::City, |unit| extent.holds(unit)));
    Ok(all)
}

async fn list(services: &Services, on: Option<Date>) -> Result<Vec<Granted>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(on) = on else { return Ok(admin_roles::list_all(&mut conn).await?) };
    Ok(list_as_of(&mut conn, AsOf::of(on, vietnam_date(services.clock.now()))).await?)
}

/// One role that was not taken back, to ask for a proof of its owner.
pub async fn find(services: &Services, id: &str) -> Result<Option<Granted>, Failure> {
    Ok(admin_roles::find(&mut services.store.read().await?, id).await?)
}

/// Whether an administrator may give a role: to say no before a button is pressed.
pub fn may_give(authority: &Authority, scope: &AdminScope) -> bool {
    may_appoint(authority.scopes(), scope, authority.registry(), authority.today())
}

/// The role that a request asks for, and for whom; nothing when the request says something else.
pub fn read_payload(payload: &Value) -> Option<(PersonId, AdminScope)> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let scope = AdminScope {
        id: String::new(),
        role: AdminRole::from_word(text("role")?)?,
        unit: text("unit").map(|unit| UnitId(unit.to_owned())),
        client: text("client").map(str::to_owned),
        valid_from: parse(text("valid_from")?)?,
        valid_to: text("valid_to").map(|day| parse(day).ok_or(())).transpose().ok()?,
    };
    Some((PersonId(text("person")?.to_owned()), scope))
}

fn payload_of(person: &PersonId, scope: &AdminScope) -> Value {
    json!({
        "person": person,
        "role": scope.role.word(),
        "unit": scope.unit,
        "client": scope.client,
        "valid_from": iso(scope.valid_from),
        "valid_to": scope.valid_to.map(iso),
    })
}

/// The role as it would be: bound to exactly what it has to be.
async fn scope_of(services: &Services, wanted: &Wanted<'_>, today: Date) -> Result<AdminScope, AppointError> {
    let (unit, client) = (wanted.unit.trim(), wanted.client.trim());
    let (unit, client) = match (wanted.role.bound_to(), unit.is_empty(), client.is_empty()) {
        (Bound::Nothing | Bound::PerhapsUnit, true, true) => (None, None),
        (Bound::PerhapsUnit | Bound::Unit, false, true) => {
            let (scheme, code) = reference(unit);
            match services.known.registry().look_up(scheme, code, today) {
                LookUp::One(unit) => (Some(unit.id.clone()), None),
                LookUp::Candidates(_) | LookUp::None => return Err(AppointError::UnknownUnit),
            }
        }
        (Bound::Client, true, false) => {
            let found = clients::find(&mut services.store.read().await?, client).await?;
            let found = found.filter(|found| found.disabled_at.is_none()).ok_or(AppointError::UnknownClient)?;
            (None, Some(found.id))
        }
        (Bound::Unit, true, true) => return Err(AppointError::NeedsUnit),
        (Bound::Client, true, true) => return Err(AppointError::NeedsClient),
        (Bound::Nothing | Bound::PerhapsUnit | Bound::Unit, _, false) | (Bound::Nothing | Bound::Client, false, _) => {
            return Err(AppointError::NotBound);
        }
    };
    let valid_from = wanted.valid_from.unwrap_or(today);
    Ok(AdminScope { id: String::new(), role: wanted.role, unit, client, valid_from, valid_to: wanted.valid_to })
}

fn check(scope: &AdminScope, today: Date) -> Result<(), AppointError> {
    if scope.valid_to.is_some_and(|last| last < scope.valid_from || last < today) {
        return Err(AppointError::Days);
    }
    Ok(())
}

/// What the role is bound to may have gone while it waited.
async fn still_there(tx: &mut Tx, scope: &AdminScope, registry: &Registry, today: Date) -> Result<(), AppointError> {
    if let Some(unit) = &scope.unit {
        let unit = registry.unit(unit).filter(|unit| unit.span.holds_on(today) != Certainty::No);
        unit.ok_or(AppointError::UnknownUnit)?;
    }
    if let Some(client) = &scope.client {
        let found = clients::find(tx, client).await?.filter(|found| found.disabled_at.is_none());
        found.ok_or(AppointError::UnknownClient)?;
    }
    Ok(())
}

/// A reason as it is kept: one line that says something.
fn reason(text: &str) -> Result<String, AppointError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON || has_control(text) {
        return Err(AppointError::Reason);
    }
    Ok(text.to_owned())
}

/// Records and commits, with as what it was done.
async fn settled(
    tx: Tx,
    services: &Services,
    (event, mut told): (&'static str, Value),
    person: &PersonId,
    by: &Doer,
) -> Result<(), StoreError> {
    told["acting_as"] = json!(by.acting_as);
    settle(tx, services, (event, told), person, (by.person.as_str(), &by.origin)).await
}
