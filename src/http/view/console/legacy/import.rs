//! Files of legacy accounts: the list with the form that sends one, and one file with what it would do.

use super::{HERE, IMPORT};
use crate::base::locale::Locale;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Said, SelectOption, number};
use crate::service::legacy::files::{File, Mistake, Report, State};
use askama::Template;

/// Why a file was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// None was chosen.
    NoFile,
    /// Its source is not there, or is stopped.
    NoSource,
    /// It is too large.
    TooLarge,
    /// Too many files wait.
    TooMany,
}

impl Refused {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NoFile, Self::NoSource, Self::TooLarge, Self::TooMany];
}

fn state_name(t: &'static Words, state: State) -> (&'static str, &'static str) {
    match state {
        State::Uploading => ("info", t.console_imports_state_uploading.as_str()),
        State::Checking => ("info", t.console_imports_state_checking.as_str()),
        State::Checked => ("warn", t.console_imports_state_checked.as_str()),
        State::Importing => ("info", t.console_imports_state_applying.as_str()),
        State::Done => ("ok", t.console_imports_state_applied.as_str()),
        State::Failed => ("bad", t.console_imports_state_failed.as_str()),
        State::Discarded => ("", t.console_imports_state_discarded.as_str()),
    }
}

/// `GET /admin/legacy/import`, and its answer to a file that was not taken.
#[derive(Debug, Template)]
#[template(path = "pages/console_legacy_imports.html")]
pub struct FilesPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The files, newest first, each with who sent it and when.
    pub files: Vec<(File, String, String)>,
    /// Sources that files are read for.
    pub sources: Vec<SelectOption>,
    /// Encodings.
    pub encodings: Vec<SelectOption>,
    /// Why a file was not taken.
    pub refused: Option<Refused>,
}

impl FilesPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_legacy, HERE), Crumb::here(&t.console_legacy_import)]
    }

    fn tag(&self, file: &File) -> (&'static str, &'static str) {
        state_name(self.chrome.t(), file.state)
    }

    fn number(&self, count: i64) -> String {
        number(&self.chrome, count)
    }

    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.refused.map(|refused| match refused {
            Refused::NoFile => t.console_imports_no_file.as_str(),
            Refused::NoSource => t.console_legacy_no_source.as_str(),
            Refused::TooLarge => t.console_legacy_too_large.as_str(),
            Refused::TooMany => t.console_imports_too_many.as_str(),
        })
    }

    fn target(&self) -> &'static str {
        if self.refused == Some(Refused::NoSource) { "source" } else { "file" }
    }

    fn is_about_the_file(&self) -> bool {
        self.refused.is_some() && self.target() == "file"
    }

    fn is_about_the_source(&self) -> bool {
        self.refused == Some(Refused::NoSource)
    }
}

/// `GET /admin/legacy/import/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_legacy_import.html")]
pub struct FilePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The file.
    pub file: File,
    /// Who sent it, and when, as shown.
    pub sent: (String, String),
    /// Encodings.
    pub encodings: Vec<SelectOption>,
    /// What was pressed could not be done.
    pub not_now: bool,
}

impl FilePage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_legacy, HERE), Crumb::to(&t.console_legacy_import, IMPORT), Crumb::here(&self.file.name)]
    }

    fn said(&self) -> Option<Said> {
        self.not_now.then(|| Said { kind: "warn", text: self.chrome.t().console_imports_not_now.clone() })
    }

    fn tag(&self) -> (&'static str, &'static str) {
        state_name(self.chrome.t(), self.file.state)
    }

    fn lead(&self) -> String {
        fill(&self.chrome.t().console_imports_sent, &[("by", &self.sent.0), ("at", &self.sent.1)])
    }

    fn here(&self) -> String {
        format!("{IMPORT}/{}", self.file.id)
    }

    fn is_at_work(&self) -> bool {
        match self.file.state {
            State::Uploading | State::Checking | State::Importing => true,
            State::Checked | State::Done | State::Failed | State::Discarded => false,
        }
    }

    fn is_checked(&self) -> bool {
        self.file.state == State::Checked
    }

    fn progress(&self) -> String {
        fill(&self.chrome.t().console_imports_progress, &[("read", &number(&self.chrome, self.file.rows))])
    }

    fn trouble(&self) -> Option<&str> {
        let said = if self.chrome.locale == Locale::Vi { &self.file.problem.0 } else { &self.file.problem.1 };
        (!said.is_empty()).then_some(said.as_str())
    }

    /// The report, when the file could be read as it was asked.
    fn report(&self) -> Option<&Report> {
        self.file.report.as_ref().filter(|report| !report.contradicted)
    }

    fn contradicted(&self) -> Option<String> {
        let report = self.file.report.as_ref().filter(|report| report.contradicted)?;
        Some(fill(&self.chrome.t().console_legacy_contradicted, &[("encoding", &report.encoding)]))
    }

    fn encoding(&self, report: &Report) -> String {
        let t = self.chrome.t();
        let sentence = if report.detected { &t.console_legacy_encoding_found } else { &t.console_legacy_encoding_named };
        fill(sentence, &[("encoding", &report.encoding)])
    }

    fn figures(&self, report: &Report) -> [(&'static str, String); 5] {
        let t = self.chrome.t();
        let told = |count: u64| number(&self.chrome, i64::try_from(count).unwrap_or(i64::MAX));
        [
            (t.console_imports_rows.as_str(), told(report.rows)),
            (t.console_imports_effect_bad.as_str(), told(report.bad)),
            (t.console_legacy_added.as_str(), told(report.added)),
            (t.console_legacy_changed_rows.as_str(), told(report.changed)),
            (t.console_legacy_same_rows.as_str(), told(report.same)),
        ]
    }

    fn hashes(&self, report: &Report) -> String {
        let told = |(scheme, count): (&String, &u64)| {
            format!("{scheme} {}", number(&self.chrome, i64::try_from(*count).unwrap_or(i64::MAX)))
        };
        report.passwords.iter().map(told).collect::<Vec<_>>().join(", ")
    }

    fn mistake<'m>(&self, mistake: &'m Mistake) -> &'m str {
        if self.chrome.locale == Locale::Vi { &mistake.vi } else { &mistake.en }
    }

    fn more_line(&self, report: &Report) -> Option<String> {
        let count = number(&self.chrome, i64::try_from(report.more).unwrap_or(i64::MAX));
        (report.more > 0).then(|| fill(&self.chrome.t().console_legacy_more_mistakes, &[("count", &count)]))
    }
}
