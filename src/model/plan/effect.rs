//! What a plan does to the registry: pure, and the same whatever the order of its rows.

use super::Plan;
use super::changes::Changes;
use super::check::check;
use super::edit::Edits;
use super::outcome::contradictions;
use super::wrong::{What, Wrong};
use crate::base::id::UnitId;
use crate::model::registry::Registry;
use crate::model::succession::Relation;
use crate::model::unit_code::GSO;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a unit that ends leaves to whoever works there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It goes whole into this unit.
    Whole(UnitId),
    /// A person decides which of these it is; in the order of their codes.
    Choice(Vec<UnitId>),
    /// Nothing follows it.
    Gone,
}

/// The effect of a plan, or of a stage of it, on a registry.
#[derive(Debug)]
pub struct UnitEffect {
    /// What changes.
    pub edits: Edits,
    /// Units that end on the day before, also those whose end was known already.
    pub ended: BTreeMap<UnitId, Fate>,
    /// Units that begin, in the order of their codes.
    pub begun: Vec<UnitId>,
    /// The registry then.
    pub after: Registry,
}

/// What a plan does: all of it, or the steps that lead to the units of one stage.
///
/// # Errors
///
/// All mistakes that the plan has by itself; or else all rows that do not fit the registry; or else all that would
/// not hold together afterwards.
pub fn effect(plan: &Plan, stage: Option<&str>, registry: &Registry) -> Result<UnitEffect, Vec<Wrong>> {
    let wrong = check(plan);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let rows = plan.steps_of(stage).ok_or_else(|| {
        let name = stage.unwrap_or_default().to_owned();
        vec![Wrong::head("stage", What::UnknownStage(name))]
    })?;
    let mut changes = Changes::of(plan, stage, &rows, registry);
    let edits = changes.edits();
    if !changes.wrong.is_empty() {
        let mut wrong = changes.wrong;
        wrong.sort_by_key(|wrong| wrong.line);
        return Err(wrong);
    }
    let after = registry.with(&edits).ok_or_else(|| vec![Wrong::head("", What::Misfit)])?;
    let wrong = contradictions(&changes, &after, plan.effective);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let ended = fates(&changes, plan, &after);
    let mut begun = changes.begun;
    begun.sort_by_cached_key(|id| order(plan, &after, id));
    Ok(UnitEffect { edits, ended, begun, after })
}

/// Units are listed in the order of their codes.
fn order(plan: &Plan, after: &Registry, id: &UnitId) -> (Option<String>, UnitId) {
    let code = after.unit(id).and_then(|unit| after.code_on(unit, GSO, plan.effective));
    (code.map(str::to_owned), id.clone())
}

fn fates(changes: &Changes<'_>, plan: &Plan, after: &Registry) -> BTreeMap<UnitId, Fate> {
    let mut onward: BTreeMap<&UnitId, Vec<(&UnitId, Relation)>> = BTreeMap::new();
    for ((from, to), (relation, _)) in &changes.pairs {
        onward.entry(from).or_default().push((to, *relation));
    }
    let fate = |unit: &UnitId| {
        let Some(targets) = onward.get(unit) else { return Fate::Gone };
        if let Some((whole, _)) = targets.iter().find(|(_, relation)| *relation == Relation::Whole) {
            return Fate::Whole((*whole).clone());
        }
        let mut choice: Vec<UnitId> = targets.iter().map(|(to, _)| (*to).clone()).collect();
        choice.sort_by_cached_key(|id| order(plan, after, id));
        Fate::Choice(choice)
    };
    changes.ended.keys().map(|unit| (unit.clone(), fate(unit))).collect()
}
