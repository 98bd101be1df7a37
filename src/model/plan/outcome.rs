//! Whether the registry still makes sense after a plan.

use super::Step;
use super::changes::Changes;
use super::elsewhere::leaves;
use super::wrong::{What, Wrong};
use crate::base::id::UnitId;
use crate::base::text::nfc;
use crate::model::registry::Registry;
use crate::model::unit::{Certainty, DatedParent, Span, Unit, UnitKind};
use std::collections::{HashMap, HashSet};
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
        } else if !lies_higher(after, parent, unit) {
            wrong.push(Wrong::new(*line, "parent", What::ParentLevel));
        }
    }
    orphans(changes, after, on, &mut wrong);
    codes(changes, after, on, &mut wrong);
    names(changes, after, on, &mut wrong);
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

/// Provinces are above districts, and both above communes.
fn lies_higher(after: &Registry, parent: &UnitId, unit: &UnitId) -> bool {
    let level = |id: &UnitId| after.unit(id).map(|unit| unit.kind.level());
    level(parent) < level(unit)
}

/// Units that go on in one that ends.
fn orphans(changes: &Changes<'_>, after: &Registry, on: Date, wrong: &mut Vec<Wrong>) {
    let placed: HashSet<&UnitId> = changes.placed.iter().map(|(_, unit, _)| unit).collect();
    let left = after.units().filter(|unit| unit.span.holds_on(on) != Certainty::No && !placed.contains(&unit.id));
    for unit in left {
        let Some(line) = above(unit, on).find_map(|above| changes.ended.get(&above.parent)) else { continue };
        let name = after.name_on(unit, on).to_owned();
        let what = match changes.elsewhere.stage_where(&unit.id, leaves) {
            Some(stage) => What::OrphanStage(name, stage.to_owned()),
            None => What::Orphan(name),
        };
        wrong.push(Wrong::new(*line, "unit", what));
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
        let Some(rival) = after.units().find(has_it) else { continue };
        let name = after.name_on(rival, on).to_owned();
        let gives_it_up = |step: &Step| step.ends() || matches!(step, Step::Recode { scheme: of, .. } if of.as_str() == *scheme);
        let what = match changes.elsewhere.stage_where(&rival.id, gives_it_up) {
            Some(stage) => What::CodeStage(name, stage.to_owned()),
            None => What::CodeHeld(name),
        };
        wrong.push(Wrong::new(*line, "code", what));
    }
}

/// What units are told apart by within the one above them: the kind, the one above, and the name, in which case does not
/// matter.
type Called<'r> = (UnitKind, Option<&'r UnitId>, String);

fn called<'r>(after: &'r Registry, unit: &Unit, on: Date) -> Called<'r> {
    (unit.kind, after.parent_on(unit, on).map(|above| &above.id), lower(after.name_on(unit, on)))
}

fn lower(name: &str) -> String {
    nfc(name).to_lowercase()
}

/// Names that a unit of the same kind in the same place has already.
fn names(changes: &Changes<'_>, after: &Registry, on: Date, wrong: &mut Vec<Wrong>) {
    let mut held: HashMap<Called<'_>, Vec<&Unit>> = HashMap::new();
    for unit in after.units().filter(|unit| unit.span.holds_on(on) != Certainty::No) {
        held.entry(called(after, unit, on)).or_default().push(unit);
    }
    for (line, column, id) in &changes.called {
        let Some(unit) = after.unit(id) else { continue };
        let alike = called(after, unit, on);
        let Some(rival) = held.get(&alike).into_iter().flatten().find(|other| other.id != *id) else { continue };
        let gives_it_up = |step: &Step| step.ends() || matches!(step, Step::Rename { name, .. } if lower(name) != alike.2);
        let what = match changes.elsewhere.stage_where(&rival.id, gives_it_up) {
            Some(stage) => What::NameStage(stage.to_owned()),
            None => What::NameHeld,
        };
        wrong.push(Wrong::new(*line, column, what));
    }
}
