//! Files of units' codes: the list, and one file with what it changes.

use super::Console;
use super::parts::{Crumb, Said};
use super::units::UnitLine;
use crate::base::locale::Locale;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::model::row_error::RowError;
use crate::service::registry::code_file::State;
use askama::Template;

/// Mistakes that are shown one by one.
const MOST_SHOWN: usize = 100;

/// Why a file was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodesProblem {
    /// None was chosen.
    NoFile,
    /// It has mistakes.
    Mistakes(Vec<RowError>),
    /// All of it is known.
    Unchanged,
    /// The registry changed in this moment.
    Stale,
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodesDone {
    /// The file counts.
    Applied,
    /// It was taken back.
    Undone,
    /// The same, but for what somebody changed since.
    UndoneInPart,
    /// Nobody may apply it any more.
    Discarded,
    /// Nothing: somebody else was first.
    Decided,
    /// Nothing: the registry was changed since.
    Stale,
}

impl CodesDone {
    const ALL: [Self; 6] = [Self::Applied, Self::Undone, Self::UndoneInPart, Self::Discarded, Self::Decided, Self::Stale];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Undone => "undone",
            Self::UndoneInPart => "undone-in-part",
            Self::Discarded => "discarded",
            Self::Decided => "decided",
            Self::Stale => "stale",
        }
    }

    /// Reads [`CodesDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }

    /// In words.
    pub fn said(self, chrome: &Chrome) -> Said {
        let t = chrome.t();
        let (kind, text) = match self {
            Self::Applied => ("ok", &t.console_units_codes_done_applied),
            Self::Undone => ("ok", &t.console_units_codes_done_undone),
            Self::UndoneInPart => ("warn", &t.console_units_codes_done_in_part),
            Self::Discarded => ("ok", &t.console_units_codes_done_discarded),
            Self::Decided => ("warn", &t.console_units_codes_decided),
            Self::Stale => ("warn", &t.console_units_codes_stale),
        };
        Said { kind, text: text.clone() }
    }
}

/// A file in the list.
#[derive(Debug, Clone)]
pub struct FileLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it came, as shown.
    pub at: String,
    /// How many codes it changes.
    pub count: usize,
    /// How far it has come.
    pub state: State,
}

/// One code that a file changes.
#[derive(Debug, Clone)]
pub struct ChangeLine {
    /// Of which unit.
    pub unit: Option<UnitLine>,
    /// The scheme.
    pub scheme: String,
    /// The code.
    pub code: String,
    /// First day, as shown.
    pub from: Option<String>,
    /// Last day, as shown.
    pub to: Option<String>,
    /// It was there, and ends.
    pub ends: bool,
}

/// How far a file has come, in words and as a kind of tag.
fn state(chrome: &Chrome, state: State) -> (&'static str, &'static str) {
    let t = chrome.t();
    match state {
        State::Shown => ("warn", t.console_units_codes_waits.as_str()),
        State::Discarded => ("", t.console_units_codes_discarded.as_str()),
        State::Applied => ("ok", t.console_units_codes_applied.as_str()),
        State::Undone => ("info", t.console_units_codes_undone.as_str()),
    }
}

fn crumbs(chrome: &Chrome, list: &str, file: Option<&str>) -> Vec<Crumb> {
    let t = chrome.t();
    let mut crumbs = vec![Crumb::to(&t.console_units, list)];
    match file {
        None => crumbs.push(Crumb::here(&t.console_units_codes_title)),
        Some(file) => crumbs.extend([Crumb::to(&t.console_units_codes_title, "/admin/units/codes"), Crumb::here(file)]),
    }
    crumbs
}

/// A row's mistake in the reader's language.
pub fn mistake(locale: Locale, error: &RowError) -> String {
    if locale == Locale::Vi { error.message_vi.clone() } else { error.message_en.clone() }
}

/// `GET /admin/units/codes`, and its answer to a file that was not taken.
#[derive(Debug, Template)]
#[template(path = "pages/console_unit_codes.html")]
pub struct CodesPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The newest files.
    pub files: Vec<FileLine>,
    /// Units with an agency code.
    pub coded: usize,
    /// Units without one.
    pub bare: usize,
    /// What went wrong.
    pub problem: Option<CodesProblem>,
    /// The reader may send files.
    pub may_edit: bool,
    /// Where the list of units is.
    pub list: &'static str,
}

impl CodesPage {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs(&self.chrome, self.list, None)
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.as_ref().map(|problem| match problem {
            CodesProblem::NoFile => t.console_units_codes_no_file.clone(),
            CodesProblem::Mistakes(errors) => fill(&t.console_units_codes_mistakes, &[("count", &errors.len().to_string())]),
            CodesProblem::Unchanged => t.console_units_codes_unchanged.clone(),
            CodesProblem::Stale => t.console_units_codes_stale.clone(),
        })
    }

    fn mistakes(&self) -> &[RowError] {
        match &self.problem {
            Some(CodesProblem::Mistakes(errors)) => &errors[..errors.len().min(MOST_SHOWN)],
            Some(CodesProblem::NoFile | CodesProblem::Unchanged | CodesProblem::Stale) | None => &[],
        }
    }

    fn said(&self, error: &RowError) -> String {
        mistake(self.chrome.locale, error)
    }

    fn tag(&self, file: &FileLine) -> (&'static str, &'static str) {
        state(&self.chrome, file.state)
    }

    fn coverage(&self) -> String {
        let (coded, all) = (self.coded.to_string(), (self.coded + self.bare).to_string());
        fill(&self.chrome.t().console_units_codes_coverage, &[("coded", &coded), ("all", &all)])
    }
}

/// `GET /admin/units/codes/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_unit_code_file.html")]
pub struct CodeFilePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The file's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it came, as shown.
    pub at: String,
    /// When it was applied or taken back, as shown.
    pub decided_at: Option<String>,
    /// How far it has come.
    pub state: State,
    /// What it changes.
    pub changes: Vec<ChangeLine>,
    /// What was changed since, and left.
    pub kept: Vec<ChangeLine>,
    /// Rows without a code.
    pub skipped: i64,
    /// The reader may apply files, and take them back.
    pub may_edit: bool,
    /// It may still be taken back.
    pub may_undo: bool,
    /// What was just done.
    pub said: Option<Said>,
    /// Where the list of units is.
    pub list: &'static str,
}

impl CodeFilePage {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs(&self.chrome, self.list, Some(&self.name))
    }

    fn waits(&self) -> bool {
        self.state == State::Shown
    }

    fn tag(&self) -> (&'static str, &'static str) {
        state(&self.chrome, self.state)
    }

    fn lead(&self) -> String {
        let count = self.changes.len().to_string();
        fill(&self.chrome.t().console_units_codes_lead, &[("count", &count), ("at", &self.at)])
    }

    fn empty_rows(&self) -> Option<String> {
        let count = self.skipped.to_string();
        (self.skipped > 0).then(|| fill(&self.chrome.t().console_units_codes_skipped, &[("count", &count)]))
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }
}
