//! Registries for the tests: the units of 2025 from the public files, and a small city of a later day.

use crate::base::id::UnitId;
use crate::base::text::nfc;
use crate::model::registry::Registry;
use crate::model::succession::{Relation, Succession};
use crate::model::unit::{DatedCode, DatedName, DatedParent, NameUsage, Span, Unit, UnitKind};
use std::collections::{BTreeMap, HashMap};
use time::Date;
use time::macros::date;

/// The plan that ships.
pub(super) const MERGER: &str = include_str!("../../../../data/plans/merger-2025.plan");

const LEGACY: &str = include_str!("../../../../data/units/units_legacy.csv");
const CURRENT: &str = include_str!("../../../../data/units/units_2025.csv");
const MAPPING: &str = include_str!("../../../../data/units/mapping_2025.csv");
const DISSOLUTION: &str = include_str!("../../../../data/units/district_dissolution.csv");

const LAST: Date = date!(2025 - 06 - 30);
const FIRST: Date = date!(2025 - 07 - 01);

type Row = HashMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

/// A unit with one code and one name; its parent is named by the same letter.
pub(super) fn unit(letter: char, (code, name): (&str, &str), kind: UnitKind, span: Span, parent: Option<&str>) -> Unit {
    let id = |code: &str| UnitId(format!("{letter}{code}"));
    Unit {
        id: id(code),
        kind,
        span,
        codes: vec![DatedCode { scheme: "gso".to_owned(), code: code.to_owned(), span }],
        names: vec![DatedName { name: nfc(name), usage: NameUsage::Official, span }],
        parents: parent.into_iter().map(|parent| DatedParent { parent: id(parent), span }).collect(),
    }
}

fn listed(text: &str, letter: char, span: Span) -> Vec<Unit> {
    let of_row = |row: &Row| {
        let kind = UnitKind::parse(&row["kind"]).expect("a kind");
        let parent = Some(row["parent_code"].as_str()).filter(|code| !code.is_empty());
        unit(letter, (row["gso_code"].as_str(), row["name"].as_str()), kind, span, parent)
    };
    rows(text).iter().map(of_row).collect()
}

/// The units of before, whose end is recorded when `recorded`.
pub(super) fn before_2025(recorded: bool) -> Registry {
    let span = if recorded { Span::until(LAST) } else { Span::default() };
    Registry::new(4, listed(LEGACY, 'l', span), Vec::new())
}

/// The units of before and after with what became of each, as the files say it.
pub(super) fn after_2025() -> Registry {
    let mut units = listed(LEGACY, 'l', Span::until(LAST));
    units.extend(listed(CURRENT, 'n', Span::since(FIRST)));
    let mut pairs: BTreeMap<(String, String), Relation> = BTreeMap::new();
    for row in rows(DISSOLUTION) {
        let relation = Relation::parse(&row["coverage"]).expect("a relation");
        pairs.insert((row["legacy_code"].clone(), row["new_code"].clone()), relation);
    }
    for row in rows(MAPPING) {
        let relation = Relation::parse(&row["relation"]).expect("a relation");
        pairs.insert((row["legacy_code"].clone(), row["new_code"].clone()), relation);
    }
    for province in ["74", "77", "79"] {
        pairs.insert((province.to_owned(), "79".to_owned()), Relation::Whole);
    }
    let succession = |((from, to), relation): ((String, String), Relation)| Succession {
        from: UnitId(format!("l{from}")),
        to: UnitId(format!("n{to}")),
        relation,
        effective: Some(FIRST),
        source: "files".to_owned(),
    };
    Registry::new(9, units, pairs.into_iter().map(succession).collect())
}

/// A city with two districts of two communes each, and a commune of its own that has an agency code.
pub(super) fn city() -> Registry {
    let span = Span::since(date!(2000 - 01 - 01));
    let commune = |code: &str, parent: &str| {
        let name = format!("Phường {code}");
        unit('c', (code, name.as_str()), UnitKind::Phuong, span, Some(parent))
    };
    let mut own = commune("10005", "10");
    own.codes.push(DatedCode { scheme: "agency".to_owned(), code: "H10.5".to_owned(), span });
    let units = vec![
        unit('c', ("10", "Thành phố Thử"), UnitKind::ThanhPhoTw, span, None),
        unit('c', ("101", "Quận Một"), UnitKind::Quan, span, Some("10")),
        unit('c', ("102", "Quận Hai"), UnitKind::Quan, span, Some("10")),
        commune("10001", "101"),
        commune("10002", "101"),
        commune("10003", "102"),
        commune("10004", "102"),
        own,
    ];
    Registry::new(1, units, Vec::new())
}
