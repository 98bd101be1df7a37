//! What a plan contradicts by itself, before any registry is looked at.

use super::stages::{REST, stage_unit};
use super::wrong::{What, Wrong};
use super::{Plan, Ref, Row, Step};
use crate::base::text::nfc;
use crate::model::unit_code::{AGENCY, GSO};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

/// All mistakes, in the order of lines.
pub(super) fn check(plan: &Plan) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    begun(plan, &mut wrong);
    references(plan, &mut wrong);
    let ends = endings(plan);
    for rows in ends.values() {
        ended(rows, &mut wrong);
    }
    changed(plan, &ends, &mut wrong);
    circles(&ends, &mut wrong);
    stages(plan, &ends, &mut wrong);
    wrong.sort_by_key(|wrong| wrong.line);
    wrong
}

/// The line on which something was told before.
fn earlier<K: Eq + Hash>(seen: &mut HashMap<K, u64>, key: K, line: u64) -> Option<u64> {
    match seen.entry(key) {
        Entry::Occupied(told) => Some(*told.get()),
        Entry::Vacant(new) => {
            new.insert(line);
            None
        }
    }
}

/// Units that begin, and codes that are given.
fn begun(plan: &Plan, wrong: &mut Vec<Wrong>) {
    let (mut keys, mut names, mut codes) = (HashMap::new(), HashMap::new(), HashMap::new());
    for row in &plan.steps {
        let given = match &row.step {
            Step::Create { code, .. } => (GSO, code.as_str()),
            Step::Recode { scheme, code, .. } => (scheme.as_str(), code.as_str()),
            Step::Attach { code, .. } => (AGENCY, code.as_str()),
            _ => continue,
        };
        if let Some(line) = earlier(&mut codes, given, row.line) {
            wrong.push(Wrong::new(row.line, "code", What::CodeTwice(line)));
        }
        let Step::Create { key, kind, name, parent, .. } = &row.step else { continue };
        if let Some(line) = earlier(&mut keys, key.as_str(), row.line) {
            wrong.push(Wrong::new(row.line, "unit", What::KeyTwice(line)));
        }
        if let Some(line) = earlier(&mut names, (nfc(name).to_lowercase(), parent.as_ref()), row.line) {
            wrong.push(Wrong::new(row.line, "name", What::NameTwice(line)));
        }
        if parent.is_none() && kind.level() > 1 {
            wrong.push(Wrong::new(row.line, "parent", What::NoParent));
        }
    }
}

/// Units that rows name by keys.
fn references(plan: &Plan, wrong: &mut Vec<Wrong>) {
    let created = |row: &Row| matches!(row.step, Step::Create { .. }).then(|| row.step.unit());
    let keys: HashSet<Ref> = plan.steps.iter().filter_map(created).collect();
    for row in &plan.steps {
        let unit = row.step.unit();
        if matches!(unit, Ref::New(_)) {
            let what = match &row.step {
                Step::Merge { .. } | Step::Divide { .. } | Step::Dissolve { .. } => Some(What::NewEnds),
                Step::Rename { .. } | Step::Move { .. } => Some(What::NewChanges),
                Step::Recode { scheme, .. } if scheme == GSO => Some(What::NewChanges),
                Step::Recode { .. } | Step::Attach { .. } | Step::Create { .. } => None,
            };
            wrong.extend(what.map(|what| Wrong::new(row.line, "unit", what)));
        }
        for (column, named) in [("unit", &unit)].into_iter().chain(other_of(row)) {
            if let Ref::New(key) = named
                && !keys.contains(named)
            {
                wrong.push(Wrong::new(row.line, column, What::NoSuchKey(key.clone())));
            }
        }
    }
}

/// The unit that a row names beside the one that it is about, and in which column.
fn other_of(row: &Row) -> Option<(&'static str, &Ref)> {
    match &row.step {
        Step::Create { parent: Some(parent), .. } | Step::Move { parent, .. } => Some(("parent", parent)),
        _ => target_of(row).map(|into| ("into", into)),
    }
}

/// The rows by which units end.
fn endings(plan: &Plan) -> BTreeMap<Ref, Vec<&Row>> {
    let mut ends: BTreeMap<Ref, Vec<&Row>> = BTreeMap::new();
    for row in plan.steps.iter().filter(|row| row.step.ends()) {
        ends.entry(row.step.unit()).or_default().push(row);
    }
    ends
}

