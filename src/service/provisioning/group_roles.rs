//! Roles for whoever has a post: in a unit, in any unit under it, with one title.
//!
//! Whoever looks after a client gives its roles anywhere; whoever looks after units gives there what may be given there, a
//! unit's administrator what the client leaves to units. Nobody gives a role to a group that they are of themselves. What was
//! given in a unit that is gone since is seen by whoever looks after those for whom it still counts, and ended by whoever looks
//! after all of them.

mod giver;
mod holders;
mod on_day;
mod reach;

use super::roles::given::{LONGEST_REASON, Offered};
use crate::base::clock::Millis;
use crate::base::date::{iso, shown, vietnam_date};
use crate::base::id::{PersonId, UnitId, uuid_v7};
use crate::base::text::{has_control, nfc};
use crate::model::authority::{GrantInClient, GrantRoles, ReadPeople};
use crate::model::client::Client;
use crate::model::entitlement::{Condition, GroupGrant};
use crate::model::methods::TWO_FACTORS;
use crate::model::registry::Registry;
use crate::model::unit::Certainty;
use crate::service::audit;
use crate::service::authority::Authority;
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::group_grants::{self, Stored};
use crate::store::{AsEx, StoreError, Tx, clients, persons};
use giver::looks_after_a_unit;
use holders::Look;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use time::Date;

pub use giver::{Giver, Seeing};
pub use holders::Holders;
pub use on_day::list_on;
pub use reach::Reach;

/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 200;

/// A role to be given to whoever has a post.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The client.
    pub client_id: String,
    /// The role.
    pub role: String,
    /// The unit.
    pub unit: UnitId,
    /// Also in every unit under it.
    pub below: bool,
    /// Only with this title.
    pub title: Option<String>,
    /// What it asks of the sign-on in which it counts.
    pub condition: Condition,
    /// First day; none: since it is given.
    pub valid_from: Option<Date>,
    /// Last day, inclusive.
    pub valid_to: Option<Date>,
    /// Why.
    pub reason: String,
}

/// A role of a group that was not taken back.
#[derive(Debug, Clone)]
pub struct Line {
    /// The role, and whom it is for.
    pub grant: GroupGrant,
    /// Why it was given.
    pub reason: String,
    /// Who gave it.
    pub granted_by: String,
    /// When.
    pub granted_at: Millis,
    /// The client's name; its id when there is none any more.
    pub client_name: String,
    /// The client leaves the role to administrators of units.
    pub left_to_units: bool,
    /// Its unit, and those that stand for it today.
    pub standing: Vec<UnitId>,
    /// Where those work for whom it counts, when its unit is gone; as far as whoever looks has to know.
    pub holders: Option<Holders>,
}

