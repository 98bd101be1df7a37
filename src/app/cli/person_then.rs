//! `motlan person show --on`: somebody as they were on a day, as that is known now or was believed at an earlier moment.

use super::person::{self, ShowArgs};
use super::unit::refuse_ahead;
use super::{CliError, Output};
use crate::base::clock::Millis;
use crate::base::date::{iso, shown, shown_moment, vietnam_date};
use crate::base::id::UnitId;
use crate::model::as_of::AsOf;
use crate::model::registry::Registry;
use crate::model::role::RoleGrant;
use crate::service::Services;
use crate::service::administrators::{self, Granted};
use crate::service::provisioning::find;
use crate::service::registry::{believed, document};
use crate::service::then::{self, Then};
use serde_json::{Value, json};
use time::Date;

/// What there is to show of a person on a day.
struct Look {
    then: Then,
    /// What they administered; none where that cannot be told.
    scopes: Option<Vec<Granted>>,
    registry: Registry,
}

impl Look {
    /// What a unit was called.
    fn unit_name(&self, id: &UnitId) -> String {
        let name = self.registry.unit(id).map(|unit| self.registry.name_on(unit, self.then.day.on).to_owned());
        name.unwrap_or_else(|| id.0.clone())
    }
}

/// A day as it was believed at a moment: by default today. Refused while the moment's day has not come.
fn believed_day(services: &Services, on: Option<Date>, moment: Millis) -> Result<AsOf, CliError> {
    let now = services.clock.now();
    refuse_ahead(moment, now)?;
    Ok(AsOf::believed(on.unwrap_or_else(|| vietnam_date(now)), moment))
}

/// The day that somebody asks for; none when they ask for none.
pub(super) fn day_of(args: &ShowArgs, services: &Services) -> Result<Option<AsOf>, CliError> {
    match args.believed_at {
        Some(moment) => believed_day(services, args.on, moment).map(Some),
        None => Ok(args.on.map(|on| then::as_of(services, on))),
    }
}

async fn look(services: &Services, username: &str, day: AsOf) -> Result<Look, CliError> {
    let unknown = || CliError::Refused(format!("nobody has the user name {username}"));
    let registry = match day.believed_at() {
        Some(moment) => believed::at(services, moment).await?,
        None => document::load(services).await?,
    };
    let found = find::by_username(services, username).await?.ok_or_else(unknown)?;
    let then = then::person_as_of(services, &found.person.id, day).await?.ok_or_else(unknown)?;
    // A plan ends what somebody administers by writing its last day anew: which one was believed before is not kept.
    let scopes = match day.believed_at() {
        Some(_) => None,
        None => Some(administrators::list_on(services, Some(username), day.on).await?),
    };
    Ok(Look { then, scopes, registry })
}

/// A person on a day as scripts read them: the posts that they held, and the roles that counted.
pub async fn described_on(services: &Services, username: &str, on: Date) -> Result<Value, CliError> {
    described(services, username, then::as_of(services, on)).await
}

/// The same as it was believed at a moment, by default of today: what they administered is not told then. Refused while the
/// moment's day has not come.
pub async fn described_believed(
    services: &Services,
    username: &str,
    on: Option<Date>,
    moment: Millis,
) -> Result<Value, CliError> {
    described(services, username, believed_day(services, on, moment)?).await
}

/// As scripts read it, by user name; refused when nobody has it.
async fn described(services: &Services, username: &str, day: AsOf) -> Result<Value, CliError> {
    let look = look(services, username, day).await?;
    let (then, who, registry, on) = (&look.then, &look.then.person, &look.registry, day.on);
    let positions: Vec<Value> = then.posts().into_iter().map(|held| person::position(held, registry, on)).collect();
    let role = |role: &RoleGrant| json!({ "client_id": role.client_id, "role": role.role, "position": role.position });
    let mut groups = Vec::new();
    for post in then.posts() {
        groups.extend(then.by_groups(post, registry).into_iter().map(|stored| {
            let grant = &stored.grant;
            json!({
                "position": post.id,
                "client_id": grant.client_id,
                "role": grant.role,
                "grant": grant.id,
                "unit": grant.unit,
                "unit_name": look.unit_name(&grant.unit),
            })
        }));
    }
    let scope = |granted: &Granted| {
        let scope = &granted.scope;
        json!({
            "role": scope.role.word(),
            "unit": scope.unit,
            "unit_name": scope.unit.as_ref().map(|unit| look.unit_name(unit)),
            "client_id": scope.client,
            "valid_from": iso(scope.valid_from),
            "valid_to": scope.valid_to.map(iso),
        })
    };
    let scopes = look.scopes.as_ref().map(|all| all.iter().map(scope).collect::<Vec<_>>());
    let mut told = json!({
        "id": who.id,
        "username": who.username,
        "full_name": who.full_name,
        "on": iso(on),
        "positions": positions,
        "roles": who.roles.iter().map(role).collect::<Vec<_>>(),
        "group_roles": groups,
        "admin_roles": scopes,
    });
    if let Some(moment) = day.believed_at() {
        told["believed_at"] = Value::from(moment.0);
    }
    Ok(told)
}

/// Tells it.
pub(super) async fn show(username: &str, services: &Services, day: AsOf, out: &mut Output) -> Result<(), CliError> {
    if out.json {
        out.json(&described(services, username, day).await?);
        return Ok(());
    }
    let look = look(services, username, day).await?;
    let (then, who) = (&look.then, &look.then.person);
    out.line(&format!("{} ({}) on {}", who.full_name, who.username, shown(day.on)));
    for held in then.posts() {
        let (first, last) = (shown(held.valid_from), held.valid_to.map_or_else(|| "…".to_owned(), shown));
        out.line(&format!("  position  {}, {}, {first} - {last} ({})", held.title, look.unit_name(&held.unit), held.id));
        for stored in then.by_groups(held, &look.registry) {
            let grant = &stored.grant;
            let below = if grant.below { " and under it" } else { "" };
            let place = look.unit_name(&grant.unit);
            out.line(&format!("  group     {}: {}, given to {place}{below} ({})", grant.client_id, grant.role, grant.id));
        }
    }
    for role in &who.roles {
        let place = role.position.as_ref().map_or_else(String::new, |position| format!(" in position {position}"));
        out.line(&format!("  role      {}: {}{place}", role.client_id, role.role));
    }
    for granted in look.scopes.iter().flatten() {
        let bound = granted.scope.unit.as_ref().map(|unit| look.unit_name(unit)).or_else(|| granted.scope.client.clone());
        let place = bound.map_or_else(String::new, |bound| format!(", {bound}"));
        out.line(&format!("  admin     {}{place} ({})", granted.scope.role.word(), granted.scope.id));
    }
    if let Some(moment) = day.believed_at() {
        if who.positions.is_empty() {
            out.line("  no post of theirs was known then");
        }
        let known_now = "the name is as it is known now, and what they administered is not told";
        out.line(&format!("  as it was believed at {}; {known_now}", shown_moment(moment)));
    }
    Ok(())
}
