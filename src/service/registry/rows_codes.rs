//! Rows of the file of further codes that an administrator brings.

use super::files::Table;
use super::import::{FIRST_DAY, Work};
use super::rows_units::{gso_code, unknown_unit};
use crate::model::row_error::RowError;
use crate::model::unit::{DatedCode, Span};
use crate::model::unit_code;
use crate::service::sheet::Row;

/// `gso_code, scheme, code, valid_from, valid_to`. The unit is the one that had
/// the `gso_code` on `valid_from`, by default the first day of the new units.
pub(super) fn codes(work: &mut Work<'_>, table: &Table) {
    for row in &table.rows {
        if let Err(error) = code(work, row) {
            work.complain(table, error);
        }
    }
}

/// One row of it.
pub(super) fn code(work: &mut Work<'_>, row: &Row) -> Result<(), RowError> {
    let from = row.date("valid_from")?.unwrap_or(FIRST_DAY);
    let to = row.date("valid_to")?;
    if to.is_some_and(|to| to < from) {
        return Err(row.wrong("valid_to", "ngày hết hiệu lực ở trước ngày có hiệu lực", "the last day is before the first"));
    }
    if work.only_legacy && from >= FIRST_DAY {
        return Ok(());
    }
    let gso = gso_code(row, "gso_code")?;
    let place = work.draft.meant(gso, from).ok_or_else(|| unknown_unit(row, "gso_code", from))?;
    let (scheme, text) = (row.needed("scheme")?, row.needed("code")?);
    if let Err(error) = unit_code::check(scheme, text) {
        let column = if error == unit_code::CodeError::Scheme { "scheme" } else { "code" };
        return Err(row.wrong(column, error.vietnamese(), error.to_string()));
    }
    let told =
        DatedCode { scheme: scheme.to_owned(), code: text.to_owned(), span: Span { from: Some(from), to, ended_by: None } };
    settle(work, row, place, told)
}

/// Adds the code, ends it, or finds that it is known or contradicts another.
fn settle(work: &mut Work<'_>, row: &Row, place: usize, told: DatedCode) -> Result<(), RowError> {
    let same_start =
        |known: &&DatedCode| known.scheme == told.scheme && known.code == told.code && known.span.from == told.span.from;
    let known = work.draft.units[place].codes.iter().find(same_start).map(|known| known.span);
    match known {
        Some(span) if span == told.span => return Ok(()),
        Some(span) if span.to.is_none() && span.ended_by.is_none() => {
            work.draft.end_code(place, &told);
            return Ok(());
        }
        Some(_) => {
            return Err(row.wrong("valid_to", "mã này đã có ngày hết hiệu lực khác", "this code has another last day already"));
        }
        None => {}
    }
    for (other, unit) in work.draft.units.iter().enumerate() {
        let held = |known: &&DatedCode| {
            // One unit has one code of a scheme at a time, and one code means one unit.
            let rival = other == place || known.code == told.code;
            rival && known.scheme == told.scheme && known.span.overlaps(&told.span) && unit.span.overlaps(&told.span)
        };
        if let Some(known) = unit.codes.iter().find(held) {
            let name = unit.names.first().map_or("", |name| name.name.as_str());
            return Err(row.wrong(
                "code",
                format!("trong thời gian đó {name} mang mã {} của bộ mã {}", known.code, known.scheme),
                format!("{name} has the code {} of the scheme {} in that time", known.code, known.scheme),
            ));
        }
    }
    work.draft.add_code(place, told);
    Ok(())
}
