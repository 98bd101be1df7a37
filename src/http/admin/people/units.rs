//! The units that the list can be narrowed to: those of today, and those that are gone, with their district and last day.

use crate::base::date::shown;
use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::base::words::{Words, fill};
use crate::http::admin::Desk;
use crate::http::view::console::parts::SelectOption;
use crate::http::view::console::people::UnitGroup;
use crate::model::authority::Extent;
use crate::model::registry::Registry;
use crate::model::unit::{Certainty, Unit};
use crate::model::unit_code::GSO;
use std::collections::BTreeSet;
use time::Date;

/// The groups of the select, with the unit that is chosen.
pub(super) fn groups(t: &'static Words, desk: &Desk, extent: &Extent, chosen: &str) -> Vec<UnitGroup> {
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let earlier: BTreeSet<&str> = match extent {
        Extent::City => BTreeSet::new(),
        Extent::Units(units) => before(registry, units.iter().map(UnitId::as_str)),
    };
    let may = |unit: &Unit| extent.holds(&unit.id) || earlier.contains(unit.id.as_str());
    let (mut now, mut gone) = (Vec::new(), Vec::new());
    for unit in registry.units().filter(|unit| may(unit)) {
        let is_there = unit.span.holds_on(today) != Certainty::No;
        let label = if is_there { registry.name_on(unit, today).to_owned() } else { gone_name(t, registry, unit, today) };
        let option = SelectOption { value: unit.id.0.clone(), label, chosen: unit.id.as_str() == chosen };
        if is_there { now.push(option) } else { gone.push(option) }
    }
    let sorted = |mut options: Vec<SelectOption>| {
        options.sort_by_cached_key(|option| (fold(&option.label), option.value.clone()));
        options
    };
    let groups = [(&t.console_people_units_now, sorted(now)), (&t.console_people_units_gone, sorted(gone))];
    let kept = groups.into_iter().filter(|(_, options)| !options.is_empty());
    kept.map(|(label, options)| UnitGroup { label: label.as_str(), options }).collect()
}

/// Units that are told apart in a list, at most.
const MOST_TOLD: usize = 12;

/// The units that a text means: the one of this name or code, else those with a part of a name in any spelling.
pub(super) fn found(desk: &Desk, groups: &[UnitGroup], text: &str) -> Vec<SelectOption> {
    let (registry, wanted) = (desk.authority.registry(), fold(text));
    let all = || groups.iter().flat_map(|group| &group.options);
    let code = |option: &SelectOption| {
        let unit = registry.unit(&UnitId(option.value.clone()))?;
        registry.last_code(unit, GSO)
    };
    let is_it = |option: &SelectOption| fold(&option.label) == wanted || code(option).is_some_and(|code| code == text);
    // Units of today are told first: of one name they are meant before those that are gone.
    let exact: Vec<SelectOption> = all().filter(|option| is_it(option)).cloned().collect();
    if !exact.is_empty() {
        return exact.into_iter().take(MOST_TOLD).collect();
    }
    all().filter(|option| fold(&option.label).contains(&wanted)).take(MOST_TOLD).cloned().collect()
}

/// All units that became these.
fn before<'a>(registry: &'a Registry, units: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut open: Vec<&str> = units.collect();
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        for (earlier, _) in registry.predecessors(&UnitId(id.to_owned())) {
            if found.insert(earlier.id.as_str()) {
                open.push(earlier.id.as_str());
            }
        }
    }
    found
}

/// A unit as it is called today; one that is gone with the unit above it and its last day. What is not there is called by
/// its id.
pub(super) fn name(t: &Words, desk: &Desk, id: &UnitId) -> String {
    named(t, (desk.authority.registry(), desk.authority.today()), id)
}

/// The same by a registry, on a day.
pub(super) fn named(t: &Words, (registry, today): (&Registry, Date), id: &UnitId) -> String {
    match registry.unit(id) {
        Some(unit) if unit.span.holds_on(today) != Certainty::No => registry.name_on(unit, today).to_owned(),
        Some(unit) => gone_name(t, registry, unit, today),
        None => id.0.clone(),
    }
}

/// A unit of the past by its name, the unit above it then, and its last day.
fn gone_name(t: &Words, registry: &Registry, unit: &Unit, today: Date) -> String {
    let day = unit.span.to.or_else(|| unit.span.ended_by.and_then(Date::previous_day)).unwrap_or(today);
    let name = registry.name_on(unit, day);
    let above = registry.parent_on(unit, day).map(|above| registry.name_on(above, day)).filter(|above| !above.is_empty());
    let name = above.map_or_else(|| name.to_owned(), |above| format!("{name}, {above}"));
    match (unit.span.to, unit.span.ended_by) {
        (Some(last), _) => fill(&t.console_people_unit_until, &[("unit", &name), ("date", &shown(last))]),
        (None, Some(gone)) => fill(&t.console_people_unit_before, &[("unit", &name), ("date", &shown(gone))]),
        (None, None) => name,
    }
}