/// Why such a role was not given or taken back.
#[derive(Debug, thiserror::Error)]
pub enum GroupRoleError {
    /// There is no such client.
    #[error("there is no such client")]
    UnknownClient,
    /// The client does not declare the role.
    #[error("the client does not declare this role; it declares: {}", .0.join(", "))]
    Undeclared(Vec<String>),
    /// The role is not among those that this administrator may give.
    #[error("this role is not among those that this administrator may give")]
    NotTheirs,
    /// There is no such unit, or none where they may give anything.
    #[error("there is no such unit")]
    UnknownUnit,
    /// The unit ended.
    #[error("the unit ended on {}: name the one that came after it", shown(*.0))]
    UnitEnded(Date),
    /// A level that no role asks for.
    #[error("a role may ask for level {TWO_FACTORS}, two factors, and for no other")]
    Level,
    /// The last day is before the first, or is over.
    #[error("the last day lies before the first, or is over")]
    Days,
    /// No reason.
    #[error("a reason is asked for")]
    NoReason,
    /// A reason that cannot be kept.
    #[error("a reason is one line of at most {LONGEST_REASON} characters")]
    LongReason,
    /// A title that cannot be.
    #[error("a title is one line of at most {LONGEST_TITLE} characters")]
    LongTitle,
    /// Whoever gives it would have it too.
    #[error("nobody gives a role to themselves: one of their own posts is among these")]
    OwnAccount,
    /// The same is in force on one of these days.
    #[error("the same is granted already for one of these days")]
    Held,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for GroupRoleError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// What somebody may give to groups, by client.
pub async fn offered(services: &Services, authority: &Authority) -> Result<Vec<Offered>, Failure> {
    let all = clients::list(&mut services.store.read().await?).await?;
    let in_units = authority.units::<GrantRoles>().is_some();
    let only_left = looks_after_a_unit(authority);
    let mut offered = Vec::new();
    for client in all.into_iter().filter(|client| client.disabled_at.is_none()) {
        let anywhere = authority.client::<GrantInClient>(&client.id).is_some();
        let left = client.settings.unit_granted_roles;
        let may = |role: &String| anywhere || (in_units && (!only_left || left.contains(role)));
        let roles: Vec<String> = client.settings.roles.into_iter().filter(may).collect();
        if !roles.is_empty() {
            offered.push(Offered { client_id: client.id, client_name: client.name, roles });
        }
    }
    Ok(offered)
}

/// Who would have a role today; by name for whoever may read people. All is looked at that [`add`] looks at, but whether it
/// is given already.
pub async fn look(services: &Services, giver: &Giver, wish: &Wish) -> Result<Reach, GroupRoleError> {
    let mut conn = services.store.read().await?;
    let (grant, _) = checked(&mut conn, services, giver, wish).await?;
    let mut reach = reach::of(&mut conn, services, &grant).await?;
    if giver.doer().is_some_and(|by| !by.holds::<ReadPeople>()) {
        reach.names.clear();
    }
    Ok(reach)
}

/// Gives a role to a group; its id.
pub async fn add(services: &Services, giver: &Giver, wish: &Wish) -> Result<String, GroupRoleError> {
    let mut tx = services.store.write().await?;
    let (grant, reason) = checked(&mut tx, services, giver, wish).await?;
    // What this node knows of units may be older than a plan's undoing that took this one away.
    if !group_grants::hold_unit(&mut tx, &grant.unit).await? {
        return Err(GroupRoleError::UnknownUnit);
    }
    let detail = detail(&grant, &reason);
    let (id, client) = (grant.id.clone(), grant.client_id.clone());
    let stored = Stored { grant, reason, granted_at: services.clock.now(), granted_by: giver.actor().to_owned() };
    if !group_grants::add(&mut tx, &stored).await? {
        return Err(GroupRoleError::Held);
    }
    audit::record(&mut tx, services, giver.event("group_role.granted", &client, detail)).await?;
    commit(tx, services).await?;
    Ok(id)
}

/// One that was not taken back.
pub async fn find(services: &Services, id: &str) -> Result<Option<Line>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(stored) = group_grants::find(&mut conn, id).await? else { return Ok(None) };
    let client = clients::find(&mut conn, &stored.grant.client_id).await?;
    let mut look = Look::anywhere(services);
    let holders = look.all_holders(&mut conn, &stored.grant).await?;
    Ok(Some(Line { holders, ..line(&look, stored, client.as_ref()) }))
}

/// Takes a role of a group back, and says why where that is asked; false when it is not there any more.
pub async fn revoke(services: &Services, giver: &Giver, id: &str, why: Option<&str>) -> Result<bool, GroupRoleError> {
    let why = why.map(reason).transpose()?;
    // For whom it counts is looked up before: there may be many.
    let Some(known) = find(services, id).await?.filter(|line| giver.sees(line)) else { return Ok(false) };
    let mut tx = services.store.write().await?;
    let Some(stored) = group_grants::find(&mut tx, id).await? else { return Ok(false) };
    // What a client does not leave to units was given by somebody above, and is theirs to take back.
    let client = clients::find(&mut tx, &stored.grant.client_id).await?;
    let line = Line { left_to_units: leaves(client.as_ref(), &stored.grant), ..known };
    if !giver.may_take_back(&line) {
        return Err(GroupRoleError::NotTheirs);
    }
    if !group_grants::mark_revoked(&mut tx, id, giver.actor(), services.clock.now()).await? {
        return Ok(false);
    }
    let detail = detail(&line.grant, why.as_deref().unwrap_or_default());
    audit::record(&mut tx, services, giver.event("group_role.revoked", &line.grant.client_id, detail)).await?;
    commit(tx, services).await?;
    Ok(true)
}

