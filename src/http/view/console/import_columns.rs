//! What the columns of a file are, and the page before a file is taken back.

use super::Console;
use super::imports::{HERE, column_name, kind_name};
use super::parts::{Crumb, SelectOption};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::model::import::ImportKind;
use askama::Template;

/// Why a file cannot be read so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnsProblem {
    /// A column that is needed is said by none.
    Missing(String),
    /// Two of ours are said by the same column.
    Twice(String),
}

/// One of our columns, and those of the file that may say it.
#[derive(Debug, Clone)]
pub struct ColumnLine {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// A file without it is not taken.
    pub required: bool,
    /// The columns of the file.
    pub options: Vec<SelectOption>,
}

/// `GET /admin/imports/{id}`, while it is not said what its columns are.
#[derive(Debug, Template)]
#[template(path = "pages/console_import_columns.html")]
pub struct ColumnsPage {
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
    /// Our columns.
    pub columns: Vec<ColumnLine>,
    /// What is wrong with what was said.
    pub problem: Option<ColumnsProblem>,
}

impl ColumnsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_imports, HERE), Crumb::here(&self.name)]
    }

    fn lead(&self) -> String {
        fill(&self.chrome.t().console_imports_columns_lead, &[("kind", kind_name(&self.chrome, self.kind))])
    }

    fn problem(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.as_ref().map(|problem| match problem {
            ColumnsProblem::Missing(column) => {
                fill(&t.console_imports_columns_missing, &[("column", &column_name(&self.chrome, column))])
            }
            ColumnsProblem::Twice(theirs) => fill(&t.console_imports_columns_twice, &[("column", theirs)]),
        })
    }

    /// The field that a problem is about.
    fn target(&self) -> String {
        let name = match &self.problem {
            Some(ColumnsProblem::Missing(column)) => column.clone(),
            Some(ColumnsProblem::Twice(theirs)) => {
                let chosen = |line: &&ColumnLine| line.options.iter().any(|option| option.chosen && option.value == *theirs);
                self.columns.iter().filter(chosen).nth(1).map(|line| line.name.clone()).unwrap_or_default()
            }
            None => String::new(),
        };
        format!("column-{name}")
    }

    fn is_wrong(&self, line: &ColumnLine) -> bool {
        self.problem.is_some() && self.target() == format!("column-{}", line.name)
    }
}

/// `GET /admin/imports/{id}/undo`
#[derive(Debug, Template)]
#[template(path = "pages/console_import_undo.html")]
pub struct UndoPage {
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
    /// When it was applied, as shown.
    pub applied_at: String,
    /// Until when it can be taken back, as shown.
    pub until: String,
    /// It changed nothing, so nothing is taken back.
    pub is_empty: bool,
}

impl UndoPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        let file = Crumb::to(&self.name, &format!("{HERE}/{}", self.id));
        vec![Crumb::to(&t.console_imports, HERE), file, Crumb::here(&t.console_imports_undo)]
    }

    fn lead(&self) -> String {
        let values =
            [("kind", kind_name(&self.chrome, self.kind)), ("at", self.applied_at.as_str()), ("until", self.until.as_str())];
        fill(&self.chrome.t().console_imports_undo_lead, &values)
    }
}
