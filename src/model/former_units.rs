//! The units of before the first re-organization that a unit comes from, through as many as there were since: what old
//! systems know.

use super::registry::Registry;
use super::succession::Succession;
use super::unit::Unit;
use crate::base::id::UnitId;
use std::collections::BTreeSet;
use time::Date;

/// The units of before the first re-organization whose territory went into a unit, whole or in part, at once or by way of
/// others; the nearest first, and never the unit itself. One that had others come into it while it was there is one of them,
/// and so are those.
pub fn former_units<'r>(registry: &'r Registry, unit: &'r Unit) -> Vec<&'r Unit> {
    let (mut found, mut place) = (Vec::new(), 0);
    let mut seen: BTreeSet<&UnitId> = BTreeSet::from([&unit.id]);
    let mut open = vec![unit];
    while let Some(later) = open.get(place).copied() {
        place += 1;
        for (earlier, _) in of_territory(registry, later) {
            if seen.insert(&earlier.id) {
                open.push(earlier);
                found.extend(Some(earlier).filter(|earlier| was_there_first(registry, earlier)));
            }
        }
    }
    found
}

fn of_territory<'r>(registry: &'r Registry, unit: &Unit) -> impl Iterator<Item = (&'r Unit, &'r Succession)> {
    registry.predecessors(&unit.id).into_iter().filter(|(_, succession)| succession.relation.is_of_territory())
}

/// Whether no re-organization made a unit: it comes from none, or was there before those came into it.
fn was_there_first(registry: &Registry, unit: &Unit) -> bool {
    let came_later = |effective: Option<Date>| unit.span.from.is_none_or(|first| effective.is_some_and(|day| first < day));
    of_territory(registry, unit).all(|(_, succession)| came_later(succession.effective))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::succession::Relation;
    use crate::model::unit::{Span, UnitKind};
    use time::macros::date;

    const FIRST: Date = date!(2025 - 07 - 01);
    const SECOND: Date = date!(2027 - 01 - 01);

    fn unit(name: &str, from: Option<Date>) -> Unit {
        Unit {
            id: UnitId(name.to_owned()),
            kind: UnitKind::Phuong,
            span: Span { from, ..Span::default() },
            codes: vec![],
            names: vec![],
            parents: vec![],
        }
    }

    /// In 2025 `a` and a part of `b` went into `merged`, and `c` into `stays`, which had been there; in 2027 `merged` and `stays`
    /// went into `last`, into which the office `d` reaches too.
    fn registry() -> Registry {
        let went = |from: &str, to: &str, relation, effective| Succession {
            from: UnitId(from.to_owned()),
            to: UnitId(to.to_owned()),
            relation,
            effective: Some(effective),
            source: "test".to_owned(),
        };
        let mut units: Vec<Unit> = ["a", "b", "c", "d"].map(|name| unit(name, None)).to_vec();
        units.extend([unit("stays", Some(date!(1976 - 07 - 02))), unit("merged", Some(FIRST)), unit("last", Some(SECOND))]);
        let successions = vec![
            went("a", "merged", Relation::Whole, FIRST),
            went("b", "merged", Relation::Part, FIRST),
            went("c", "stays", Relation::Whole, FIRST),
            went("d", "last", Relation::Within, SECOND),
            went("merged", "last", Relation::Whole, SECOND),
            went("stays", "last", Relation::Whole, SECOND),
        ];
        Registry::new(7, units, successions)
    }

    fn former(registry: &Registry, name: &str) -> Vec<String> {
        let unit = registry.unit(&UnitId(name.to_owned())).expect("a unit");
        let mut found: Vec<String> = former_units(registry, unit).into_iter().map(|unit| unit.id.0.clone()).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn the_chain_is_followed_to_what_was_there_before_the_first_re_organization() {
        let registry = registry();
        let table: [(&str, &[&str]); 5] =
            [("merged", &["a", "b"]), ("stays", &["c"]), ("last", &["a", "b", "c", "stays"]), ("a", &[]), ("d", &[])];
        for (name, expected) in table {
            assert_eq!(former(&registry, name), expected, "{name}");
        }
    }

    #[test]
    fn units_that_come_from_each_other_in_a_circle_are_found_once() {
        let went = |from: &str, to: &str| Succession {
            from: UnitId(from.to_owned()),
            to: UnitId(to.to_owned()),
            relation: Relation::Whole,
            effective: Some(SECOND),
            source: "test".to_owned(),
        };
        let registry = Registry::new(7, vec![unit("a", None), unit("b", None)], vec![went("a", "b"), went("b", "a")]);
        assert_eq!(former(&registry, "a"), ["b"]);
    }
}
