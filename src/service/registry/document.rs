//! A unit as scripts read it: one JSON document as of a date.

use crate::base::date::iso;
use crate::model::registry::{LookUp, Registry};
use crate::model::succession::Succession;
use crate::model::unit::Unit;
use crate::model::unit_code::{self, GSO};
use crate::service::Services;
use crate::store::{StoreError, units};
use serde_json::{Value, json};
use time::Date;

/// The registry as it is now.
pub async fn load(services: &Services) -> Result<Registry, StoreError> {
    let mut conn = services.store.read().await?;
    units::load(&mut conn).await
}

/// The unit that `CODE` or `scheme:CODE` means on a day.
pub fn meant<'a>(registry: &'a Registry, reference: &str, on: Date) -> LookUp<'a> {
    let (scheme, code) = unit_code::reference(reference);
    registry.look_up(scheme, code, on)
}

/// The whole document of a unit.
pub fn of(registry: &Registry, unit: &Unit, on: Date) -> Value {
    let codes: Vec<Value> = unit
        .codes
        .iter()
        .map(|code| {
            json!({
                "scheme": code.scheme,
                "code": code.code,
                "valid_from": code.span.from.map(iso),
                "valid_to": code.span.to.map(iso),
            })
        })
        .collect();
    json!({
        "id": unit.id,
        "name": registry.name_on(unit, on),
        "kind": unit.kind,
        "codes": codes,
        "parent": registry.parent_on(unit, on).map(|above| brief(registry, above, on)),
        "valid_from": unit.span.from.map(iso),
        "valid_to": unit.span.to.map(iso),
        "ended_by": unit.span.ended_by.map(iso),
        "predecessors": joined(registry, registry.predecessors(&unit.id)),
        "successors": joined(registry, registry.successors(&unit.id)),
    })
}

/// What tells a unit from others in a list of candidates.
pub fn brief(registry: &Registry, unit: &Unit, on: Date) -> Value {
    let path: Vec<&str> = registry.path_on(unit, on).into_iter().map(|above| registry.name_on(above, on)).collect();
    json!({
        "id": unit.id,
        "gso": registry.last_code(unit, GSO),
        "name": registry.name_on(unit, on),
        "kind": unit.kind,
        "path": path,
        "valid_from": unit.span.from.map(iso),
        "valid_to": unit.span.to.map(iso),
        "ended_by": unit.span.ended_by.map(iso),
    })
}

fn joined(registry: &Registry, pairs: Vec<(&Unit, &Succession)>) -> Vec<Value> {
    pairs
        .into_iter()
        .map(|(unit, pair)| {
            // A unit's name on the day of the change: its own, not a later one.
            let on = pair.effective.unwrap_or(Date::MAX);
            json!({
                "id": unit.id,
                "gso": registry.last_code(unit, GSO),
                "name": registry.name_on(unit, on),
                "relation": pair.relation,
                "effective": pair.effective.map(iso),
            })
        })
        .collect()
}
