//! Files that administrators bring: the list of them, and one with what its rows do.

use super::Console;
use super::parts::{Crumb, Pages, Said, address, number};
use crate::base::locale::Locale;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::model::import::{ImportKind, ImportState, Kept, RowEffect};
use crate::service::provisioning::imports::{Change, Import, ImportRow, KeptRow, look};
use askama::Template;

/// Where the list is.
pub(super) const HERE: &str = "/admin/imports";

/// Why a file was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// None was chosen.
    NoFile,
    /// It was not said what it is of.
    NoKind,
    /// It is too large.
    TooLarge,
    /// Too many files of this administrator wait.
    TooMany,
}

/// What was just pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The rows are checked next.
    Checking,
    /// It is applied next.
    Applying,
    /// It is taken back next.
    Undoing,
    /// It was given up.
    Discarded,
    /// Nothing: somebody else was first, or its time is over.
    NotNow,
}

impl Done {
    const ALL: [Self; 5] = [Self::Checking, Self::Applying, Self::Undoing, Self::Discarded, Self::NotNow];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Applying => "applying",
            Self::Undoing => "undoing",
            Self::Discarded => "discarded",
            Self::NotNow => "not-now",
        }
    }

    /// Reads [`Done::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// What a kind of file is called.
pub(super) fn kind_name(chrome: &Chrome, kind: ImportKind) -> &'static str {
    let t = chrome.t();
    match kind {
        ImportKind::People => &t.console_imports_kind_people,
        ImportKind::Positions => &t.console_imports_kind_positions,
        ImportKind::Grants => &t.console_imports_kind_grants,
        ImportKind::Decisions => &t.console_imports_kind_decisions,
    }
}

/// What one of our columns is called; further standard claims keep their names.
pub fn column_name(chrome: &Chrome, column: &str) -> String {
    let t = chrome.t();
    let name = match column {
        "username" => &t.console_imports_column_username,
        "full_name" => &t.console_imports_column_full_name,
        "date_of_birth" => &t.console_imports_column_date_of_birth,
        "personal_number" => &t.console_imports_column_personal_number,
        "email" => &t.console_imports_column_email,
        "phone" => &t.console_imports_column_phone,
        "employee_code" => &t.console_imports_column_employee_code,
        "unit_code" => &t.console_imports_column_unit_code,
        "department" => &t.console_imports_column_department,
        "title" => &t.console_imports_column_title,
        "kind" => &t.console_imports_column_kind,
        "primary" => &t.console_imports_column_primary,
        "decision_no" => &t.console_imports_column_decision_no,
        "valid_from" => &t.console_imports_column_valid_from,
        "valid_to" => &t.console_imports_column_valid_to,
        "action" => &t.console_imports_column_action,
        "client_id" => &t.console_imports_column_client_id,
        "role" => &t.console_imports_column_role,
        "reason" => &t.console_imports_column_reason,
        other => return other.to_owned(),
    };
    name.clone()
}

/// How far a file is, as a kind of tag and in words.
fn state_name(chrome: &Chrome, state: ImportState) -> (&'static str, &'static str) {
    let t = chrome.t();
    match state {
        ImportState::Uploading => ("info", t.console_imports_state_uploading.as_str()),
        ImportState::Mapping => ("warn", t.console_imports_state_mapping.as_str()),
        ImportState::Checking => ("info", t.console_imports_state_checking.as_str()),
        ImportState::Checked => ("warn", t.console_imports_state_checked.as_str()),
        ImportState::Applying => ("info", t.console_imports_state_applying.as_str()),
        ImportState::Applied => ("ok", t.console_imports_state_applied.as_str()),
        ImportState::Undoing => ("info", t.console_imports_state_undoing.as_str()),
        ImportState::Undone => ("info", t.console_imports_state_undone.as_str()),
        ImportState::Failed => ("bad", t.console_imports_state_failed.as_str()),
        ImportState::Discarded => ("", t.console_imports_state_discarded.as_str()),
    }
}

