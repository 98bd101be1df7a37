//! Under which units one was told to lie on a day, where a plan that was applied after its day says otherwise of it now.
//!
//! A look-up of a day tells what is known of that day now. Whether a role that was given to all under a unit is for somebody
//! follows from what was told on the day on which it was given: a plan that is applied late brings nobody what was given
//! between its day and that moment, and takes nothing away that was theirs between two of its stages. What was brought in
//! anew from files is different: it was so all the time.

use super::{MAX_DEPTH, Registry, held_above};
use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::model::correction::{Change, Correction, Way};
use crate::model::plan::edit::{Edit, Fact};
use crate::model::unit::{Certainty, DatedParent, Span, Unit};
use time::Date;

/// What a plan said of a unit above another one, of days that were over.
#[derive(Debug)]
pub(super) struct Late {
    /// The day on which it said so.
    on: Date,
    parent: UnitId,
    was: Option<Span>,
    now: Option<Span>,
}

impl Late {
    /// Puts what was told before in the place of what is told now; that may have ended since, on a later day.
    fn take_back(&self, parents: &mut Vec<DatedParent>) {
        if let Some(now) = self.now {
            parents.retain(|above| above.parent != self.parent || above.span.from != now.from);
        }
        parents.extend(self.was.map(|span| DatedParent { parent: self.parent.clone(), span }));
    }
}

impl Registry {
    /// This registry with what plans said late of units above others, the oldest first. A plan that was taken back since is
    /// as if it had never said anything.
    #[must_use]
    pub fn knowing(mut self, corrections: Vec<Correction>) -> Self {
        for Correction { made, change } in corrections {
            let Change::Fact(Edit { fact: Fact::Parent { unit, parent }, was, now }) = change else { continue };
            let said = self.late.entry(unit).or_default();
            match made.way {
                Way::Plan => said.push(Late { on: vietnam_date(made.at), parent, was, now }),
                Way::PlanUndone => {
                    let is_it = |late: &Late| late.parent == parent && late.was == now && late.now == was;
                    if let Some(place) = said.iter().rposition(is_it) {
                        said.remove(place);
                    }
                }
                Way::Import | Way::Codes | Way::CodesUndone => {}
            }
        }
        self
    }

    /// The units above on a day as that was told on the day itself, the nearest first, without the unit itself.
    pub fn path_told_on(&self, unit: &Unit, on: Date) -> Vec<&Unit> {
        std::iter::successors(self.above_told_on(unit, on), |above| self.above_told_on(above, on)).take(MAX_DEPTH).collect()
    }

    /// True when a unit was told on a day to lie in another one then, and something else is said of that since.
    pub fn was_told_there(&self, unit: &Unit, on: Date) -> bool {
        let told = self.told_parents(unit, on).unwrap_or_default();
        told.iter().any(|above| above.span.holds_on(on) != Certainty::No)
    }

