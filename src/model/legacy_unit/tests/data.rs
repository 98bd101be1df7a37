//! The registry of the public data folder, in memory. Ids tell where a unit comes from: `l` and a code for a legacy one,
//! `n` for one of today, `e` for one that was gone before the legacy list.

use crate::base::id::UnitId;
use crate::base::text::nfc;
use crate::model::registry::Registry;
use crate::model::succession::{Relation, Succession};
use crate::model::unit::{DatedCode, DatedName, DatedParent, NameUsage, Span, Unit, UnitKind};
use std::collections::{HashMap, HashSet};
use time::Date;
use time::macros::date;

/// The last day of the districts.
pub(super) const LAST: Date = date!(2025 - 06 - 30);
/// The first day of the units of today.
pub(super) const FIRST: Date = date!(2025 - 07 - 01);
/// The day on which is asked.
pub(super) const TODAY: Date = date!(2026 - 11 - 22);

const LEGACY: &str = include_str!("../../../../data/units/units_legacy.csv");
const CURRENT: &str = include_str!("../../../../data/units/units_2025.csv");
const EARLIER: &str = include_str!("../../../../data/units/units_pre2025.csv");
const MAPPING: &str = include_str!("../../../../data/units/mapping_2025.csv");
const DISSOLUTION: &str = include_str!("../../../../data/units/district_dissolution.csv");
const VARIANTS: &str = include_str!("../../../../data/units/name_variants.csv");

/// A row of a file, by column.
pub(super) type Row = HashMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

/// The 493 pairs.
pub(super) fn mapping() -> Vec<Row> {
    rows(MAPPING)
}

/// The legacy units by their codes.
pub(super) fn legacy() -> HashMap<String, Row> {
    rows(LEGACY).into_iter().map(|row| (row["gso_code"].clone(), row)).collect()
}

/// The dissolved districts.
pub(super) fn dissolution() -> Vec<Row> {
    rows(DISSOLUTION)
}

/// The other spellings.
pub(super) fn variants() -> Vec<Row> {
    rows(VARIANTS)
}

fn id(letter: char, code: &str) -> UnitId {
    UnitId(format!("{letter}{code}"))
}

fn unit(id: UnitId, row: (&str, &str), kind: UnitKind, span: Span, parent: Option<UnitId>) -> Unit {
    let (code, name) = row;
    Unit {
        id,
        kind,
        span,
        codes: vec![DatedCode { scheme: "gso".to_owned(), code: code.to_owned(), span }],
        names: vec![DatedName { name: nfc(name), usage: NameUsage::Official, span }],
        parents: parent.into_iter().map(|parent| DatedParent { parent, span }).collect(),
    }
}

fn listed(text: &str, letter: char, span: Span) -> Vec<Unit> {
    let of_row = |row: Row| {
        let kind = UnitKind::parse(&row["kind"]).expect("a kind");
        let parent = Some(row["parent_code"].as_str()).filter(|code| !code.is_empty()).map(|code| id(letter, code));
        unit(id(letter, &row["gso_code"]), (row["gso_code"].as_str(), row["name"].as_str()), kind, span, parent)
    };
    rows(text).into_iter().map(of_row).collect()
}

/// All units.
fn units() -> Vec<Unit> {
    let mut units = listed(LEGACY, 'l', Span::until(LAST));
    units.extend(listed(CURRENT, 'n', Span::since(FIRST)));
    let legacy = legacy();
    let mut districts = HashSet::new();
    for row in rows(EARLIER) {
        let (code, name) = (row["pre2025_district_code"].as_str(), row["pre2025_district"].as_str());
        let is_legacy = legacy.get(code).is_some_and(|known| known["name"] == name);
        let above = id(if is_legacy { 'l' } else { 'e' }, code);
        let gone = Span::gone_by(LAST);
        if !is_legacy && districts.insert(code.to_owned()) {
            let kind = UnitKind::of_name(name).expect("a kind");
            units.push(unit(above.clone(), (code, name), kind, gone, Some(id('l', &row["province_code"]))));
        }
        let (code, name) = (row["pre2025_code"].as_str(), row["pre2025_name"].as_str());
        let kind = UnitKind::of_name(name).expect("a kind");
        units.push(unit(id('e', code), (code, name), kind, gone, Some(above)));
    }
    for row in variants() {
        let own = id('l', &row["gso_code"]);
        let known = units.iter_mut().find(|unit| unit.id == own).expect("a legacy unit");
        known.names.push(DatedName { name: nfc(&row["variant"]), usage: NameUsage::Variant, span: known.span });
    }
    units
}

fn successions() -> Vec<Succession> {
    let pair = |from: UnitId, to: UnitId, relation: Relation, effective: Option<Date>| Succession {
        from,
        to,
        relation,
        effective,
        source: "data".to_owned(),
    };
    let mut all = Vec::new();
    let mut known = HashSet::new();
    for row in mapping() {
        let relation = Relation::parse(&row["relation"]).expect("a relation");
        known.insert((row["legacy_code"].clone(), row["new_code"].clone()));
        all.push(pair(id('l', &row["legacy_code"]), id('n', &row["new_code"]), relation, Some(FIRST)));
    }
    for row in dissolution() {
        let relation = Relation::parse(&row["coverage"]).expect("a relation");
        if !known.contains(&(row["legacy_code"].clone(), row["new_code"].clone())) {
            all.push(pair(id('l', &row["legacy_code"]), id('n', &row["new_code"]), relation, Some(FIRST)));
        }
    }
    for province in ["74", "77", "79"] {
        all.push(pair(id('l', province), id('n', "79"), Relation::Whole, Some(FIRST)));
    }
    for row in rows(EARLIER) {
        all.push(pair(id('e', &row["pre2025_code"]), id('l', &row["legacy_code"]), Relation::Earlier, None));
    }
    all
}

/// The whole registry.
pub(super) fn registry() -> Registry {
    Registry::new(1, units(), successions())
}

/// The same with further codes, as (unit, scheme, code, span).
pub(super) fn registry_with(codes: &[(&str, &str, &str, Span)]) -> Registry {
    let mut units = units();
    for (unit, scheme, code, span) in codes {
        let known = units.iter_mut().find(|known| known.id.as_str() == *unit).expect("a unit");
        known.codes.push(DatedCode { scheme: (*scheme).to_owned(), code: (*code).to_owned(), span: *span });
    }
    Registry::new(2, units, successions())
}
