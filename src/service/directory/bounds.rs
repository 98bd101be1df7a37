//! Which units a search means: those of a filter with all under them and all that went into them, and those whose name
//! has a typed word.

use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::model::registry::Registry;
use crate::model::unit::{Certainty, Unit};
use std::collections::BTreeSet;
use time::Date;

/// The units that a filter means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meant {
    /// The units.
    pub(super) units: BTreeSet<UnitId>,
    /// The unit is gone: whoever once belonged there is meant too.
    pub(super) once: bool,
}

/// The unit, all under it, and for a unit of today all that became it: somebody may not have been moved yet. Nothing for
/// a unit that is not there.
pub(super) fn meant(registry: &Registry, unit: &UnitId, today: Date) -> Option<Meant> {
    let top = registry.unit(unit)?;
    let is_there = top.span.holds_on(today) != Certainty::No;
    let day = if is_there { today } else { last_day(top, today) };
    let mut units = BTreeSet::new();
    let mut open = vec![top.id.clone()];
    open.extend(registry.units().filter(|other| lies_under(registry, other, unit, day)).map(|other| other.id.clone()));
    while let Some(id) = open.pop() {
        if units.contains(&id) {
            continue;
        }
        if is_there {
            // A part of it went elsewhere, but its people may still be here.
            open.extend(registry.predecessors(&id).into_iter().map(|(before, _)| before.id.clone()));
        }
        units.insert(id);
    }
    Some(Meant { units, once: !is_there })
}

fn last_day(unit: &Unit, today: Date) -> Date {
    unit.span.to.or_else(|| unit.span.ended_by.and_then(Date::previous_day)).unwrap_or(today)
}

fn lies_under(registry: &Registry, unit: &Unit, above: &UnitId, day: Date) -> bool {
    unit.id != *above && registry.path_on(unit, day).into_iter().any(|higher| higher.id == *above)
}

/// For each typed word the units of which any name has a word that begins so.
pub(super) fn named(registry: &Registry, typed: &[String]) -> Vec<Vec<UnitId>> {
    let mut found = vec![Vec::new(); typed.len()];
    if typed.is_empty() {
        return found;
    }
    for unit in registry.units() {
        let names = unit.names.iter().map(|name| fold(&name.name)).collect::<Vec<_>>().join(" ");
        for (begins, units) in typed.iter().zip(&mut found) {
            if names.split(' ').any(|word| word.starts_with(begins.as_str())) {
                units.push(unit.id.clone());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::succession::{Relation, Succession};
    use crate::model::unit::{DatedName, DatedParent, NameUsage, Span, UnitKind};
    use time::macros::date;

    const LAST: Date = date!(2025 - 06 - 30);
    const FIRST: Date = date!(2025 - 07 - 01);
    const TODAY: Date = date!(2026 - 11 - 22);

    fn unit(id: &str, name: &str, span: Span, parent: &str) -> Unit {
        Unit {
            id: UnitId(id.to_owned()),
            kind: UnitKind::Phuong,
            span,
            codes: Vec::new(),
            names: vec![DatedName { name: name.to_owned(), usage: NameUsage::Official, span }],
            parents: vec![DatedParent { parent: UnitId(parent.to_owned()), span }],
        }
    }

    fn registry() -> Registry {
        let units = vec![
            unit("new", "Phường Sài Gòn", Span::since(FIRST), "city"),
            unit("other", "Phường Tân Định", Span::since(FIRST), "city"),
            unit("old", "Phường Bến Nghé", Span::until(LAST), "district"),
            unit("district", "Quận 1", Span::until(LAST), "city"),
            unit("city", "Thành phố Hồ Chí Minh", Span::since(date!(1976 - 07 - 02)), ""),
        ];
        let succession = Succession {
            from: UnitId("old".to_owned()),
            to: UnitId("new".to_owned()),
            relation: Relation::Whole,
            effective: Some(FIRST),
            source: "test".to_owned(),
        };
        Registry::new(1, units, vec![succession])
    }

    fn ids(meant: &Meant) -> Vec<&str> {
        meant.units.iter().map(UnitId::as_str).collect()
    }

    #[test]
    fn a_unit_means_all_under_it_and_all_that_became_it() {
        let registry = registry();
        let of = |id: &str| meant(&registry, &UnitId(id.to_owned()), TODAY).expect("a unit");

        assert_eq!((ids(&of("new")), of("new").once), (vec!["new", "old"], false));
        assert_eq!(ids(&of("city")), ["city", "district", "new", "old", "other"]);
        assert_eq!((ids(&of("district")), of("district").once), (vec!["district", "old"], true));
        assert_eq!(meant(&registry, &UnitId("nowhere".to_owned()), TODAY), None);
    }

    #[test]
    fn units_are_found_by_the_beginning_of_a_word_without_accents() {
        let registry = registry();
        let found = named(&registry, &["sai", "phuong", "on"].map(str::to_owned));
        let ids = |units: &[UnitId]| units.iter().map(|unit| unit.0.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&found[0]), ["new"]);
        assert_eq!(ids(&found[1]), ["new", "other", "old"]);
        assert!(found[2].is_empty() && named(&registry, &[]).is_empty());
    }
}
