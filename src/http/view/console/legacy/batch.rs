//! A decision about many, before it is made.

use super::HERE;
use super::list::act_name;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, number};
use crate::service::legacy::review::{BatchLine, MOST_AT_ONCE, Outcome, Preview};
use askama::Template;

/// Why nothing was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchProblem {
    /// The reason is missing, too long or unreadable.
    Reason,
    /// The accounts are others by now, or say something else: they are shown anew.
    Changed,
    /// There is nothing to do.
    Nothing,
}

/// `POST /admin/legacy/batch`
#[derive(Debug, Template)]
#[template(path = "pages/console_legacy_batch.html")]
pub struct BatchPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What it would do.
    pub preview: Preview,
    /// Which accounts: the query of the list.
    pub query: String,
    /// The reason that was typed.
    pub reason: String,
    /// What is wrong.
    pub problem: Option<BatchProblem>,
}

impl BatchPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_legacy, HERE), Crumb::here(self.title())]
    }

    fn title(&self) -> &'static str {
        act_name(self.chrome.t(), self.preview.act)
    }

    fn back(&self) -> String {
        if self.query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{}", self.query) }
    }

    fn sentence(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            BatchProblem::Reason => t.console_legacy_no_reason.as_str(),
            BatchProblem::Changed => t.console_legacy_batch_changed.as_str(),
            BatchProblem::Nothing => t.console_legacy_nothing.as_str(),
        })
    }

    /// Where a problem is mended; nothing is wrong with the field when the accounts are others.
    fn target(&self) -> &'static str {
        if self.is_about_the_reason() { "reason" } else { "batch" }
    }

    fn is_about_the_reason(&self) -> bool {
        self.problem == Some(BatchProblem::Reason)
    }

    fn lead(&self) -> String {
        let told = |count: usize| number(&self.chrome, i64::try_from(count).unwrap_or(i64::MAX));
        let (count, all) = (told(self.preview.count), told(self.preview.lines.len()));
        fill(&self.chrome.t().console_legacy_batch_lead, &[("count", &count), ("all", &all)])
    }

    fn more_line(&self) -> Option<String> {
        let most = number(&self.chrome, i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX));
        self.preview.more.then(|| fill(&self.chrome.t().console_legacy_batch_more, &[("most", &most)]))
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn address(&self, line: &BatchLine) -> String {
        format!("{HERE}/accounts/{}", line.name)
    }

    fn outcome(&self, line: &BatchLine) -> (&'static str, &'static str) {
        let t = self.chrome.t();
        match line.outcome {
            Outcome::Linked(_) => ("ok", t.console_legacy_linked.as_str()),
            Outcome::Created => ("ok", t.console_legacy_created.as_str()),
            Outcome::Rejected => ("info", t.console_legacy_rejected.as_str()),
            Outcome::Own => ("warn", t.console_legacy_left_own.as_str()),
            Outcome::NoOnlyPerson => ("warn", t.console_legacy_left_several.as_str()),
            Outcome::Nameless => ("warn", t.console_legacy_left_nameless.as_str()),
            Outcome::UnitFirst => ("warn", t.console_legacy_left_unit.as_str()),
        }
    }

    /// The page about whoever it goes to.
    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn person(&self, line: &BatchLine) -> Option<String> {
        match &line.outcome {
            Outcome::Linked(person) => Some(format!("/admin/people/{person}")),
            Outcome::Created
            | Outcome::Rejected
            | Outcome::Own
            | Outcome::NoOnlyPerson
            | Outcome::Nameless
            | Outcome::UnitFirst => None,
        }
    }
}
