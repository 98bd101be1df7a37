//! The rows of a file: some of them on its page, and all of them as a list to take away.

use super::HERE;
use super::words::{effect_name, kept_name, kept_subject, spoken};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::{Pages, address, number};
use crate::model::import::{Kept, RowEffect};
use crate::service::provisioning::imports::{Change, Import, ImportRow, KeptRow, look};

/// A position, as a preview shows it.
#[derive(Debug, Clone)]
pub struct ShownPost {
    /// The unit's name.
    pub unit: String,
    /// The title.
    pub title: String,
    /// The department; may be empty.
    pub department: String,
    /// First day, as shown.
    pub from: String,
    /// Last day, as shown.
    pub to: Option<String>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct RowLine {
    /// Its line in the file.
    pub line: i64,
    /// What it does.
    pub effect: RowEffect,
    /// Whom it is about.
    pub username: String,
    /// Their name.
    pub full_name: String,
    /// What is said otherwise of the person.
    pub changes: Vec<Change>,
    /// The position that begins or changes.
    pub position: Option<ShownPost>,
    /// Positions that end.
    pub ended: Vec<ShownPost>,
    /// The role: client and role.
    pub role: Option<(String, String)>,
    /// The column of a mistake, by its name in the file.
    pub cell: String,
    /// The mistake, in both languages.
    pub message: (String, String),
}

/// Something that was left alone.
#[derive(Debug, Clone)]
pub struct KeptLine {
    /// Whose it is.
    pub person: String,
    /// What it is.
    pub what: Kept,
    /// Which one.
    pub subject: String,
    /// Their user name.
    pub username: String,
    /// Their name.
    pub full_name: String,
}

/// Rows as a list to take away: in the reader's language, with the file's own names of columns.
pub fn row_rows(chrome: &Chrome, import: &Import, rows: &[ImportRow]) -> Vec<Vec<String>> {
    let t = chrome.t();
    let names = look::mapping(import);
    let header = vec![
        t.console_imports_line.clone(),
        t.console_imports_effect.clone(),
        t.console_imports_column_username.clone(),
        t.console_imports_column_full_name.clone(),
        t.console_imports_cell.clone(),
        t.console_imports_reason.clone(),
    ];
    let row = |row: &ImportRow| {
        vec![
            row.line.to_string(),
            effect_name(chrome, row.effect).2.to_owned(),
            row.username.clone(),
            row.full_name.clone(),
            names.get(&row.cell).cloned().unwrap_or_else(|| row.cell.clone()),
            spoken(chrome, (&row.message_vi, &row.message_en)),
        ]
    };
    std::iter::once(header).chain(rows.iter().map(row)).collect()
}

/// What was left alone, as a list to take away.
pub fn kept_rows(chrome: &Chrome, rows: &[KeptRow]) -> Vec<Vec<String>> {
    let t = chrome.t();
    let header = vec![
        t.console_imports_column_username.clone(),
        t.console_imports_column_full_name.clone(),
        t.console_imports_kept_what.clone(),
        t.console_imports_kept_subject.clone(),
    ];
    let row = |row: &KeptRow| {
        vec![
            row.username.clone(),
            row.full_name.clone(),
            kept_name(chrome, row.what).to_owned(),
            kept_subject(chrome, row.what, &row.subject),
        ]
    };
    std::iter::once(header).chain(rows.iter().map(row)).collect()
}

/// The address of a file's rows of one effect.
pub fn effect_address(id: &str, effect: Option<RowEffect>) -> String {
    address(&format!("{HERE}/{id}"), &[("rows", effect.map_or("", RowEffect::word))])
}

/// Where a reader is among rows, at so many a page.
pub fn row_pages(chrome: &Chrome, list: &str, (place, at_once, all): (i64, i64, i64)) -> Pages {
    let first = (place - 1).saturating_mul(at_once);
    let last = first.saturating_add(at_once).min(all);
    let mark = if list.contains('?') { '&' } else { '?' };
    let turned = |to: i64| format!("{list}{mark}page={to}");
    let values = [("first", number(chrome, first + 1)), ("last", number(chrome, last)), ("all", number(chrome, all))];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Pages {
        shown: if all == 0 { number(chrome, 0) } else { fill(&chrome.t().console_imports_pages, &values) },
        previous: (place > 1).then(|| turned(place - 1)),
        next: (last < all).then(|| turned(place + 1)),
    }
}
