//! Whom a role of a group reaches: the units whose posts may bring it, the post by which it is somebody's, and whether it
//! lies within somebody's bounds.

use super::admin_scope::lies_in;
use super::authority::Extent;
use super::entitlement::{GroupGrant, standing_for};
use super::person::Person;
use super::position::Position;
use super::registry::Registry;
use super::unit::{Certainty, Unit};
use crate::base::id::UnitId;
use std::collections::{BTreeSet, HashMap};
use time::Date;

/// Longer chains of units that went into each other than this are a defect of the data.
const LONGEST_CHAIN: usize = 32;

/// How a role of a group lies to somebody's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// It is of one of their units, or reaches into one from above.
    Within,
    /// What it is of went into one of theirs: whoever came from there has it still, and perhaps nobody did.
    Perhaps,
    /// It has nothing to do with them.
    Beyond,
}

/// How a role of a group lies to these bounds.
pub fn lies(grant: &GroupGrant, extent: &Extent, registry: &Registry, today: Date) -> Lies {
    let Extent::Units(units) = extent else { return Lies::Within };
    let standing = standing_for(registry, &grant.unit, today);
    let lies_under = |unit: &UnitId| standing.iter().any(|above| lies_in(unit, above, registry, today));
    if standing.iter().any(|unit| units.contains(*unit)) || (grant.below && units.iter().any(lies_under)) {
        return Lies::Within;
    }
    if went_into(units_of(grant, registry, today), units, registry) { Lies::Perhaps } else { Lies::Beyond }
}

/// Whether some units are among others, or went into one of them, also by way of units that ended since.
fn went_into(mut open: Vec<UnitId>, units: &BTreeSet<UnitId>, registry: &Registry) -> bool {
    let mut seen: BTreeSet<UnitId> = open.iter().cloned().collect();
    while let Some(unit) = open.pop() {
        if units.contains(&unit) {
            return true;
        }
        let later = registry.successors(&unit).into_iter().map(|(later, _)| later.id.clone());
        open.extend(later.filter(|later| seen.insert(later.clone())));
    }
    false
}

/// Every unit in which a post may bring a role: more rather than less, since each person is looked at afterwards.
pub fn units_of(grant: &GroupGrant, registry: &Registry, today: Date) -> Vec<UnitId> {
    let mut found: BTreeSet<&UnitId> = standing_for(registry, &grant.unit, today).into_iter().collect();
    if grant.below {
        let mut under: HashMap<&UnitId, Vec<&UnitId>> = HashMap::new();
        for unit in registry.units() {
            for above in registry.ever_above(unit) {
                under.entry(above).or_default().push(&unit.id);
            }
        }
        let mut open: Vec<&UnitId> = found.iter().copied().collect();
        while let Some(unit) = open.pop() {
            let children = under.get(unit).into_iter().flatten().copied();
            open.extend(children.filter(|&child| found.insert(child)));
        }
    }
    found.into_iter().cloned().collect()
}

/// The post of today by which a role is somebody's, whatever its own days; the main one of several.
pub fn post_of<'p>(grant: &GroupGrant, person: &'p Person, registry: &Registry, today: Date) -> Option<&'p Position> {
    person.positions_on(today).into_iter().find(|post| grant.is_for(person, post, registry, today))
}

/// Whether somebody is of a group by a post that they hold today, or will.
pub fn is_of(grant: &GroupGrant, person: &Person, registry: &Registry, today: Date) -> bool {
    let mut open = person.positions.iter().filter(|post| post.was_ever_held() && post.valid_to.is_none_or(|last| last >= today));
    open.any(|post| grant.is_for(person, post, registry, today.max(post.valid_from)))
}

/// The unit that answers on a day for what was given to a group of another one: that one, or where it went whole. Of one that
/// was divided, and of one that is gone, it is the last.
pub fn answering(mut unit: UnitId, registry: &Registry, on: Date) -> UnitId {
    for _ in 0..LONGEST_CHAIN {
        let has_ended = registry.unit(&unit).is_some_and(|unit| unit.span.holds_on(on) == Certainty::No && !is_to_come(unit, on));
        let after = registry.successors(&unit);
        let mut after = after.iter().filter(|(_, succession)| succession.relation.is_of_territory());
        match (has_ended, after.next(), after.next()) {
            (true, Some((later, _)), None) => unit = later.id.clone(),
            _ => break,
        }
    }
    unit
}