/// How one unit ends: whole, divided or dissolved. A dissolved district may also be told to go whole or in parts;
/// then both say the same units.
fn ended(rows: &[&Row], wrong: &mut Vec<Wrong>) {
    let (mut merges, mut parts, mut dissolves) = (HashMap::new(), HashMap::new(), HashMap::new());
    for row in rows {
        let seen = match &row.step {
            Step::Merge { .. } => &mut merges,
            Step::Divide { .. } => &mut parts,
            _ => &mut dissolves,
        };
        if let Some(line) = earlier(seen, target_of(row), row.line) {
            wrong.push(Wrong::new(row.line, "into", What::Twice(line)));
        }
    }
    let mut wholes: Vec<u64> = merges.values().copied().collect();
    wholes.sort_unstable();
    let first = wholes.first().copied();
    if let Some(line) = first {
        wrong.extend(wholes.iter().skip(1).map(|other| Wrong::new(*other, "into", What::TwoWholes(line))));
        wrong.extend(parts.values().map(|part| Wrong::new(*part, "step", What::MergeAndDivide(line))));
    }
    if let (1, Some(line), None) = (parts.len(), parts.values().next(), first) {
        wrong.push(Wrong::new(*line, "into", What::DivideOnce));
    }
    let onward = first.or_else(|| parts.values().min().copied());
    for (target, line) in &dissolves {
        let known = target.is_some_and(|target| merges.contains_key(&Some(target)) || parts.contains_key(&Some(target)));
        let other = onward.filter(|_| !known);
        // One row says that nothing lies there, and others what does.
        let nothing = dissolves.get(&None).copied().filter(|_| target.is_some());
        wrong.extend(other.or(nothing).map(|other| Wrong::new(*line, "into", What::AlsoDissolved(other))));
    }
}

/// What a row says that a unit goes into.
fn target_of(row: &Row) -> Option<&Ref> {
    match &row.step {
        Step::Merge { into, .. } | Step::Divide { into, .. } => Some(into),
        Step::Dissolve { into, .. } => into.as_ref(),
        _ => None,
    }
}

/// Units that go on otherwise.
fn changed(plan: &Plan, ends: &BTreeMap<Ref, Vec<&Row>>, wrong: &mut Vec<Wrong>) {
    let mut seen = HashMap::new();
    for row in &plan.steps {
        let what = match &row.step {
            Step::Rename { .. } => "name",
            Step::Move { .. } => "parent",
            Step::Recode { scheme, .. } => scheme.as_str(),
            Step::Attach { .. } => AGENCY,
            _ => continue,
        };
        let unit = row.step.unit();
        if let Some(end) = ends.get(&unit).and_then(|rows| rows.first()) {
            wrong.push(Wrong::new(row.line, "unit", What::EndsAndChanges(end.line)));
        }
        let is_code = matches!(row.step, Step::Recode { .. } | Step::Attach { .. });
        if let Some(line) = earlier(&mut seen, (unit, is_code, what), row.line) {
            wrong.push(Wrong::new(row.line, "step", What::Twice(line)));
        }
    }
}

/// Units that go into each other.
fn circles(ends: &BTreeMap<Ref, Vec<&Row>>, wrong: &mut Vec<Wrong>) {
    for (unit, rows) in ends {
        for row in rows {
            let Some(target) = target_of(row) else { continue };
            if leads_to(ends, target, unit) {
                wrong.push(Wrong::new(row.line, "into", What::MergeCycle));
            }
        }
    }
}

fn leads_to<'p>(ends: &BTreeMap<Ref, Vec<&'p Row>>, from: &'p Ref, wanted: &Ref) -> bool {
    let (mut open, mut seen) = (vec![from], HashSet::new());
    while let Some(unit) = open.pop() {
        if unit == wanted {
            return true;
        }
        if seen.insert(unit) {
            open.extend(ends.get(unit).into_iter().flatten().filter_map(|row| target_of(row)));
        }
    }
    false
}

/// Stages: what they are called, what they name, that no unit ends in two, and that none brings what another one ends.
fn stages(plan: &Plan, ends: &BTreeMap<Ref, Vec<&Row>>, wrong: &mut Vec<Wrong>) {
    let targets = plan.targets();
    let (mut names, mut units) = (BTreeSet::new(), BTreeSet::new());
    for stage in &plan.stages {
        let name = stage.name.as_str();
        if name.trim().is_empty() || name == REST || !names.insert(name) {
            wrong.push(Wrong::head("stage", What::StageName(name.to_owned())));
        }
        for text in &stage.units {
            let unit = stage_unit(&targets, text);
            let what = match unit {
                None => What::StageUnit(text.clone()),
                Some(unit) if !units.insert(unit.clone()) => What::StageUnitTwice(text.clone()),
                Some(_) => continue,
            };
            wrong.push(Wrong::head("stage", what));
        }
    }
    let staged = plan.staged();
    let stage = |row: &Row| staged.of_step(&row.step);
    for rows in ends.values() {
        let Some((first, others)) = rows.split_first() else { continue };
        let astray = others.iter().filter(|row| stage(row) != stage(first));
        wrong.extend(astray.map(|row| Wrong::new(row.line, "into", What::TwoStages(first.line))));
    }
    // All stages are of one day: what ends in a later one is not there either.
    for row in &plan.steps {
        let Some((column, named)) = other_of(row) else { continue };
        let end = ends.get(named).and_then(|rows| rows.first());
        if end.is_some_and(|end| stage(end) != stage(row)) {
            let what = if column == "into" { What::TargetEnds } else { What::ParentEnds };
            wrong.push(Wrong::new(row.line, column, what));
        }
    }
}