/// Those that were not taken back, of all clients or of one, within what the reader may see; by client and role.
pub async fn list(services: &Services, seeing: &Seeing<'_>, client: Option<&str>) -> Result<Vec<Line>, Failure> {
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    let stored = match client {
        Some(client) => group_grants::list_of(&mut conn, client).await?,
        None => group_grants::list(&mut conn).await?,
    };
    let mut look = seeing.bounds().map_or_else(|| Look::anywhere(services), |bounds| Look::new(services, bounds));
    let mut lines = Vec::new();
    for stored in stored.into_iter().filter(|stored| seeing.enters(&stored.grant.client_id)) {
        if look.reaches(&mut conn, &stored.grant).await? {
            let client = all.iter().find(|client| client.id == stored.grant.client_id);
            let holders = look.holders(&mut conn, &stored.grant).await?;
            lines.push(Line { holders, ..line(&look, stored, client) });
        }
    }
    lines.sort_by(|a, b| (&a.client_name, &a.grant.role, &a.grant.id).cmp(&(&b.client_name, &b.grant.role, &b.grant.id)));
    Ok(lines)
}

/// Those of one client with these ids that were not taken back, within what the reader may see: for one page. Where so many
/// people were looked at for some of them that it takes too long, others are left out; each is found by itself.
pub async fn some(
    services: &Services,
    seeing: &Seeing<'_>,
    (client, ids): (&str, &BTreeSet<String>),
) -> Result<Vec<Line>, Failure> {
    let mut conn = services.store.read().await?;
    let known = clients::find(&mut conn, client).await?;
    let mut look = seeing.bounds().map_or_else(|| Look::anywhere(services), |bounds| Look::new(services, bounds));
    let mut lines = Vec::new();
    let stored = group_grants::list_of(&mut conn, client).await?;
    for stored in stored.into_iter().filter(|stored| ids.contains(&stored.grant.id) && seeing.enters(client)) {
        if look.may_tell(&stored.grant) && look.reaches(&mut conn, &stored.grant).await? {
            let holders = look.holders(&mut conn, &stored.grant).await?;
            lines.push(Line { holders, ..line(&look, stored, known.as_ref()) });
        }
    }
    Ok(lines)
}

fn line(look: &Look<'_>, stored: Stored, client: Option<&Client>) -> Line {
    Line {
        client_name: client.map_or_else(|| stored.grant.client_id.clone(), |client| client.name.clone()),
        left_to_units: leaves(client, &stored.grant),
        standing: look.standing(&stored.grant),
        holders: None,
        grant: stored.grant,
        reason: stored.reason,
        granted_by: stored.granted_by,
        granted_at: stored.granted_at,
    }
}

/// Whether a client leaves a role to administrators of units.
fn leaves(client: Option<&Client>, grant: &GroupGrant) -> bool {
    client.is_some_and(|client| client.settings.unit_granted_roles.contains(&grant.role))
}

