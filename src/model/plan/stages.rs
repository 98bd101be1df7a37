//! Stages: parts of a plan that are applied one by one, all from the same day.

use super::{Plan, Ref, Row};
use std::collections::{BTreeSet, HashMap};

/// The stage of the steps that no stage names; the last one.
pub const REST: &str = "rest";

impl Plan {
    /// The names of the stages in their order; none when the plan is applied as one.
    pub fn stage_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.stages.iter().map(|stage| stage.name.as_str()).collect();
        let staged = self.staged();
        if !names.is_empty() && self.steps.iter().any(|row| !staged.contains_key(&row.step.target())) {
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
        let staged = self.staged();
        let of_stage = |row: &&Row| staged.get(&row.step.target()).copied().unwrap_or(REST) == wanted;
        Some(self.steps.iter().filter(of_stage).collect())
    }

    /// The stage of each unit that a stage names.
    pub(super) fn staged(&self) -> HashMap<Ref, &str> {
        let targets = self.targets();
        let mut staged = HashMap::new();
        for stage in &self.stages {
            for unit in &stage.units {
                if let Some(unit) = stage_unit(&targets, unit) {
                    staged.insert(unit, stage.name.as_str());
                }
            }
        }
        staged
    }

    /// The units that steps lead to.
    pub(super) fn targets(&self) -> BTreeSet<Ref> {
        self.steps.iter().map(|row| row.step.target()).collect()
    }
}

/// The unit that a stage names: a code or a key, the key with or without its `+`.
pub(super) fn stage_unit(targets: &BTreeSet<Ref>, text: &str) -> Option<Ref> {
    let key = text.strip_prefix('+').unwrap_or(text);
    [Ref::Known(text.to_owned()), Ref::New(key.to_owned())].into_iter().find(|unit| targets.contains(unit))
}
