//! What a row of a file does, for whoever looks at it before it counts.

use super::person_facts::Facts;
use crate::base::date::iso;
use crate::base::id::UnitId;
use crate::model::import::RowEffect;
use crate::model::position::Position;
use crate::model::row_error::RowError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// What one row does.
#[derive(Debug, Clone)]
pub(super) struct RowTold {
    /// The line of the file.
    pub(super) line: u64,
    /// The person's user name.
    pub(super) username: String,
    /// Their name, as it will be.
    pub(super) full_name: String,
    /// The most that it does.
    pub(super) effect: RowEffect,
    /// All that it does.
    pub(super) detail: Detail,
}

/// All that a row does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// What is said of the person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// The position that begins, or of which something else is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Post>,
    /// Positions that end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Post>,
    /// The role that is granted: client and role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<(String, String)>,
}

/// Something that is said of a person, before and after. A personal number is masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The column.
    pub column: String,
    /// What was said; empty when nothing was.
    pub before: String,
    /// What is said now.
    pub after: String,
}

/// A position, as far as a preview shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The unit.
    pub unit: UnitId,
    /// The title.
    pub title: String,
    /// The department; may be empty.
    pub department: String,
    /// First day, ISO 8601.
    pub from: String,
    /// Last day; open when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
}

impl Post {
    /// What a preview shows of a position.
    pub(super) fn of(position: &Position) -> Self {
        Self {
            unit: position.unit.clone(),
            title: position.title.clone(),
            department: position.department.clone(),
            from: iso(position.valid_from),
            to: position.valid_to.map(iso),
        }
    }
}

impl Change {
    /// In what two tellings of a person differ.
    pub(super) fn between(before: Option<&Facts>, after: &Facts) -> Vec<Self> {
        let nobody = Facts::default();
        let before = before.unwrap_or(&nobody);
        let all = Facts::columns().filter(|column| !before.agrees_in(after, column));
        let changes =
            all.map(|column| Self { column: column.to_owned(), before: before.shown(column), after: after.shown(column) });
        changes.collect()
    }
}

/// What rows of one person do, line by line.
pub(super) struct Rows {
    by_line: BTreeMap<u64, RowTold>,
    first: u64,
}

impl Rows {
    pub(super) fn of(lines: &[u64], username: &str, full_name: &str) -> Self {
        let row = |line: u64| RowTold {
            line,
            username: username.to_owned(),
            full_name: full_name.to_owned(),
            effect: RowEffect::Unchanged,
            detail: Detail::default(),
        };
        let by_line = lines.iter().map(|line| (*line, row(*line))).collect();
        Self { by_line, first: lines.first().copied().unwrap_or_default() }
    }

    /// What is said of the person counts for the first of the rows.
    pub(super) fn person(&mut self, before: Option<&Facts>, after: &Facts) {
        if let Some(row) = self.by_line.get_mut(&self.first) {
            row.effect = if before.is_some() { RowEffect::ChangedPerson } else { RowEffect::NewPerson };
            row.detail.changes = Change::between(before, after);
        }
    }

    pub(super) fn position(&mut self, line: u64, before: Option<&Position>, after: &Position) {
        let Some(row) = self.by_line.get_mut(&line) else { return };
        row.detail.position = Some(Post::of(after));
        if row.effect == RowEffect::Unchanged {
            row.effect = position_effect(before, after);
        }
    }

    /// The rows without a mistake.
    pub(super) fn told(self, lines: &[u64], errors: &[RowError]) -> Vec<RowTold> {
        let bad: HashSet<u64> = errors.iter().map(|error| error.line).filter(|line| lines.contains(line)).collect();
        self.by_line.into_values().filter(|row| !bad.contains(&row.line)).collect()
    }
}

/// What a row does that tells a position.
pub(super) fn position_effect(before: Option<&Position>, after: &Position) -> RowEffect {
    match before {
        None => RowEffect::NewPosition,
        Some(before) if before.valid_to.is_none() && after.valid_to.is_some() => RowEffect::EndedPosition,
        Some(_) => RowEffect::ChangedPosition,
    }
}
