//! Units that begin: how far each has come, the template of posts, and runs of it.

pub mod readiness;
pub mod run;
pub mod run_unit;
pub mod start;
pub mod template;

use super::Desk;
use crate::base::id::{PersonId, UnitId};
use crate::model::unit_code::GSO;
use crate::service::onboarding::runs::Called;
use std::collections::HashMap;

/// Where the list of units is.
const HERE: &str = "/admin/onboarding";

/// The name of a unit today, and its code of the statistics office.
fn named(desk: &Desk, id: &UnitId) -> (String, String) {
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let Some(unit) = registry.unit(id) else { return (id.0.clone(), String::new()) };
    let code = registry.code_on(unit, GSO, today).or_else(|| registry.last_code(unit, GSO));
    (registry.name_on(unit, today).to_owned(), code.unwrap_or_default().to_owned())
}

/// `Nguyễn Văn Kim (kim.nv)`; of whom nothing is known any more, the id.
fn called(people: &HashMap<PersonId, Called>, id: &PersonId) -> String {
    people.get(id).map_or_else(|| id.0.clone(), |called| format!("{} ({})", called.full_name, called.username))
}

/// The address of a run.
fn run_address(id: &str) -> String {
    format!("{HERE}/runs/{id}")
}
