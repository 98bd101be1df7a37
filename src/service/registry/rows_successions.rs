//! Rows that tell what became of units.

use super::files::Table;
use super::import::{FIRST_DAY, LAST_LEGACY_DAY, Work};
use super::rows_units::named_unit;
use crate::model::row_error::RowError;
use crate::model::succession::{Relation, Succession};
use crate::service::sheet::Row;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// `mapping_2025.csv`: each legacy commune whole into one new unit, or divided
/// among several. What it means for the provinces follows from it.
pub(super) fn mapping(work: &mut Work<'_>, table: &Table) {
    let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &table.rows {
        *targets.entry(row.get("legacy_code")).or_default() += 1;
    }
    let mut provinces: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for row in &table.rows {
        let count = targets.get(row.get("legacy_code")).copied().unwrap_or_default();
        match mapped(work, row, count) {
            Ok((from, to)) => {
                let (from, to) = (work.draft.top(from), work.draft.top(to));
                provinces.entry(from).or_default().insert(to);
            }
            Err(error) => work.complain(table, error),
        }
    }
    for (from, tops) in provinces {
        let relation = if tops.len() == 1 { Relation::Whole } else { Relation::Part };
        let level = |place: usize| work.draft.units[place].kind.level();
        let tops: Vec<usize> = tops.into_iter().filter(|to| level(from) == 1 && level(*to) == 1).collect();
        for to in tops {
            let pair = pair(work, (from, to), relation, Some(FIRST_DAY), "derived");
            work.draft.add_succession(pair);
        }
    }
}

fn mapped(work: &mut Work<'_>, row: &Row, targets: usize) -> Result<(usize, usize), RowError> {
    let from = named_unit(work, row, ("legacy_code", "legacy_name"), LAST_LEGACY_DAY)?;
    let to = named_unit(work, row, ("new_code", "new_name"), FIRST_DAY)?;
    let relation = match (row.get("relation"), targets) {
        ("whole", 1) => Relation::Whole,
        ("part", 2..) => Relation::Part,
        ("whole", _) => {
            return Err(row.wrong(
                "relation",
                "đơn vị này có nhiều dòng nên không thể là whole",
                "this unit has several rows, so it cannot be whole",
            ));
        }
        ("part", _) => {
            return Err(row.wrong(
                "relation",
                "đơn vị này chỉ có một dòng nên không thể là part",
                "this unit has one row only, so it cannot be part",
            ));
        }
        _ => return Err(row.wrong("relation", "phải là whole hoặc part", "must be whole or part")),
    };
    let pair = pair(work, (from, to), relation, Some(FIRST_DAY), row.get("source"));
    add(work, row, "relation", pair).map(|()| (from, to))
}

/// `district_dissolution.csv`: which new units lie in a dissolved district.
pub(super) fn dissolution(work: &mut Work<'_>, table: &Table) {
    for row in &table.rows {
        if let Err(error) = dissolved(work, row) {
            work.complain(table, error);
        }
    }
}

fn dissolved(work: &mut Work<'_>, row: &Row) -> Result<(), RowError> {
    let from = named_unit(work, row, ("legacy_code", "legacy_name"), LAST_LEGACY_DAY)?;
    let to = named_unit(work, row, ("new_code", "new_name"), FIRST_DAY)?;
    let relation = match row.get("coverage") {
        "within" => Relation::Within,
        "cross" => Relation::Cross,
        _ => return Err(row.wrong("coverage", "phải là within hoặc cross", "must be within or cross")),
    };
    let pair = pair(work, (from, to), relation, Some(FIRST_DAY), "district_dissolution");
    add(work, row, "coverage", pair)
}

/// A commune of before and the legacy commune that took its place.
pub(super) fn earlier(work: &mut Work<'_>, row: &Row, from: usize, to: usize) -> Result<(), RowError> {
    let pair = pair(work, (from, to), Relation::Earlier, None, row.get("change"));
    add(work, row, "legacy_code", pair)
}

fn pair(work: &Work<'_>, places: (usize, usize), relation: Relation, effective: Option<Date>, source: &str) -> Succession {
    let id = |place: usize| work.draft.units[place].id.clone();
    Succession { from: id(places.0), to: id(places.1), relation, effective, source: source.to_owned() }
}

fn add(work: &mut Work<'_>, row: &Row, column: &str, pair: Succession) -> Result<(), RowError> {
    if work.draft.add_succession(pair) {
        return Ok(());
    }
    Err(row.wrong(column, "danh mục đã ghi quan hệ khác cho hai đơn vị này", "the registry says otherwise of these two units"))
}