    /// Every unit that was ever told to lie directly above one, also where a plan said otherwise afterwards.
    pub fn ever_above<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = &'a UnitId> {
        let late = self.late.get(&unit.id).into_iter().flatten();
        unit.parents.iter().map(|above| &above.parent).chain(late.map(|late| &late.parent))
    }

    fn above_told_on(&self, unit: &Unit, on: Date) -> Option<&Unit> {
        let Some(told) = self.told_parents(unit, on) else { return self.parent_on(unit, on) };
        held_above(&told, on).and_then(|above| self.unit(&above.parent))
    }

    /// What was told on a day of the units above one; `None` where nothing else is said of it since.
    fn told_parents(&self, unit: &Unit, on: Date) -> Option<Vec<DatedParent>> {
        let mut since = self.late.get(&unit.id)?.iter().rev().filter(|late| on < late.on).peekable();
        since.peek()?;
        let mut parents = unit.parents.clone();
        for late in since {
            late.take_back(&mut parents);
        }
        Some(parents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::first_moment;
    use crate::model::correction::Made;
    use crate::model::unit::UnitKind;
    use time::macros::date;

    const EVE: Date = date!(2026 - 12 - 31);
    const DAY: Date = date!(2027 - 01 - 01);
    const BETWEEN: Date = date!(2027 - 01 - 04);
    const TOLD: Date = date!(2027 - 01 - 15);

    fn id(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    fn unit(name: &str, parents: &[(&str, Span)]) -> Unit {
        let parents = parents.iter().map(|(parent, span)| DatedParent { parent: id(parent), span: *span }).collect();
        let span = Span::since(date!(2020 - 01 - 01));
        Unit { id: id(name), kind: UnitKind::Phuong, span, codes: vec![], names: vec![], parents }
    }

    /// What is said on a day: that `ward` did not lie in `north` any more from that of the plan on, but in `south`.
    fn moved(way: Way, on: Date) -> Vec<Correction> {
        let made = Made {
            at: first_moment(on),
            by: "os:test".to_owned(),
            way,
            reason: "chuyen".to_owned(),
            version_before: 1,
            version_after: 2,
        };
        let facts = [("north", Some(Span::default()), Some(Span::until(EVE))), ("south", None, Some(Span::since(DAY)))];
        let said = facts.map(|(parent, was, now)| {
            let (was, now) = if way == Way::PlanUndone { (now, was) } else { (was, now) };
            let fact = Fact::Parent { unit: id("ward"), parent: id(parent) };
            Correction { made: made.clone(), change: Change::Fact(Edit { fact, was, now }) }
        });
        said.to_vec()
    }

    fn registry(south: Span, corrections: Vec<Correction>) -> Registry {
        let ward = unit("ward", &[("north", Span::until(EVE)), ("south", south)]);
        let units = vec![ward, unit("north", &[("city", Span::default())]), unit("south", &[]), unit("city", &[])];
        Registry::new(1, units, vec![]).knowing(corrections)
    }

    fn told(registry: &Registry, on: Date) -> Vec<&str> {
        let ward = registry.unit(&id("ward")).expect("a unit");
        registry.path_told_on(ward, on).into_iter().map(|above| above.id.as_str()).collect()
    }

    #[test]
    fn until_a_late_plan_says_so_a_unit_was_told_to_lie_where_it_did() {
        let table = [
            ("before the plan", EVE, vec!["north", "city"]),
            ("between its day and that moment", BETWEEN, vec!["north", "city"]),
            ("on the day on which it says so", TOLD, vec!["south"]),
        ];
        let open = Span::since(DAY);
        let ended = Span { to: Some(date!(2028 - 12 - 31)), ..open };
        for south in [open, ended] {
            let late = registry(south, moved(Way::Plan, TOLD));
            for (case, on, expected) in &table {
                assert_eq!(told(&late, *on), *expected, "{case}");
            }
        }
        let on_time = registry(open, vec![]);
        assert_eq!(told(&on_time, BETWEEN), ["south"]);
        let ward = on_time.unit(&id("ward")).expect("a unit");
        assert!(!on_time.was_told_there(ward, BETWEEN), "nothing else is said since");
    }

    #[test]
    fn what_a_plan_said_that_was_taken_back_is_as_if_it_had_not_and_files_say_how_it_always_was() {
        let back = [moved(Way::Plan, TOLD), moved(Way::PlanUndone, date!(2027 - 01 - 20))].concat();
        for (case, corrections) in [("taken back", back), ("brought in", moved(Way::Import, TOLD))] {
            let registry = registry(Span::since(DAY), corrections);
            assert_eq!(told(&registry, BETWEEN), ["south"], "{case}");
        }
        let again = [moved(Way::Plan, BETWEEN), moved(Way::PlanUndone, TOLD), moved(Way::Plan, date!(2027 - 02 - 01))].concat();
        assert_eq!(told(&registry(Span::since(DAY), again), TOLD), ["north", "city"], "and applied again later");
    }

    #[test]
    fn a_unit_that_one_was_told_to_lie_in_is_among_those_above_though_no_trace_of_it_is_left() {
        let registry = registry(Span::since(DAY), moved(Way::Plan, TOLD));
        let (ward, south) = (registry.unit(&id("ward")).expect("a unit"), registry.unit(&id("south")).expect("a unit"));
        let above: Vec<&str> = registry.ever_above(ward).map(UnitId::as_str).collect();
        assert_eq!(above, ["north", "south", "north", "south"]);
        assert_eq!(registry.ever_above(south).count(), 0);
        assert!(registry.was_told_there(ward, BETWEEN) && !registry.was_told_there(ward, TOLD));
    }
}
