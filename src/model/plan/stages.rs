//! Stages: parts of a plan that are applied one by one, all from the same day.
//!
//! A step belongs to the stage of the unit that it leads to. A unit ends in one stage: one that is only dissolved, and leads
//! to units of several, ends in the last of them, since until then something may still lie in it.

use super::{Plan, Ref, Row, Step};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The stage of the steps that no stage names; the last one.
pub const REST: &str = "rest";

/// In which stage each step of a plan is applied.
pub(super) struct Stages<'p> {
    /// Of each unit that a stage names.
    named: HashMap<Ref, &'p str>,
    /// Of each unit that is only dissolved.
    dissolved: HashMap<Ref, &'p str>,
}

impl<'p> Stages<'p> {
    fn of(plan: &'p Plan) -> Self {
        let named = named(plan);
        let place = |stage: &str| plan.stages.iter().position(|known| known.name == stage).unwrap_or(plan.stages.len());
        let goes_on = |row: &&Row| matches!(row.step, Step::Merge { .. } | Step::Divide { .. });
        let onward: HashSet<Ref> = plan.steps.iter().filter(goes_on).map(|row| row.step.unit()).collect();
        let mut dissolved: HashMap<Ref, &'p str> = HashMap::new();
        for row in plan.steps.iter().filter(|row| matches!(row.step, Step::Dissolve { .. })) {
            let unit = row.step.unit();
            if onward.contains(&unit) {
                continue;
            }
            let stage = named.get(&row.step.target()).copied().unwrap_or(REST);
            let last = dissolved.entry(unit).or_insert(stage);
            if place(stage) > place(last) {
                *last = stage;
            }
        }
        Self { named, dissolved }
    }

    /// The stage in which a step is applied.
    pub(super) fn of_step(&self, step: &Step) -> &'p str {
        let dissolved = matches!(step, Step::Dissolve { .. }).then(|| self.dissolved.get(&step.unit())).flatten();
        dissolved.or_else(|| self.named.get(&step.target())).copied().unwrap_or(REST)
    }
}

impl Plan {
    /// The names of the stages in their order; none when the plan is applied as one.
    pub fn stage_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.stages.iter().map(|stage| stage.name.as_str()).collect();
        let stages = self.staged();
        if !names.is_empty() && self.steps.iter().any(|row| stages.of_step(&row.step) == REST) {
            names.push(REST);
        }
        names
    }

    /// The rows of a stage, or all of them; `None` when there is no such stage.
    pub fn steps_of(&self, stage: Option<&str>) -> Option<Vec<&Row>> {
        let Some(wanted) = stage else { return Some(self.steps.iter().collect()) };
        if !self.stage_names().contains(&wanted) {
            return None;
        }
        let stages = self.staged();
        Some(self.steps.iter().filter(|row| stages.of_step(&row.step) == wanted).collect())
    }

    /// In which stage each step is applied.
    pub(super) fn staged(&self) -> Stages<'_> {
        Stages::of(self)
    }

    /// The units that steps lead to.
    pub(super) fn targets(&self) -> BTreeSet<Ref> {
        self.steps.iter().map(|row| row.step.target()).collect()
    }
}

/// The stage of each unit that a stage names.
fn named(plan: &Plan) -> HashMap<Ref, &str> {
    let targets = plan.targets();
    let mut named = HashMap::new();
    for stage in &plan.stages {
        for unit in &stage.units {
            if let Some(unit) = stage_unit(&targets, unit) {
                named.insert(unit, stage.name.as_str());
            }
        }
    }
    named
}

/// The unit that a stage names: a code or a key, the key with or without its `+`.
pub(super) fn stage_unit(targets: &BTreeSet<Ref>, text: &str) -> Option<Ref> {
    let key = text.strip_prefix('+').unwrap_or(text);
    [Ref::Known(text.to_owned()), Ref::New(key.to_owned())].into_iter().find(|unit| targets.contains(unit))
}
