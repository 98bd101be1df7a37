//! The unit registry: a snapshot in memory that answers as of a date.
//!
//! A bare code or name says nothing without its date. Where what is known does
//! not single out one unit, the answer is candidates, never a guess.

mod told;

use super::succession::Succession;
use super::unit::{Certainty, DatedCode, DatedParent, NameUsage, Span, Unit};
use crate::base::id::UnitId;
use crate::base::text::nfc;
use std::collections::HashMap;
use time::Date;

/// Longer chains of parents than this are a defect of the data.
const MAX_DEPTH: usize = 8;

/// All units at one version of the registry.
#[derive(Debug, Default)]
pub struct Registry {
    version: i64,
    units: Vec<Unit>,
    successions: Vec<Succession>,
    by_id: HashMap<UnitId, usize>,
    by_code: HashMap<String, HashMap<String, Vec<usize>>>,
    by_name: HashMap<String, Vec<usize>>,
    from: HashMap<UnitId, Vec<usize>>,
    to: HashMap<UnitId, Vec<usize>>,
    /// By unit: what plans that were applied after their day said of the units above it, the oldest first.
    late: HashMap<UnitId, Vec<told::Late>>,
}

/// The answer to a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp<'a> {
    /// Exactly one unit is meant.
    One(&'a Unit),
    /// It may be any of these: a person has to say.
    Candidates(Vec<&'a Unit>),
    /// No unit.
    None,
}

impl<'a> LookUp<'a> {
    /// The one unit that is meant.
    pub fn one(&self) -> Option<&'a Unit> {
        match *self {
            Self::One(unit) => Some(unit),
            Self::Candidates(_) | Self::None => None,
        }
    }
}

/// A unit that answers to a code or a name, and how surely on the date.
struct Holder<'a> {
    unit: &'a Unit,
    certainty: Certainty,
    end_is_unknown: bool,
}

impl Registry {
    /// A snapshot of these units and successions.
    pub fn new(version: i64, units: Vec<Unit>, successions: Vec<Succession>) -> Self {
        let mut registry = Self { version, units, successions, ..Self::default() };
        for (place, unit) in registry.units.iter().enumerate() {
            registry.by_id.insert(unit.id.clone(), place);
            for code in &unit.codes {
                let of_scheme = registry.by_code.entry(code.scheme.clone()).or_default();
                push_once(of_scheme.entry(code.code.clone()).or_default(), place);
            }
            for name in &unit.names {
                push_once(registry.by_name.entry(name_key(&name.name)).or_default(), place);
            }
        }
        for (place, succession) in registry.successions.iter().enumerate() {
            registry.from.entry(succession.from.clone()).or_default().push(place);
            registry.to.entry(succession.to.clone()).or_default().push(place);
        }
        registry
    }

