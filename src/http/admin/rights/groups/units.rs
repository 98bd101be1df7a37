//! The unit that somebody means by a name or a code, and those that they may mean.

use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::http::admin::Desk;
use crate::http::view::console::parts::SelectOption;
use crate::model::registry::LookUp;
use crate::model::unit::{Certainty, Unit};
use crate::model::unit_code::reference;
use time::Date;

/// Units that are told apart at most.
const MOST_TOLD: usize = 12;

/// What a text means today.
pub enum Meant {
    /// This unit.
    One(UnitId),
    /// One of these.
    Several(Vec<SelectOption>),
    /// None.
    Nothing,
}

/// The unit of a code, or of a name in any spelling; those whose names hold the text, where none is called so.
pub fn meant(desk: &Desk, text: &str) -> Meant {
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let wanted = fold(text);
    if wanted.is_empty() {
        return Meant::Nothing;
    }
    let (scheme, code) = reference(text);
    match registry.look_up(scheme, code, today) {
        LookUp::One(unit) => return Meant::One(unit.id.clone()),
        LookUp::Candidates(units) => return among(desk, &units),
        LookUp::None => {}
    }
    let there = registry.units().filter(|unit| unit.span.holds_on(today) != Certainty::No);
    let there: Vec<(&Unit, String)> = there.map(|unit| (unit, fold(registry.name_on(unit, today)))).collect();
    let called: Vec<&Unit> = there.iter().filter(|(_, name)| *name == wanted).map(|(unit, _)| *unit).collect();
    if !called.is_empty() {
        return among(desk, &called);
    }
    let holding: Vec<&Unit> = there.iter().filter(|(_, name)| name.contains(&wanted)).map(|(unit, _)| *unit).collect();
    among(desk, &holding)
}

fn among(desk: &Desk, units: &[&Unit]) -> Meant {
    match units {
        [] => Meant::Nothing,
        [one] => Meant::One(one.id.clone()),
        several => {
            let option = |unit: &&Unit| SelectOption { value: unit.id.0.clone(), label: name(desk, &unit.id), chosen: false };
            let mut options: Vec<SelectOption> = several.iter().map(option).collect();
            options.sort_by_cached_key(|option| (fold(&option.label), option.value.clone()));
            options.truncate(MOST_TOLD);
            Meant::Several(options)
        }
    }
}

/// A unit with those above it, by the names of today; what is not there is called by its id.
pub fn name(desk: &Desk, id: &UnitId) -> String {
    name_on(desk, id, desk.authority.today())
}

/// The same by the names of a day.
pub fn name_on(desk: &Desk, id: &UnitId, on: Date) -> String {
    let registry = desk.authority.registry();
    let Some(unit) = registry.unit(id) else { return id.0.clone() };
    let above = registry.path_on(unit, on);
    let names = std::iter::once(unit).chain(above.into_iter().rev()).map(|unit| registry.name_on(unit, on));
    names.collect::<Vec<_>>().join(", ")
}