/// The role that is given where nothing stands in its way, and the reason as it is kept.
async fn checked(
    conn: &mut impl AsEx,
    services: &Services,
    giver: &Giver,
    wish: &Wish,
) -> Result<(GroupGrant, String), GroupRoleError> {
    let client = clients::find(conn, &wish.client_id).await?.filter(|client| client.disabled_at.is_none());
    let client = client.filter(|client| giver.enters(&client.id)).ok_or(GroupRoleError::UnknownClient)?;
    if !client.settings.roles.contains(&wish.role) {
        return Err(GroupRoleError::Undeclared(client.settings.roles));
    }
    if !giver.gives(client.settings.unit_granted_roles.contains(&wish.role)) {
        return Err(GroupRoleError::NotTheirs);
    }
    let now = services.clock.now();
    let (registry, today) = (services.known.registry(), vietnam_date(now));
    if !giver.reaches(&wish.unit) {
        return Err(GroupRoleError::UnknownUnit);
    }
    check_unit(&registry, &wish.unit, today)?;
    if wish.condition.least_level.is_some_and(|level| level != TWO_FACTORS) {
        return Err(GroupRoleError::Level);
    }
    let first = wish.valid_from.unwrap_or(today);
    if wish.valid_to.is_some_and(|last| last < first || last < today) {
        return Err(GroupRoleError::Days);
    }
    let grant = GroupGrant {
        id: uuid_v7(now, services.entropy.as_ref()),
        client_id: client.id,
        role: wish.role.clone(),
        unit: wish.unit.clone(),
        below: wish.below,
        title: title(wish.title.as_deref())?,
        condition: wish.condition,
        given_on: today,
        valid_from: wish.valid_from,
        valid_to: wish.valid_to,
    };
    let reason = reason(&wish.reason)?;
    if let Some(by) = giver.doer()
        && is_for_themselves(conn, &by.person, &grant, (registry.as_ref(), today)).await?
    {
        return Err(GroupRoleError::OwnAccount);
    }
    Ok((grant, reason))
}

/// A unit that is there today, or will be.
fn check_unit(registry: &Registry, unit: &UnitId, today: Date) -> Result<(), GroupRoleError> {
    let unit = registry.unit(unit).ok_or(GroupRoleError::UnknownUnit)?;
    let begins_later = unit.span.from.is_some_and(|first| first > today);
    if begins_later || unit.span.holds_on(today) != Certainty::No {
        return Ok(());
    }
    let last = unit.span.to.or_else(|| unit.span.ended_by.and_then(Date::previous_day));
    Err(last.map_or(GroupRoleError::UnknownUnit, GroupRoleError::UnitEnded))
}

/// Whether somebody is of a group by a post that they hold, or will.
async fn is_for_themselves(
    conn: &mut impl AsEx,
    person: &PersonId,
    grant: &GroupGrant,
    (registry, today): (&Registry, Date),
) -> Result<bool, StoreError> {
    let Some(person) = persons::find(conn, person).await? else { return Ok(false) };
    let mut open = person.positions.iter().filter(|post| post.was_ever_held() && post.valid_to.is_none_or(|last| last >= today));
    Ok(open.any(|post| grant.is_for(&person, post, registry, today.max(post.valid_from))))
}

/// A reason as it is kept: one line that says something.
fn reason(text: &str) -> Result<String, GroupRoleError> {
    if has_control(text.trim()) {
        return Err(GroupRoleError::LongReason);
    }
    let text = nfc(text);
    match text.chars().count() {
        0 => Err(GroupRoleError::NoReason),
        1..=LONGEST_REASON => Ok(text),
        _ => Err(GroupRoleError::LongReason),
    }
}

/// A title as it is kept; an empty one is none.
fn title(text: Option<&str>) -> Result<Option<String>, GroupRoleError> {
    let text = text.unwrap_or_default().trim();
    let title = nfc(text);
    if has_control(text) || title.chars().count() > LONGEST_TITLE {
        return Err(GroupRoleError::LongTitle);
    }
    Ok(Some(title).filter(|title| !title.is_empty()))
}

/// What a record says: the role and whom it is for, and why it was given or taken back.
fn detail(grant: &GroupGrant, reason: &str) -> Value {
    let mut detail = json!({
        "grant": grant.id,
        "role": grant.role,
        "unit": grant.unit,
        "below": grant.below,
        "title": grant.title,
        "valid_from": grant.valid_from.map(iso),
        "valid_to": grant.valid_to.map(iso),
        "reason": reason,
    });
    if !grant.condition.is_none() {
        detail["condition"] = json!(grant.condition);
    }
    detail
}

async fn commit(mut tx: Tx, services: &Services) -> Result<(), StoreError> {
    forget(&mut tx, services, Kind::GroupGrants, "").await?;
    tx.commit().await?;
    services.known.forget(Kind::GroupGrants, "", services.clock.now());
    Ok(())
}
