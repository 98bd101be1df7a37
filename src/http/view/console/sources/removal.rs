//! Asking for the removal of a source.

use super::crumbs_to;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, number};
use askama::Template;

/// Why nothing was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovalProblem {
    /// No reason was typed.
    NoReason,
    /// It cannot go, in one sentence.
    Refused(String),
}

/// `GET /admin/sources/{id}/removal`
#[derive(Debug, Template)]
#[template(path = "pages/console_source_removal.html")]
pub struct SourceRemoval {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many accounts go.
    pub accounts: i64,
    /// Of how many people.
    pub people: i64,
    /// Nobody and nothing would be left behind.
    pub safe: bool,
    /// The reason as typed.
    pub reason: String,
    /// What went wrong.
    pub problem: Option<RemovalProblem>,
}

impl SourceRemoval {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, Some((self.id.as_str(), self.name.as_str())), &self.chrome.t().console_sources_removal)
    }

    fn lead(&self) -> String {
        let (accounts, people) = (number(&self.chrome, self.accounts), number(&self.chrome, self.people));
        let values = [("name", self.name.as_str()), ("accounts", accounts.as_str()), ("people", people.as_str())];
        fill(&self.chrome.t().console_sources_removal_lead, &values)
    }

    fn problems(&self) -> Vec<(&'static str, String)> {
        let t = self.chrome.t();
        let said = self.problem.as_ref().map(|problem| match problem {
            RemovalProblem::NoReason => ("reason", t.console_sources_no_reason.clone()),
            RemovalProblem::Refused(reason) => ("removal-form", fill(&t.console_sources_wrong, &[("reason", reason)])),
        });
        said.into_iter().collect()
    }

    fn no_reason(&self) -> bool {
        self.problem == Some(RemovalProblem::NoReason)
    }
}