fn is_to_come(unit: &Unit, on: Date) -> bool {
    unit.span.from.is_some_and(|first| on < first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entitlement::Condition;
    use crate::model::succession::{Relation, Succession};
    use crate::model::unit::{DatedParent, Span, UnitKind};
    use time::macros::date;

    const EVE: Date = date!(2025 - 06 - 30);
    const DAY: Date = date!(2025 - 07 - 01);
    const TODAY: Date = date!(2026 - 01 - 05);

    fn id(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    fn unit(name: &str, span: Span, parent: &str) -> Unit {
        let parents = vec![DatedParent { parent: id(parent), span }];
        Unit { id: id(name), kind: UnitKind::Phuong, span, codes: vec![], names: vec![], parents }
    }

    /// On one day `left` and `right`, which lay in `quan`, went whole into `merged`, and `old` alone into `new`; `quan` ended.
    /// `divided`, which lay in no district, went in part into two.
    fn registry() -> Registry {
        let mut units: Vec<Unit> = ["left", "right", "old"].map(|name| unit(name, Span::until(EVE), "quan")).to_vec();
        units.extend(["quan", "divided"].map(|name| unit(name, Span::until(EVE), "city")));
        units.extend(["merged", "new", "far"].map(|name| unit(name, Span::since(DAY), "city")));
        units.push(Unit { parents: vec![], ..unit("city", Span::since(date!(1976 - 07 - 02)), "city") });
        let went = |from: &str, to: &str, relation: Relation| Succession {
            from: id(from),
            to: id(to),
            relation,
            effective: Some(DAY),
            source: "test".to_owned(),
        };
        let mut successions = vec![went("old", "new", Relation::Whole)];
        successions.extend(["left", "right"].map(|from| went(from, "merged", Relation::Whole)));
        successions.extend(["far", "merged"].map(|to| went("divided", to, Relation::Part)));
        Registry::new(7, units, successions)
    }

    fn group(place: &str, below: bool) -> GroupGrant {
        GroupGrant {
            id: "g".to_owned(),
            client_id: "tthc".to_owned(),
            role: "clerk".to_owned(),
            unit: id(place),
            below,
            title: None,
            condition: Condition::default(),
            given_on: date!(2020 - 01 - 01),
            valid_from: None,
            valid_to: None,
        }
    }

    fn of(units: &[&str]) -> Extent {
        Extent::Units(units.iter().map(|name| id(name)).collect())
    }

    #[test]
    fn a_role_lies_where_its_unit_does_and_perhaps_where_that_went() {
        let registry = registry();
        let table = [
            ("of the unit", group("merged", false), of(&["merged"]), Lies::Within),
            ("of another one", group("far", false), of(&["merged"]), Lies::Beyond),
            ("from above", group("city", true), of(&["merged"]), Lies::Within),
            ("of the unit above alone", group("city", false), of(&["merged"]), Lies::Beyond),
            ("what is another one by name", group("old", false), of(&["new"]), Lies::Within),
            ("what was merged with others", group("left", false), of(&["merged"]), Lies::Perhaps),
            ("what was merged elsewhere", group("left", false), of(&["new"]), Lies::Beyond),
            ("what lay under one that ended", group("quan", true), of(&["merged"]), Lies::Perhaps),
            ("what lay beside", group("quan", true), of(&["far"]), Lies::Beyond),
            ("for whoever sees the city", group("left", false), Extent::City, Lies::Within),
            ("for whoever sees nothing", group("city", true), of(&[]), Lies::Beyond),
        ];
        for (case, grant, extent, expected) in table {
            assert_eq!(lies(&grant, &extent, &registry, TODAY), expected, "{case}");
        }
    }

    #[test]
    fn posts_are_sought_in_a_unit_in_what_stands_for_it_and_in_all_that_ever_lay_under_it() {
        let registry = registry();
        let names = |grant: &GroupGrant| units_of(grant, &registry, TODAY).into_iter().map(|unit| unit.0).collect::<Vec<_>>();
        assert_eq!(names(&group("left", false)), ["left"], "what it was merged into is another one");
        assert_eq!(names(&group("old", false)), ["new", "old"]);
        assert_eq!(names(&group("quan", true)), ["left", "old", "quan", "right"]);
        assert_eq!(names(&group("city", true)).len(), 9);
        assert_eq!(names(&group("city", false)), ["city"]);
    }

    #[test]
    fn whoever_took_a_unit_over_answers_for_what_was_given_there() {
        let registry = registry();
        let table = [
            ("merged", "merged"),
            ("left", "merged"),
            ("old", "new"),
            ("divided", "divided"),
            ("quan", "quan"),
            ("nowhere", "nowhere"),
        ];
        for (unit, expected) in table {
            assert_eq!(answering(id(unit), &registry, TODAY), id(expected), "{unit}");
        }
        assert_eq!(answering(id("left"), &registry, EVE), id("left"), "before that");
    }
}