    /// Which version this is; raised by every change.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// All units.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter()
    }

    /// All successions.
    pub fn successions(&self) -> &[Succession] {
        &self.successions
    }

    /// The unit of an id.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.by_id.get(id).map(|place| &self.units[*place])
    }

    /// The unit that had a code on a day.
    pub fn look_up(&self, scheme: &str, code: &str, on: Date) -> LookUp<'_> {
        let places = self.by_code.get(scheme).and_then(|codes| codes.get(code));
        let holders = places.into_iter().flatten().filter_map(|place| {
            let unit = &self.units[*place];
            let spans = unit.codes.iter().filter(|known| known.scheme == scheme && known.code == code).map(|known| known.span);
            holder(unit, spans, on)
        });
        decide(holders.collect())
    }

    /// The unit that had a name on a day, within a district or province when
    /// one is told. Other spellings that sources use count; accents count too,
    /// since Thanh An and Thạnh An are two communes.
    pub fn find_by_name(&self, name: &str, district: Option<&str>, on: Date) -> LookUp<'_> {
        let wanted = name_key(name);
        let district = district.map(name_key);
        let holders = self.by_name.get(&wanted).into_iter().flatten().filter_map(|place| {
            let unit = &self.units[*place];
            if district.as_ref().is_some_and(|district| !self.lies_in(unit, district, on)) {
                return None;
            }
            let spans = unit.names.iter().filter(|known| name_key(&known.name) == wanted).map(|known| known.span);
            holder(unit, spans, on)
        });
        decide(holders.collect())
    }

    fn lies_in(&self, unit: &Unit, district: &str, on: Date) -> bool {
        self.path_on(unit, on).into_iter().any(|above| above.names.iter().any(|name| name_key(&name.name) == district))
    }

    /// The official name of a unit on a day, or else its last one.
    pub fn name_on<'a>(&self, unit: &'a Unit, on: Date) -> &'a str {
        let official = || unit.names.iter().filter(|name| name.usage == NameUsage::Official);
        official()
            .filter(|name| name.span.holds_on(on) != Certainty::No)
            .max_by_key(|name| (name.span.holds_on(on), name.span.from))
            .or_else(|| official().max_by_key(|name| last_day(&name.span)))
            .map_or("", |name| name.name.as_str())
    }

    /// The code of a unit in a scheme on a day.
    pub fn code_on<'a>(&self, unit: &'a Unit, scheme: &str, on: Date) -> Option<&'a str> {
        codes_held(unit, on).find(|code| code.scheme == scheme).map(|code| code.code.as_str())
    }

    /// The last code of a unit in a scheme, for units of the past.
    pub fn last_code<'a>(&self, unit: &'a Unit, scheme: &str) -> Option<&'a str> {
        let of_scheme = unit.codes.iter().filter(|code| code.scheme == scheme);
        of_scheme.max_by_key(|code| last_day(&code.span)).map(|code| code.code.as_str())
    }

    /// All codes of a unit on a day, as (scheme, code).
    pub fn codes_on<'a>(&self, unit: &'a Unit, on: Date) -> Vec<(&'a str, &'a str)> {
        let mut codes: Vec<_> = codes_held(unit, on).map(|code| (code.scheme.as_str(), code.code.as_str())).collect();
        codes.sort_unstable();
        codes
    }

    /// The unit directly above on a day, or else the last one.
    pub fn parent_on(&self, unit: &Unit, on: Date) -> Option<&Unit> {
        held_above(&unit.parents, on).and_then(|above| self.unit(&above.parent))
    }

    /// The units above on a day, highest first, without the unit itself.
    pub fn path_on(&self, unit: &Unit, on: Date) -> Vec<&Unit> {
        let mut path: Vec<&Unit> =
            std::iter::successors(self.parent_on(unit, on), |above| self.parent_on(above, on)).take(MAX_DEPTH).collect();
        path.reverse();
        path
    }

    /// The units that this one came from.
    pub fn predecessors(&self, id: &UnitId) -> Vec<(&Unit, &Succession)> {
        self.joined(self.to.get(id), |succession| &succession.from)
    }

    /// The units that came after this one. Of several, none is the default.
    pub fn successors(&self, id: &UnitId) -> Vec<(&Unit, &Succession)> {
        self.joined(self.from.get(id), |succession| &succession.to)
    }

    fn joined(&self, places: Option<&Vec<usize>>, end: impl Fn(&Succession) -> &UnitId) -> Vec<(&Unit, &Succession)> {
        let mut found: Vec<(&Unit, &Succession)> = places
            .into_iter()
            .flatten()
            .filter_map(|place| {
                let succession = &self.successions[*place];
                self.unit(end(succession)).map(|unit| (unit, succession))
            })
            .collect();
        found.sort_by_key(|(unit, succession)| (succession.relation, self.last_code(unit, super::unit_code::GSO), &unit.id));
        found
    }
}

/// Case does not tell units apart; accents do.
fn name_key(name: &str) -> String {
    nfc(name).to_lowercase()
}

fn push_once(places: &mut Vec<usize>, place: usize) {
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// Which of these was directly above on a day, or else the last one.
fn held_above(parents: &[DatedParent], on: Date) -> Option<&DatedParent> {
    let held = parents.iter().filter(|above| above.span.holds_on(on) != Certainty::No);
    held.max_by_key(|above| (above.span.holds_on(on), above.span.from))
        .or_else(|| parents.iter().max_by_key(|above| last_day(&above.span)))
}

/// The last day that something may have held, for comparing.
fn last_day(span: &Span) -> Date {
    span.to.or(span.ended_by).unwrap_or(Date::MAX)
}

fn codes_held(unit: &Unit, on: Date) -> impl Iterator<Item = &DatedCode> {
    let exists = unit.span.holds_on(on) != Certainty::No;
    unit.codes.iter().filter(move |code| exists && code.span.holds_on(on) != Certainty::No)
}

/// A code or name holds while both it and its unit do.
fn holder(unit: &Unit, spans: impl Iterator<Item = Span>, on: Date) -> Option<Holder<'_>> {
    let (certainty, span) = spans.map(|span| (span.holds_on(on).min(unit.span.holds_on(on)), span)).max()?;
    let end_is_unknown = span.end_is_unknown() || unit.span.end_is_unknown();
    (certainty != Certainty::No).then_some(Holder { unit, certainty, end_is_unknown })
}

