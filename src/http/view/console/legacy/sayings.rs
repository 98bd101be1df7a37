//! What accounts say of their units, where nobody decided.

use super::account::Problem;
use super::words::reason;
use super::{HERE, SAYINGS};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Said, SelectOption, number};
use crate::service::legacy::review::{MOST_OF_SAYING, Saying, SayingSheet};
use askama::Template;

/// A saying, with the names of the units that it may be.
#[derive(Debug, Clone)]
pub struct SayingLine {
    /// As it was found.
    pub saying: Saying,
    /// The names.
    pub units: Vec<String>,
}

/// What is said, in one line.
fn told(saying: &Saying) -> String {
    let told = &saying.told;
    let parts: Vec<&str> =
        [&told.code, &told.name, &told.district].into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    parts.join(", ")
}

/// `GET /admin/legacy/sayings`
#[derive(Debug, Template)]
#[template(path = "pages/console_legacy_sayings.html")]
pub struct SayingsListPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// Those that are unknown, and not in question.
    pub unknown: bool,
    /// Unknown ones are the city's.
    pub is_city: bool,
    /// The sayings.
    pub lines: Vec<SayingLine>,
    /// The next ones.
    pub next: Option<String>,
    /// How many accounts were just decided about.
    pub done: Option<i64>,
}

impl SayingsListPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_legacy, HERE), Crumb::here(&t.console_legacy_sayings)]
    }

    fn said(&self) -> Option<Said> {
        let count = self.done.map(|count| number(&self.chrome, count))?;
        Some(Said::ok(&fill(&self.chrome.t().console_legacy_batch_done, &[("count", &count)])))
    }

    fn told(&self, line: &SayingLine) -> String {
        let told = told(&line.saying);
        if told.is_empty() { self.chrome.t().console_legacy_says_nothing.clone() } else { told }
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn address(&self, line: &SayingLine) -> String {
        format!("{SAYINGS}/{}", line.saying.name)
    }

    fn reason(&self, line: &SayingLine) -> &'static str {
        line.saying.reason.map_or("", |why| reason(self.chrome.t(), why))
    }

    fn count(&self, line: &SayingLine) -> String {
        number(&self.chrome, line.saying.accounts)
    }
}

/// `GET /admin/legacy/sayings/{id}`, and its answer when nothing was decided.
#[derive(Debug, Template)]
#[template(path = "pages/console_legacy_saying.html")]
pub struct SayingPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The saying and its accounts.
    pub sheet: SayingSheet,
    /// Units that it may be.
    pub units: Vec<SelectOption>,
    /// The code that was typed.
    pub code: String,
    /// The reason that was typed.
    pub reason: String,
    /// What is wrong.
    pub problem: Option<Problem>,
}

impl SayingPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb::to(&t.console_legacy, HERE),
            Crumb::to(&t.console_legacy_sayings, SAYINGS),
            Crumb::here(&t.console_legacy_saying),
        ]
    }

    fn here(&self) -> String {
        format!("{SAYINGS}/{}", self.sheet.saying.name)
    }

    fn told(&self) -> String {
        let told = told(&self.sheet.saying);
        if told.is_empty() { self.chrome.t().console_legacy_says_nothing.clone() } else { told }
    }

    fn why(&self) -> &'static str {
        self.sheet.saying.reason.map_or("", |why| reason(self.chrome.t(), why))
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.sentence(self.chrome.t()))
    }

    fn lead(&self) -> String {
        let count = number(&self.chrome, i64::try_from(self.sheet.accounts.len()).unwrap_or(i64::MAX));
        fill(&self.chrome.t().console_legacy_saying_lead, &[("count", &count)])
    }

    fn more_line(&self) -> Option<String> {
        let most = number(&self.chrome, i64::try_from(MOST_OF_SAYING).unwrap_or(i64::MAX));
        self.sheet.more.then(|| fill(&self.chrome.t().console_legacy_batch_more, &[("most", &most)]))
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn account(&self, name: &str) -> String {
        format!("{HERE}/accounts/{name}")
    }
}
