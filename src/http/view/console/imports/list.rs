//! The list of files, with the form that brings another one.

use super::words::{kind_name, state_name};
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, number};
use crate::model::import::{ImportKind, ImportState};
use askama::Template;

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
    /// The reader may send files.
    pub may_send: bool,
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