/// One answer only when nothing else may be meant. A unit whose start is
/// unknown counts as there until its known end when nobody contests it; one
/// whose end is unknown too may have been gone on that day.
fn decide(mut holders: Vec<Holder<'_>>) -> LookUp<'_> {
    if let [only] = holders.as_slice()
        && (only.certainty == Certainty::Yes || !only.end_is_unknown)
    {
        return LookUp::One(only.unit);
    }
    if holders.is_empty() {
        return LookUp::None;
    }
    holders.sort_by(|a, b| b.certainty.cmp(&a.certainty).then_with(|| a.unit.id.cmp(&b.unit.id)));
    LookUp::Candidates(holders.into_iter().map(|holder| holder.unit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::succession::Relation;
    use crate::model::unit::{DatedName, UnitKind};
    use time::macros::date;

    fn unit(id: &str, code: &str, name: &str, span: Span) -> Unit {
        Unit {
            id: UnitId(id.into()),
            kind: UnitKind::Phuong,
            span,
            codes: vec![DatedCode { scheme: "gso".into(), code: code.into(), span }],
            names: vec![DatedName { name: name.into(), usage: NameUsage::Official, span }],
            parents: vec![],
        }
    }

    const LAST: Date = date!(2025 - 06 - 30);
    const FIRST: Date = date!(2025 - 07 - 01);
    const LONG_AGO: Date = date!(2020 - 01 - 01);

    fn registry() -> Registry {
        let mut legacy = unit("b", "26872", "Phường 15", Span::until(LAST));
        legacy.parents = vec![DatedParent { parent: UnitId("d".into()), span: Span::until(LAST) }];
        let units = vec![
            unit("a", "26872", "Phường 13", Span::gone_by(LAST)),
            legacy,
            unit("c", "26872", "Phường Mới", Span::since(FIRST)),
            unit("d", "764", "Quận Gò Vấp", Span::until(LAST)),
            unit("e", "26869", "Phường 15", Span::gone_by(LAST)),
        ];
        let succession = Succession {
            from: UnitId("b".into()),
            to: UnitId("c".into()),
            relation: Relation::Whole,
            effective: Some(FIRST),
            source: "test".into(),
        };
        Registry::new(3, units, vec![succession])
    }

    fn ids(answer: &LookUp<'_>) -> Vec<String> {
        match answer {
            LookUp::One(unit) => vec![unit.id.0.clone()],
            LookUp::Candidates(units) => units.iter().map(|unit| format!("{}?", unit.id)).collect(),
            LookUp::None => vec![],
        }
    }

    #[test]
    fn a_code_is_looked_up_as_of_a_date() {
        let registry = registry();
        let table: [(&str, Date, &[&str]); 6] = [
            ("26872", FIRST, &["c"]),
            ("26872", LAST, &["b"]),
            ("26872", LONG_AGO, &["a?", "b?"]),
            ("764", LONG_AGO, &["d"]),
            ("764", FIRST, &[]),
            ("26869", LONG_AGO, &["e?"]),
        ];
        for (code, on, expected) in table {
            assert_eq!(ids(&registry.look_up("gso", code, on)), expected, "{code} on {on}");
        }
        assert_eq!(registry.look_up("agency", "26872", FIRST), LookUp::None);
    }

    #[test]
    fn a_name_is_looked_up_within_its_district_and_date() {
        let registry = registry();
        assert_eq!(ids(&registry.find_by_name("phường 15", Some("Quận Gò Vấp"), LAST)), ["b"]);
        assert_eq!(ids(&registry.find_by_name("Phường 15", Some("Quận 1"), LAST)), Vec::<String>::new());
        assert_eq!(ids(&registry.find_by_name("Phường 15", None, LONG_AGO)), ["b?", "e?"]);
    }

    #[test]
    fn names_codes_and_paths_fall_back_to_the_last_known() {
        let registry = registry();
        let legacy = registry.unit(&UnitId("b".into())).expect("the unit");

        assert_eq!(registry.name_on(legacy, FIRST), "Phường 15");
        assert_eq!(registry.code_on(legacy, "gso", LAST), Some("26872"));
        assert_eq!(registry.code_on(legacy, "gso", FIRST), None);
        assert_eq!(registry.last_code(legacy, "gso"), Some("26872"));
        assert_eq!(registry.path_on(legacy, LAST).len(), 1);
        assert_eq!(registry.successors(&legacy.id)[0].0.id.0, "c");
        assert_eq!(registry.predecessors(&UnitId("c".into()))[0].0.id.0, "b");
    }
}