/// What a row does, as a kind of tag, a symbol and in words.
fn effect_name(chrome: &Chrome, effect: RowEffect) -> (&'static str, &'static str, &'static str) {
    let t = chrome.t();
    match effect {
        RowEffect::Bad => ("bad", "alert-circle", t.console_imports_effect_bad.as_str()),
        RowEffect::NewPerson => ("ok", "user-plus", t.console_imports_effect_new_person.as_str()),
        RowEffect::ChangedPerson => ("info", "pencil", t.console_imports_effect_changed_person.as_str()),
        RowEffect::NewPosition => ("ok", "briefcase", t.console_imports_effect_new_position.as_str()),
        RowEffect::ChangedPosition => ("info", "pencil", t.console_imports_effect_changed_position.as_str()),
        RowEffect::EndedPosition => ("warn", "calendar", t.console_imports_effect_ended_position.as_str()),
        RowEffect::Granted => ("ok", "shield-check", t.console_imports_effect_granted.as_str()),
        RowEffect::Unchanged => ("", "check", t.console_imports_effect_unchanged.as_str()),
    }
}

fn kept_name(chrome: &Chrome, what: Kept) -> &'static str {
    let t = chrome.t();
    match what {
        Kept::Person => &t.console_imports_kept_person,
        Kept::Fact => &t.console_imports_kept_fact,
        Kept::Position => &t.console_imports_kept_position,
        Kept::Grant => &t.console_imports_kept_grant,
        Kept::Outside => &t.console_imports_kept_outside,
    }
}

/// What was left alone, without the id that a list of positions ends with.
fn kept_subject(chrome: &Chrome, what: Kept, subject: &str) -> String {
    match what {
        Kept::Fact => column_name(chrome, subject),
        Kept::Position => subject.rsplit_once(" (").map_or(subject, |(title, _)| title).to_owned(),
        Kept::Person | Kept::Grant | Kept::Outside => subject.to_owned(),
    }
}

/// A sentence in the reader's language.
fn spoken(chrome: &Chrome, (vi, en): (&str, &str)) -> String {
    if chrome.locale == Locale::Vi { vi.to_owned() } else { en.to_owned() }
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

/// A file in the list.
#[derive(Debug, Clone)]
pub struct FileLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is of.
    pub kind: ImportKind,
    /// Who sent it.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// Rows that were read.
    pub rows: i64,
    /// Of those, rows with a mistake.
    pub bad: i64,
    /// How far it is.
    pub state: ImportState,
}

/// `GET /admin/imports`, and its answer to a file that was not taken.
#[derive(Debug, Template)]
#[template(path = "pages/console_imports.html")]
pub struct ImportsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The files, newest first.
    pub files: Vec<FileLine>,
    /// Where older ones are.
    pub older: Option<String>,
    /// Whether these are the newest.
    pub is_first: bool,
    /// Whether files of everybody are listed.
    pub everyone: bool,
    /// The kind that was chosen.
    pub kind: Option<ImportKind>,
    /// Why a file was not taken.
    pub problem: Option<Sending>,
}

impl ImportsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_imports)]
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str, bool)> {
        let kind = |kind: ImportKind| (kind.word(), kind_name(&self.chrome, kind), self.kind == Some(kind));
        ImportKind::ALL.map(kind).to_vec()
    }

    fn kind_of(&self, file: &FileLine) -> &'static str {
        kind_name(&self.chrome, file.kind)
    }

    fn state_of(&self, file: &FileLine) -> (&'static str, &'static str) {
        state_name(&self.chrome, file.state)
    }

    fn rows_of(&self, file: &FileLine) -> String {
        number(&self.chrome, file.rows)
    }

    fn bad_of(&self, file: &FileLine) -> String {
        number(&self.chrome, file.bad)
    }

    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            Sending::NoFile => t.console_imports_no_file.as_str(),
            Sending::NoKind => t.console_imports_no_kind.as_str(),
            Sending::TooLarge => t.console_imports_too_large.as_str(),
            Sending::TooMany => t.console_imports_too_many.as_str(),
        })
    }

    /// The field that a problem is about.
    fn target(&self) -> &'static str {
        if self.problem == Some(Sending::NoKind) { "kind-people" } else { "file" }
    }

    fn is_about_the_kind(&self) -> bool {
        self.problem == Some(Sending::NoKind)
    }

    fn is_about_the_file(&self) -> bool {
        self.problem.is_some() && !self.is_about_the_kind()
    }
}

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

