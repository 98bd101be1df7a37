//! What a plan does to known units in other stages than the one that is looked at.

use super::{Plan, Ref, Step};
use crate::base::id::UnitId;
use std::collections::{HashMap, HashSet};

/// The steps of the other stages, those that are applied already too.
#[derive(Default)]
pub(super) struct Elsewhere<'a> {
    /// By the unit that they are about, each with its stage.
    steps: HashMap<UnitId, Vec<(&'a Step, &'a str)>>,
    /// Units that go whole into others.
    whole: HashSet<(UnitId, UnitId)>,
}

impl<'a> Elsewhere<'a> {
    /// What is elsewhere than in a stage; nothing where the plan is looked at as one.
    pub(super) fn of(plan: &'a Plan, stage: Option<&str>, id_of: impl Fn(&Ref) -> Option<UnitId>) -> Self {
        let mut elsewhere = Self::default();
        let Some(stage) = stage else { return elsewhere };
        let stages = plan.staged();
        for row in &plan.steps {
            let of_row = stages.of_step(&row.step);
            if of_row == stage {
                continue;
            }
            let Some(unit) = id_of(&row.step.unit()) else { continue };
            if let Step::Merge { into, .. } = &row.step
                && let Some(into) = id_of(into)
            {
                elsewhere.whole.insert((unit.clone(), into));
            }
            elsewhere.steps.entry(unit).or_default().push((&row.step, of_row));
        }
        elsewhere
    }

    /// The stage in which a step of some kind is about a unit.
    pub(super) fn stage_where(&self, unit: &UnitId, wanted: impl Fn(&Step) -> bool) -> Option<&'a str> {
        let mut steps = self.steps.get(unit).into_iter().flatten();
        steps.find(|(step, _)| wanted(step)).map(|(_, stage)| *stage)
    }

    /// True when a unit goes whole into another one there.
    pub(super) fn merges(&self, from: &UnitId, into: &UnitId) -> bool {
        self.whole.contains(&(from.clone(), into.clone()))
    }
}

/// True for a step after which a unit does not lie where it did.
pub(super) fn leaves(step: &Step) -> bool {
    step.ends() || matches!(step, Step::Move { .. })
}
