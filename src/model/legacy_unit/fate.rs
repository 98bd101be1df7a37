//! What became of a unit up to a day, through all re-organizations in between.

use crate::model::registry::Registry;
use crate::model::succession::Relation;
use crate::model::unit::{Certainty, Unit};
use time::Date;

/// Longer chains of units are a defect of the data.
const MOST_STEPS: usize = 16;

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate<'a> {
    /// It is there.
    Stays(&'a Unit),
    /// It went undivided into this one, each time if it did so more than once.
    Whole(&'a Unit),
    /// It was divided on the way, and parts of it lie in these.
    Divided(Vec<&'a Unit>),
    /// It was a district whose communes lie in these.
    Dissolved(Vec<&'a Unit>),
    /// Nobody knows for certain; by weaker evidence these came after it.
    Weak(Vec<&'a Unit>),
    /// Nothing came after it.
    Gone,
}

impl<'a> Fate<'a> {
    /// The units of today in which it may lie.
    pub(super) fn units(self) -> Vec<&'a Unit> {
        match self {
            Self::Stays(unit) | Self::Whole(unit) => vec![unit],
            Self::Divided(units) | Self::Dissolved(units) | Self::Weak(units) => units,
            Self::Gone => Vec::new(),
        }
    }
}

/// What became of a unit up to today.
pub(super) fn of<'a>(registry: &'a Registry, unit: &'a Unit, today: Date) -> Fate<'a> {
    step(registry, unit, today, MOST_STEPS)
}

fn step<'a>(registry: &'a Registry, unit: &'a Unit, today: Date, left: usize) -> Fate<'a> {
    if unit.span.holds_on(today) != Certainty::No {
        return Fate::Stays(unit);
    }
    let Some(left) = left.checked_sub(1) else { return Fate::Gone };
    let later = registry.successors(&unit.id);
    let by = |wanted: fn(Relation) -> bool| -> Vec<(&'a Unit, Relation)> {
        let told = later.iter().map(|(next, pair)| (*next, pair.relation));
        told.filter(|(_, relation)| wanted(*relation)).collect()
    };
    let reached = |pairs: Vec<(&'a Unit, Relation)>| -> Vec<&'a Unit> {
        pairs.into_iter().flat_map(|(next, _)| step(registry, next, today, left).units()).collect()
    };
    let territory = by(Relation::is_of_territory);
    if let [(next, Relation::Whole)] = territory.as_slice() {
        return match step(registry, next, today, left) {
            Fate::Stays(unit) => Fate::Whole(unit),
            other @ (Fate::Whole(_) | Fate::Divided(_) | Fate::Dissolved(_) | Fate::Weak(_) | Fate::Gone) => other,
        };
    }
    if !territory.is_empty() {
        return Fate::Divided(reached(territory));
    }
    let communes = by(|relation| matches!(relation, Relation::Within | Relation::Cross));
    if !communes.is_empty() {
        return Fate::Dissolved(reached(communes));
    }
    let earlier = by(|relation| relation == Relation::Earlier);
    if earlier.is_empty() { Fate::Gone } else { Fate::Weak(reached(earlier)) }
}
