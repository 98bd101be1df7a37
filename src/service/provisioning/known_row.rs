//! One row about somebody who is there: a position, or a decision about staff.

use super::person_row::{self, PositionTold, kind, perhaps_primary, position, text, unit};
use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::model::person::Username;
use crate::model::position::PositionKind;
use crate::model::registry::Registry;
use crate::model::row_error::RowError;
use crate::service::sheet::{Row, Sheet};
use std::io::Read;
use time::Date;

/// The columns of a file of decisions.
const DECISION: [&str; 10] =
    ["username", "full_name", "action", "decision_no", "valid_from", "unit_code", "department", "title", "kind", "primary"];

/// What a decision does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Điều động: another unit becomes the main one.
    Move,
    /// Bổ nhiệm: another title, here or elsewhere, as the main post or beside it.
    Appoint,
    /// Biệt phái: a post in another unit for a time, beside the main one.
    Second,
    /// Nghỉ hưu: every post ends.
    Retire,
    /// Thôi việc: every post ends.
    Leave,
}

impl Act {
    const ALL: [Self; 5] = [Self::Move, Self::Appoint, Self::Second, Self::Retire, Self::Leave];

    fn word(self) -> &'static str {
        match self {
            Self::Move => "dieu_dong",
            Self::Appoint => "bo_nhiem",
            Self::Second => "biet_phai",
            Self::Retire => "nghi_huu",
            Self::Leave => "thoi_viec",
        }
    }

    /// Reads `dieu_dong`, and `Điều động` as lists have it.
    fn parse(cell: &str) -> Option<Self> {
        let word = fold(cell).replace([' ', '-'], "_");
        Self::ALL.into_iter().find(|act| act.word() == word)
    }

    /// True for what ends every post.
    pub(super) fn is_leaving(self) -> bool {
        matches!(self, Self::Retire | Self::Leave)
    }
}

/// A decision as a row tells it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "decision_no is what the column is called")]
pub(super) struct Decision {
    pub(super) act: Act,
    pub(super) decision_no: String,
    /// From this day on.
    pub(super) from: Date,
    pub(super) unit: Option<UnitId>,
    pub(super) department: Option<String>,
    pub(super) title: Option<String>,
    pub(super) kind: Option<PositionKind>,
    pub(super) primary: Option<bool>,
}

/// What a row tells.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// A position.
    Position(PositionTold),
    /// A decision.
    Decision(Decision),
}

/// A row without mistakes of its own.
#[derive(Debug, Clone)]
pub(super) struct KnownRow {
    pub(super) line: u64,
    pub(super) username: Username,
    /// The name, where the row has one: it has to be the right one.
    pub(super) full_name: String,
    pub(super) said: Said,
}

impl KnownRow {
    /// The unit that a decision names.
    pub(super) fn decided_unit(&self) -> Option<&UnitId> {
        match &self.said {
            Said::Position(_) => None,
            Said::Decision(decision) => decision.unit.as_ref(),
        }
    }
}

/// Checks the header of a file of positions.
pub(super) fn check_positions<R: Read>(sheet: &Sheet<R>) -> Result<(), RowError> {
    let known = |name: &str| name == "username" || name == "full_name" || person_row::POSITION.contains(&name);
    sheet.check_header(&["username", "unit_code", "title", "kind", "valid_from"], known)
}

/// Checks the header of a file of decisions.
pub(super) fn check_decisions<R: Read>(sheet: &Sheet<R>) -> Result<(), RowError> {
    sheet.check_header(&["username", "action", "decision_no", "valid_from"], |name| DECISION.contains(&name))
}

/// Reads a row of a file of positions.
pub(super) fn read_position(row: &Row, registry: &Registry) -> Result<KnownRow, RowError> {
    let username = username(row)?;
    row.needed("unit_code")?;
    let told = position(row, registry)?.ok_or_else(|| row.wrong("valid_from", EMPTY.0, EMPTY.1))?;
    Ok(known(row, username, Said::Position(told)))
}

/// Reads a row of a file of decisions.
pub(super) fn read_decision(row: &Row, registry: &Registry) -> Result<KnownRow, RowError> {
    let username = username(row)?;
    let act = Act::parse(row.needed("action")?).ok_or_else(|| {
        let words = Act::ALL.map(Act::word).join(", ");
        row.wrong("action", format!("phải là một trong: {words}"), format!("must be one of: {words}"))
    })?;
    row.needed("decision_no")?;
    row.needed("valid_from")?;
    let from = row.date("valid_from")?.ok_or_else(|| row.wrong("valid_from", EMPTY.0, EMPTY.1))?;
    let unit_is_said = !row.get("unit_code").is_empty();
    if !unit_is_said && matches!(act, Act::Move | Act::Second) {
        row.needed("unit_code")?;
    }
    if act == Act::Appoint {
        row.needed("title")?;
    }
    let kind_cell = row.get("kind");
    let decision = Decision {
        act,
        decision_no: text(row, "decision_no", 100)?.unwrap_or_default(),
        from,
        unit: (unit_is_said && !act.is_leaving()).then(|| unit(row, registry, from)).transpose()?,
        department: text(row, "department", 200)?,
        title: text(row, "title", 200)?,
        kind: (!kind_cell.is_empty()).then(|| kind(row, kind_cell)).transpose()?,
        primary: perhaps_primary(row)?,
    };
    Ok(known(row, username, Said::Decision(decision)))
}

/// What is said of an empty cell.
const EMPTY: (&str, &str) = ("ô này không được để trống", "this cell must not be empty");

fn username(row: &Row) -> Result<Username, RowError> {
    Username::parse(row.needed("username")?).map_err(|error| row.wrong("username", error.vietnamese(), error.to_string()))
}

fn known(row: &Row, username: Username, said: Said) -> KnownRow {
    KnownRow { line: row.line, username, full_name: row.get("full_name").to_owned(), said }
}
