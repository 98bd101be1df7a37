//! `motlan person show --on`: somebody as they were on a day.

use super::{CliError, Output, person};
use crate::base::date::{iso, shown};
use crate::base::id::UnitId;
use crate::model::registry::Registry;
use crate::model::role::RoleGrant;
use crate::service::Services;
use crate::service::administrators::{self, Granted};
use crate::service::provisioning::find;
use crate::service::registry::document;
use crate::service::then::{self, Then};
use serde_json::{Value, json};
use time::Date;

/// What there is to show of a person on a day.
struct Look {
    then: Then,
    scopes: Vec<Granted>,
    registry: Registry,
    on: Date,
}

impl Look {
    /// What a unit was called.
    fn unit_name(&self, id: &UnitId) -> String {
        let name = self.registry.unit(id).map(|unit| self.registry.name_on(unit, self.on).to_owned());
        name.unwrap_or_else(|| id.0.clone())
    }
}

async fn look(services: &Services, username: &str, on: Date) -> Result<Look, CliError> {
    let unknown = || CliError::Refused(format!("nobody has the user name {username}"));
    let registry = document::load(services).await?;
    let found = find::by_username(services, username).await?.ok_or_else(unknown)?;
    let then = then::person(services, &found.person.id, on).await?.ok_or_else(unknown)?;
    let scopes = administrators::list_on(services, Some(username), on).await?;
    Ok(Look { then, scopes, registry, on })
}

/// As scripts read it, by user name; refused when nobody has it.
pub(super) async fn described(services: &Services, username: &str, on: Date) -> Result<Value, CliError> {
    let look = look(services, username, on).await?;
    let (then, who, registry) = (&look.then, &look.then.person, &look.registry);
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
    Ok(json!({
        "id": who.id,
        "username": who.username,
        "full_name": who.full_name,
        "on": iso(on),
        "positions": positions,
        "roles": who.roles.iter().map(role).collect::<Vec<_>>(),
        "group_roles": groups,
        "admin_roles": look.scopes.iter().map(scope).collect::<Vec<_>>(),
    }))
}

/// Tells it.
pub(super) async fn show(username: &str, services: &Services, on: Date, out: &mut Output) -> Result<(), CliError> {
    if out.json {
        out.json(&described(services, username, on).await?);
        return Ok(());
    }
    let look = look(services, username, on).await?;
    let (then, who) = (&look.then, &look.then.person);
    out.line(&format!("{} ({}) on {}", who.full_name, who.username, shown(on)));
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
    for granted in &look.scopes {
        let bound = granted.scope.unit.as_ref().map(|unit| look.unit_name(unit)).or_else(|| granted.scope.client.clone());
        let place = bound.map_or_else(String::new, |bound| format!(", {bound}"));
        out.line(&format!("  admin     {}{place} ({})", granted.scope.role.word(), granted.scope.id));
    }
    Ok(())
}
