//! Rows that tell of units: the two lists, the communes of before, other spellings.

use super::draft::{Refusal, Told};
use super::files::Table;
use super::import::{LAST_LEGACY_DAY, Work};
use crate::base::text::nfc;
use crate::model::row_error::RowError;
use crate::model::unit::{DatedName, NameUsage, Span, UnitKind};
use crate::model::unit_code::{self, GSO};
use crate::service::sheet::Row;
use time::Date;

/// `units_legacy.csv`: units with a last day and an unknown first one.
pub(super) fn legacy(work: &mut Work<'_>, table: &Table) {
    listed(work, table, "valid_to", Span::until);
}

/// `units_2025.csv`: units with a first day.
pub(super) fn current(work: &mut Work<'_>, table: &Table) {
    listed(work, table, "valid_from", Span::since);
}

/// Units first, then who is above whom, so that rows may come in any order.
fn listed(work: &mut Work<'_>, table: &Table, bound: &str, span: fn(Date) -> Span) {
    let mut placed = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        match listed_unit(work, row, bound, span) {
            Ok((place, day)) => placed.push((row, place, day)),
            Err(error) => work.complain(table, error),
        }
    }
    for (row, place, day) in placed {
        let code = row.get("parent_code");
        if code.is_empty() {
            continue;
        }
        match work.draft.on(code, day).filter(|parent| *parent != place) {
            Some(parent) => work.draft.add_parent(place, parent),
            None => work.complain(table, unknown_unit(row, "parent_code", day)),
        }
    }
}

fn listed_unit(work: &mut Work<'_>, row: &Row, bound: &str, span: fn(Date) -> Span) -> Result<(usize, Date), RowError> {
    let code = gso_code(row, "gso_code")?;
    let name = nfc(row.needed("name")?);
    let kind = UnitKind::parse(row.needed("kind")?).ok_or_else(|| {
        let kinds = UnitKind::ALL.map(UnitKind::as_str).join(", ");
        row.wrong("kind", format!("loại đơn vị phải là một trong: {kinds}"), format!("the kind must be one of: {kinds}"))
    })?;
    row.needed(bound)?;
    let day = row.date(bound)?.unwrap_or(LAST_LEGACY_DAY);
    let told = Told { code, kind, name: &name, span: span(day) };
    place(work, row, "gso_code", &told).map(|place| (place, day))
}

fn place(work: &mut Work<'_>, row: &Row, column: &str, told: &Told<'_>) -> Result<usize, RowError> {
    let new_id = work.new_id();
    work.draft.unit(told, new_id).map_err(|Refusal::Contradicts(known)| {
        row.wrong(
            column,
            format!("danh mục đã có mã này trong thời kỳ đó là {known}; thay đổi đơn vị cần một phương án sắp xếp"),
            format!("the registry has this code at that time as {known}; units change by a re-organization plan"),
        )
    })
}

/// `units_pre2025.csv`: communes that were gone before the last legacy day.
/// Neither their first nor their last day is known.
pub(super) fn earlier(work: &mut Work<'_>, table: &Table) {
    for row in &table.rows {
        if let Err(error) = earlier_unit(work, row) {
            work.complain(table, error);
        }
    }
}

fn earlier_unit(work: &mut Work<'_>, row: &Row) -> Result<(), RowError> {
    let code = gso_code(row, "pre2025_code")?;
    let name = nfc(row.needed("pre2025_name")?);
    let kind = kind_of_name(row, "pre2025_name", &name)?;
    let legacy = named_unit(work, row, ("legacy_code", "legacy_name"), LAST_LEGACY_DAY)?;
    let district = earlier_district(work, row)?;
    let told = Told { code, kind, name: &name, span: Span::gone_by(LAST_LEGACY_DAY) };
    let place = place(work, row, "pre2025_code", &told)?;
    work.draft.add_parent(place, district);
    super::rows_successions::earlier(work, row, place, legacy)
}

/// The district of then: the legacy one of the same code and name, or else one
/// that was renamed or merged before the legacy list was made.
fn earlier_district(work: &mut Work<'_>, row: &Row) -> Result<usize, RowError> {
    let code = gso_code(row, "pre2025_district_code")?;
    let name = nfc(row.needed("pre2025_district")?);
    if let Some(same) = work.draft.on(code, LAST_LEGACY_DAY).filter(|place| work.draft.units[*place].was_called(&name)) {
        return Ok(same);
    }
    let kind = kind_of_name(row, "pre2025_district", &name)?;
    let province = work
        .draft
        .on(row.get("province_code"), LAST_LEGACY_DAY)
        .ok_or_else(|| unknown_unit(row, "province_code", LAST_LEGACY_DAY))?;
    let told = Told { code, kind, name: &name, span: Span::gone_by(LAST_LEGACY_DAY) };
    let place = place(work, row, "pre2025_district_code", &told)?;
    work.draft.add_parent(place, province);
    Ok(place)
}

fn kind_of_name(row: &Row, column: &str, name: &str) -> Result<UnitKind, RowError> {
    UnitKind::of_name(name).ok_or_else(|| {
        row.wrong(
            column,
            "tên phải bắt đầu bằng loại đơn vị, ví dụ Phường, Xã, Thị trấn",
            "the name must begin with the kind of unit, such as Phường, Xã, Thị trấn",
        )
    })
}

/// `name_variants.csv`: other spellings of legacy names.
pub(super) fn variants(work: &mut Work<'_>, table: &Table) {
    for row in &table.rows {
        match variant(work, row) {
            Ok((place, name)) => work.draft.add_name(place, name),
            Err(error) => work.complain(table, error),
        }
    }
}

fn variant(work: &Work<'_>, row: &Row) -> Result<(usize, DatedName), RowError> {
    let place = named_unit(work, row, ("gso_code", "name"), LAST_LEGACY_DAY)?;
    let name = nfc(row.needed("variant")?);
    let span = work.draft.units[place].span;
    Ok((place, DatedName { name, usage: NameUsage::Variant, span }))
}

/// The unit that a row names by code and by name as of a day: both must agree,
/// since a bare code may mean another unit.
pub(super) fn named_unit(work: &Work<'_>, row: &Row, columns: (&str, &str), day: Date) -> Result<usize, RowError> {
    let code = gso_code(row, columns.0)?;
    let place = work.draft.on(code, day).ok_or_else(|| unknown_unit(row, columns.0, day))?;
    let name = nfc(row.needed(columns.1)?);
    let unit = &work.draft.units[place];
    if unit.was_called(&name) {
        return Ok(place);
    }
    let known = unit.names.first().map_or("", |name| name.name.as_str());
    Err(row.wrong(
        columns.1,
        format!("mã {code} khi đó là {known}, không phải {name}"),
        format!("the code {code} was {known} then, not {name}"),
    ))
}

pub(super) fn gso_code<'a>(row: &'a Row, column: &str) -> Result<&'a str, RowError> {
    let code = row.needed(column)?;
    match unit_code::check(GSO, code) {
        Ok(()) => Ok(code),
        Err(error) => Err(row.wrong(column, error.vietnamese(), error.to_string())),
    }
}

pub(super) fn unknown_unit(row: &Row, column: &str, day: Date) -> RowError {
    let code = row.get(column);
    let shown = crate::base::date::shown(day);
    row.wrong(
        column,
        format!("không có đơn vị mang mã {code} vào ngày {shown}; hãy nạp danh sách đơn vị trước"),
        format!("no unit has the code {code} on {shown}; import the lists of units first"),
    )
}
