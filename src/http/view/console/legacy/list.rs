//! The worklist.

use super::HERE;
use super::words::{decision, rule, unit_decision};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Said, SelectOption, number};
use crate::model::matching::Rule;
use crate::service::legacy::review::{BatchAct, Filter, WorkLine};
use askama::Template;

/// An account of the list, with the names of what it led to.
#[derive(Debug, Clone)]
pub struct ListLine {
    /// As it was found.
    pub line: WorkLine,
    /// Its unit's name today; may be empty.
    pub unit: String,
    /// Whose it is; may be empty.
    pub owner: String,
}

/// `GET /admin/legacy`
#[derive(Debug, Template)]
#[template(path = "pages/console_legacy.html")]
pub struct ListPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What is asked for.
    pub filter: Filter,
    /// The unit of the filter, as typed.
    pub unit: String,
    /// The unit that was typed is none.
    pub no_unit: bool,
    /// The ids of the sources.
    pub sources: Vec<String>,
    /// The accounts.
    pub lines: Vec<ListLine>,
    /// These are the first ones.
    pub is_first: bool,
    /// The list from its beginning.
    pub first: String,
    /// The next ones.
    pub next: Option<String>,
    /// The query of this list, for decisions about all of it.
    pub query: String,
    /// The reader brings files too.
    pub may_import: bool,
    /// How many were just decided about.
    pub done: Option<i64>,
}

impl ListPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_legacy)]
    }

    fn said(&self) -> Option<Said> {
        let count = self.done.map(|count| number(&self.chrome, count))?;
        Some(Said::ok(&fill(&self.chrome.t().console_legacy_batch_done, &[("count", &count)])))
    }

    fn problem(&self) -> Option<&'static str> {
        self.no_unit.then_some(self.chrome.t().console_legacy_no_unit.as_str())
    }

    fn sources(&self) -> Vec<SelectOption> {
        let option = |id: &String| SelectOption { value: id.clone(), label: id.clone(), chosen: *id == self.filter.source };
        self.sources.iter().map(option).collect()
    }

    fn decisions(&self) -> Vec<SelectOption> {
        let t = self.chrome.t();
        let option = |word: &str| SelectOption {
            value: word.to_owned(),
            label: decision(t, word).1.to_owned(),
            chosen: word == self.filter.decision,
        };
        ["review", "linked", "created", "rejected"].map(option).to_vec()
    }

    fn rules(&self) -> Vec<SelectOption> {
        let t = self.chrome.t();
        let option = |known: &Rule| SelectOption {
            value: known.word().to_owned(),
            label: rule(t, known.word()).to_owned(),
            chosen: known.word() == self.filter.rule,
        };
        Rule::ALL.iter().map(option).collect()
    }

    fn units(&self) -> Vec<SelectOption> {
        let t = self.chrome.t();
        let option = |word: &str| SelectOption {
            value: word.to_owned(),
            label: unit_decision(t, word).1.to_owned(),
            chosen: word == self.filter.unit_decision,
        };
        ["review", "unknown", "mapped"].map(option).to_vec()
    }

    fn tag(&self, line: &ListLine) -> (&'static str, &'static str) {
        decision(self.chrome.t(), &line.line.decision)
    }

    fn unit_tag(&self, line: &ListLine) -> (&'static str, &'static str) {
        unit_decision(self.chrome.t(), &line.line.unit_decision)
    }

    fn rule(&self, line: &ListLine) -> &'static str {
        rule(self.chrome.t(), &line.line.rule)
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn address(&self, line: &ListLine) -> String {
        format!("{HERE}/accounts/{}", line.line.name)
    }

    fn acts(&self) -> [(&'static str, &'static str); 3] {
        let t = self.chrome.t();
        BatchAct::ALL.map(|act| (act.word(), act_name(t, act)))
    }
}

/// What is done with many.
pub(super) fn act_name(t: &'static crate::base::words::Words, act: BatchAct) -> &'static str {
    match act {
        BatchAct::Link => &t.console_legacy_batch_link,
        BatchAct::Create => &t.console_legacy_batch_create,
        BatchAct::Reject => &t.console_legacy_batch_reject,
    }
}
