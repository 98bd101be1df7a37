//! What a plan says of each unit, as people read it: the unit of before, where it lay, and what comes after it.
//!
//! It is read from the plan's own steps, so that it is the same before the plan is applied, after it, and once it was taken
//! back.

use super::kin::{Kin, Place};
use crate::base::id::UnitId;
use crate::http::view::console::plans::{Fate, News};
use crate::model::plan::{Plan, Ref, Step};
use crate::model::registry::Registry;
use crate::model::unit_code::GSO;
use std::collections::BTreeMap;

/// What becomes of one unit.
pub struct Change {
    /// The unit.
    pub unit: Place,
    /// The district that it lay in, or was.
    pub district: Option<Place>,
    /// The province that it lay in, or was.
    pub province: Option<Place>,
    /// What becomes of it.
    pub fate: Fate,
    /// Where its people and rights go.
    pub to: Vec<Place>,
    /// What is new of a unit that goes on.
    pub news: Vec<News>,
}

impl Change {
    /// True for a unit itself, and of a district for what lay in it.
    pub fn lies_in(&self, unit: &UnitId) -> bool {
        self.unit.id == *unit || self.district.as_ref().is_some_and(|place| place.id == *unit)
    }
}

/// What becomes of the units of a plan, or of a stage of it, in the order of their codes.
pub fn changes(plan: &Plan, stage: Option<&str>, registry: &Registry) -> Vec<Change> {
    let kin = Kin::of(plan, registry);
    let mut found: BTreeMap<String, Change> = BTreeMap::new();
    for row in plan.steps_of(stage).unwrap_or_default() {
        // What a plan says of units that it brings itself is told where they come from.
        let Ref::Known(code) = row.step.unit() else { continue };
        let change = found.entry(code).or_insert_with_key(|code| begun(code, &kin));
        take(change, &row.step, &kin);
    }
    found.into_values().collect()
}

fn begun(code: &str, kin: &Kin<'_>) -> Change {
    let unit = kin.place(&Ref::Known(code.to_owned()));
    let (province, district) = kin.above(&unit.id);
    Change { unit, district, province, fate: Fate::GoesOn, to: Vec::new(), news: Vec::new() }
}

fn take(change: &mut Change, step: &Step, kin: &Kin<'_>) {
    match step {
        Step::Create { .. } => {}
        Step::Rename { name, .. } => change.news.push(News::Name(name.clone())),
        Step::Recode { scheme, code, .. } if scheme == GSO => change.news.push(News::Code(code.clone())),
        Step::Recode { scheme, code, .. } => change.news.push(News::Code(format!("{scheme}:{code}"))),
        Step::Attach { code, .. } => change.news.push(News::Agency(code.clone())),
        Step::Move { parent, .. } => change.news.push(News::Above(kin.place(parent).name)),
        Step::Merge { into, .. } => {
            change.fate = Fate::Whole;
            change.to.push(kin.place(into));
        }
        Step::Divide { into, .. } | Step::Dissolve { into: Some(into), .. } => {
            change.fate = if change.fate == Fate::Whole { Fate::Whole } else { Fate::Divided };
            change.to.push(kin.place(into));
        }
        Step::Dissolve { into: None, .. } => change.fate = Fate::Gone,
    }
}

/// The changes that a drawing of one unit shows: the unit's own, and of a district also those of the units that lay in it; or
/// those of all units that lead to it.
pub fn around<'a>(changes: &'a [Change], unit: &UnitId) -> Vec<&'a Change> {
    let mut own: Vec<&Change> = changes.iter().filter(|change| change.lies_in(unit) && change.fate != Fate::GoesOn).collect();
    if !own.is_empty() {
        // The district's own office comes first, whatever its code: it is not to be cut off.
        own.sort_by_key(|change| change.unit.id != *unit);
        return own;
    }
    changes.iter().filter(|change| change.to.iter().any(|place| place.id == *unit)).collect()
}