/// `GET /admin/imports/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_import.html")]
pub struct ImportPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The file's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is of.
    pub kind: ImportKind,
    /// How far it is.
    pub state: ImportState,
    /// Who sent it.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// When it was applied, as shown.
    pub applied_at: Option<String>,
    /// When it was taken back, as shown.
    pub undone_at: Option<String>,
    /// Until when it can be taken back, as shown.
    pub undo_until: Option<String>,
    /// Rows that were read so far.
    pub rows_read: i64,
    /// Of those, rows with a mistake.
    pub rows_bad: i64,
    /// All rows, as far as they were counted.
    pub total: i64,
    /// Rows by what they do.
    pub counts: Vec<(RowEffect, i64)>,
    /// The rows that are shown: those that do this.
    pub effect: Option<RowEffect>,
    /// Where the reader is among them.
    pub pages: Pages,
    /// Some of them.
    pub rows: Vec<RowLine>,
    /// What was left alone.
    pub kept: Vec<KeptLine>,
    /// How many things that are.
    pub kept_count: i64,
    /// Why it cannot go on, in both languages.
    pub problem: (String, String),
    /// What was just pressed.
    pub done: Option<Done>,
    /// That in words.
    pub said: Option<Said>,
}

impl ImportPage {
    /// The same with what was just pressed in words, as far as that is so still.
    #[must_use]
    pub fn spoken(mut self) -> Self {
        let t = self.chrome.t();
        self.said = self.done.and_then(|done| match done {
            Done::NotNow => Some(Said { kind: "warn", text: t.console_imports_not_now.clone() }),
            Done::Discarded if self.state == ImportState::Discarded => Some(Said::ok(&t.console_imports_done_discarded)),
            Done::Applying if self.state == ImportState::Applied => Some(Said::ok(&t.console_imports_done_applied)),
            Done::Undoing if self.state == ImportState::Undone => Some(Said::ok(&t.console_imports_done_undone)),
            Done::Checking | Done::Applying | Done::Undoing | Done::Discarded => None,
        });
        self
    }

    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_imports, HERE), Crumb::here(&self.name)]
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn kind_name(&self) -> &'static str {
        kind_name(&self.chrome, self.kind)
    }

    fn tag(&self) -> (&'static str, &'static str) {
        state_name(&self.chrome, self.state)
    }

    fn lead(&self) -> String {
        fill(&self.chrome.t().console_imports_sent, &[("by", &self.by), ("at", &self.at)])
    }

    /// Why it cannot go on, or why it is to be looked at again.
    fn trouble(&self) -> Option<String> {
        let said = spoken(&self.chrome, (&self.problem.0, &self.problem.1));
        (!said.is_empty()).then_some(said)
    }

    fn is_at_work(&self) -> bool {
        matches!(self.state, ImportState::Checking | ImportState::Applying | ImportState::Undoing | ImportState::Uploading)
    }

    fn is_checked(&self) -> bool {
        self.state == ImportState::Checked
    }

    fn is_undone(&self) -> bool {
        self.state == ImportState::Undone
    }

    /// Whether how much there is to do is known.
    fn has_end(&self) -> bool {
        self.state == ImportState::Applying && self.total > 0
    }

    fn progress(&self) -> String {
        let t = self.chrome.t();
        let (read, all) = (number(&self.chrome, self.rows_read), number(&self.chrome, self.total));
        match self.state {
            ImportState::Applying if self.total > 0 => fill(&t.console_imports_progress_of, &[("read", &read), ("all", &all)]),
            ImportState::Undoing => t.console_imports_progress_undoing.clone(),
            ImportState::Uploading
            | ImportState::Mapping
            | ImportState::Checking
            | ImportState::Checked
            | ImportState::Applying
            | ImportState::Applied
            | ImportState::Undone
            | ImportState::Failed
            | ImportState::Discarded => fill(&t.console_imports_progress, &[("read", &read)]),
        }
    }

    fn applied_line(&self) -> Option<String> {
        self.applied_at.as_ref().map(|at| fill(&self.chrome.t().console_imports_applied_at, &[("at", at)]))
    }

    fn undone_line(&self) -> Option<String> {
        self.undone_at.as_ref().map(|at| fill(&self.chrome.t().console_imports_undone_at, &[("at", at)]))
    }

    fn undo_line(&self, until: &str) -> String {
        fill(&self.chrome.t().console_imports_undo_until, &[("until", until)])
    }

    /// Whether anything would count: a file of mistakes only cannot be applied.
    fn has_good(&self) -> bool {
        self.total > self.rows_bad
    }

    fn bad_line(&self) -> Option<String> {
        let count = number(&self.chrome, self.rows_bad);
        (self.rows_bad > 0).then(|| fill(&self.chrome.t().console_imports_bad_rows, &[("count", &count)]))
    }

    /// Links to rows of each effect, with how many there are: address, words, whether these are shown.
    fn filters(&self) -> Vec<(String, String, bool)> {
        let t = self.chrome.t();
        let words =
            |name: &str, count: i64| fill(&t.console_imports_filter, &[("name", name), ("count", &number(&self.chrome, count))]);
        let all = (effect_address(&self.id, None), words(&t.console_imports_all, self.total), self.effect.is_none());
        let of_effect = |(effect, count): &(RowEffect, i64)| {
            let address = effect_address(&self.id, Some(*effect));
            (address, words(effect_name(&self.chrome, *effect).2, *count), self.effect == Some(*effect))
        };
        std::iter::once(all).chain(self.counts.iter().map(of_effect)).collect()
    }

    fn effect_of(&self, row: &RowLine) -> (&'static str, &'static str, &'static str) {
        effect_name(&self.chrome, row.effect)
    }

    fn change_line(&self, change: &Change) -> String {
        let t = self.chrome.t();
        let column = column_name(&self.chrome, &change.column);
        let sentence = match (change.before.is_empty(), change.after.is_empty()) {
            (true, _) => &t.console_imports_change_new,
            (false, true) => &t.console_imports_change_gone,
            (false, false) => &t.console_imports_change,
        };
        fill(sentence, &[("column", &column), ("before", &change.before), ("after", &change.after)])
    }

    fn post_line(&self, post: &ShownPost) -> String {
        let t = self.chrome.t();
        let place = if post.department.is_empty() { post.unit.clone() } else { format!("{}, {}", post.department, post.unit) };
        let mut values = vec![("title", post.title.as_str()), ("place", place.as_str()), ("from", post.from.as_str())];
        match &post.to {
            Some(to) => {
                values.push(("to", to));
                fill(&t.console_imports_post_until, &values)
            }
            None => fill(&t.console_imports_post, &values),
        }
    }

    fn ended_line(&self, post: &ShownPost) -> String {
        let to = post.to.as_deref().unwrap_or_default();
        let values = [("title", post.title.as_str()), ("place", post.unit.as_str()), ("to", to)];
        fill(&self.chrome.t().console_imports_post_ended, &values)
    }

    fn role_line(&self, role: &(String, String)) -> String {
        fill(&self.chrome.t().console_imports_role_line, &[("client", &role.0), ("role", &role.1)])
    }

    fn message(&self, row: &RowLine) -> String {
        spoken(&self.chrome, (&row.message.0, &row.message.1))
    }

    fn kept_line(&self) -> Option<String> {
        let count = number(&self.chrome, self.kept_count);
        self.is_undone().then(|| match self.kept_count {
            0 => self.chrome.t().console_imports_kept_none.clone(),
            _ => fill(&self.chrome.t().console_imports_kept_lead, &[("count", &count)]),
        })
    }

    fn kept_what(&self, kept: &KeptLine) -> &'static str {
        kept_name(&self.chrome, kept.what)
    }

    fn kept_subject(&self, kept: &KeptLine) -> String {
        kept_subject(&self.chrome, kept.what, &kept.subject)
    }
}
