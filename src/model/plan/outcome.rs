//! Whether the registry still makes sense after a plan.

use super::changes::Changes;
use super::wrong::{What, Wrong};
use crate::base::id::UnitId;
use crate::model::registry::Registry;
use crate::model::unit::{Certainty, DatedParent, Span, Unit};
use std::collections::HashSet;
use time::Date;

/// All that does not hold together on the plan's day, in the order of lines.
pub(super) fn contradictions(changes: &Changes<'_>, after: &Registry, on: Date) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let is_there = |id: &UnitId| after.unit(id).is_some_and(|unit| unit.span.holds_on(on) != Certainty::No);
    for (line, target) in &changes.targets {
        if !is_there(target) {
            wrong.push(Wrong::new(*line, "into", What::TargetEnds));
        }
    }
    for (line, unit, parent) in &changes.placed {
        if !is_there(parent) {
            wrong.push(Wrong::new(*line, "parent", What::ParentEnds));
        } else if lies_in_itself(after, unit, on) {
            wrong.push(Wrong::new(*line, "parent", What::ParentCycle));
        }
    }
    orphans(changes, after, on, &mut wrong);
    codes(changes, after, on, &mut wrong);
    wrong.sort_by_key(|wrong| wrong.line);
    wrong
}

/// The parents of a unit that is there on a day.
fn above(unit: &Unit, on: Date) -> impl Iterator<Item = &DatedParent> {
    unit.parents.iter().filter(move |above| above.span.holds_on(on) != Certainty::No)
}

fn lies_in_itself(after: &Registry, id: &UnitId, on: Date) -> bool {
    let (mut open, mut seen) = (vec![id], HashSet::new());
    while let Some(unit) = open.pop() {
        let parents = after.unit(unit).into_iter().flat_map(|unit| above(unit, on)).map(|above| &above.parent);
        open.extend(parents.filter(|parent| seen.insert(*parent)));
        if seen.contains(id) {
            return true;
        }
    }
    false
}

/// Units that go on in one that ends.
fn orphans(changes: &Changes<'_>, after: &Registry, on: Date, wrong: &mut Vec<Wrong>) {
    let placed: HashSet<&UnitId> = changes.placed.iter().map(|(_, unit, _)| unit).collect();
    let left = after.units().filter(|unit| unit.span.holds_on(on) != Certainty::No && !placed.contains(&unit.id));
    for unit in left {
        let ended = above(unit, on).find_map(|above| changes.ended.get(&above.parent));
        wrong.extend(ended.map(|line| Wrong::new(*line, "unit", What::Orphan(after.name_on(unit, on).to_owned()))));
    }
}

/// Codes that two units would have.
fn codes(changes: &Changes<'_>, after: &Registry, on: Date, wrong: &mut Vec<Wrong>) {
    let since = Span::since(on);
    for (line, id, scheme, code) in &changes.given {
        let has_it = |unit: &&Unit| {
            let mut held = unit.codes.iter().filter(|known| known.scheme == *scheme && known.code == *code);
            unit.id != *id && unit.span.overlaps(&since) && held.any(|known| known.span.overlaps(&since))
        };
        let rival = after.units().find(has_it);
        let name = rival.map(|unit| after.name_on(unit, on).to_owned());
        wrong.extend(name.map(|name| Wrong::new(*line, "code", What::CodeHeld(name))));
    }
}
