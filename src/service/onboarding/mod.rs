//! Units that begin: a template of posts for all of them, runs of it, and how far each unit has come.
//!
//! A run is a preview first: who would be given what, unit by unit, and why somebody is left out. Applying it gives
//! exactly that. Each unit is planned anew inside its own transaction, and is given everything or, when the plan comes
//! out differently by then, nothing. What was given is noted, so that an undo takes back exactly that and lists what
//! somebody changed since. A run that makes administrators is applied by somebody else than who made it: two people
//! stand behind every administrator.
//!
//! Here belong the template, its runs and the readiness of units. What administrators may do is the table of
//! `model::authority`; other ways to give roles are other capabilities'.

pub mod apply;
pub mod named;
mod plan;
pub mod preview;
pub mod readiness;
pub mod runs;
pub mod template;
pub mod undo;

pub use plan::{Gift, Left, UnitPlan, What, Why};

use crate::base::id::UnitId;
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::unit::{Certainty, Unit};
use time::Date;

/// A preview may be applied for so long.
pub const OPEN_SECONDS: i64 = 7 * 86_400;
/// What was given may be taken back for so long.
pub const UNDO_SECONDS: i64 = 30 * 86_400;
/// More administrators than words may choose for one unit: then people are named.
pub const MOST_BY_WORDS: usize = 3;
/// Characters of a reason.
pub const LONGEST_REASON: usize = 300;
/// After so many gifts one request has done enough: the rest waits for the next.
const GIFTS_AT_ONCE: usize = 3_000;
/// Where more people than this are given something at once, nodes forget everybody.
const FEW: usize = 20;

/// True for a unit that has people of its own on a day: a ward, a commune, a special zone.
pub fn begins(unit: &Unit, on: Date) -> bool {
    unit.kind.level() == 3 && unit.span.holds_on(on) != Certainty::No
}

/// What an administrator of a unit is.
fn administrator_of(unit: &UnitId, id: String, today: Date) -> AdminScope {
    AdminScope { id, role: AdminRole::Unit, unit: Some(unit.clone()), client: None, valid_from: today, valid_to: None }
}
