//! The records: what was found, one entry, and how the chain stands.

mod chain;
mod entry;
mod line;
mod names;
#[cfg(test)]
mod tests;

pub use chain::{ChainCard, Standing};
pub use entry::{EntryPage, PlaceView};
pub use line::{EntryLine, Who};

use super::Console;
use super::parts::{Crumb, Pages};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::service::trail::search::{MOST_DAYS, MOST_DAYS_OF_ALL};
use askama::Template;

/// Where it begins.
const HERE: &str = "/admin/audit";

/// The fields of a search, as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFields {
    /// Who did it.
    pub who: String,
    /// To whom.
    pub whom: String,
    /// At which client.
    pub client: String,
    /// Which event, or all that begin with a word.
    pub event: String,
    /// From where.
    pub address: String,
    /// In which request.
    pub request: String,
    /// The first day.
    pub from: String,
    /// The last one.
    pub to: String,
}

/// What is wrong about a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditProblem {
    /// Nobody is called so.
    Who,
    /// Nobody is called so.
    Whom,
    /// That is no client's id.
    Client,
    /// That is no event.
    Event,
    /// That is no address.
    Address,
    /// That is no request's number.
    Request,
    /// The days cannot be read.
    Days,
    /// They come in the wrong order, or are too many.
    TooLong,
}

/// A field of the search.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What goes in.
    pub hint: &'static str,
    /// What was typed.
    pub value: String,
    /// Something is wrong with it.
    pub wrong: bool,
}

impl Input {
    fn has_hint(&self) -> bool {
        !self.hint.is_empty()
    }

    /// Whether words to choose from are offered with it.
    fn has_list(&self) -> bool {
        self.name == "event"
    }

    fn described_by(&self) -> String {
        let hint = if self.has_hint() { format!("{}-hint", self.name) } else { String::new() };
        let problem = if self.wrong { format!("{}-problem", self.name) } else { String::new() };
        [hint, problem].join(" ").trim().to_owned()
    }
}

/// `GET /admin/audit`
#[derive(Debug, Template)]
#[template(path = "pages/console_audit.html")]
pub struct AuditPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What was asked.
    pub fields: AuditFields,
    /// Groups of the events that are on record, such as `sign_in.*`.
    pub events: Vec<String>,
    /// Newest first.
    pub lines: Vec<EntryLine>,
    /// Where the list goes on.
    pub pages: Pages,
    /// The same search as files: what each is called, and where it is.
    pub exports: Vec<(String, String)>,
    /// How the chain stands; on the first page only.
    pub chain: Option<ChainCard>,
    /// What is wrong about the search.
    pub problem: Option<AuditProblem>,
}

impl AuditPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_audit)]
    }

    /// The field with the mistake.
    fn target(&self) -> &'static str {
        match self.problem {
            Some(AuditProblem::Who) | None => "who",
            Some(AuditProblem::Whom) => "whom",
            Some(AuditProblem::Client) => "client",
            Some(AuditProblem::Event) => "event",
            Some(AuditProblem::Address) => "address",
            Some(AuditProblem::Request) => "request",
            Some(AuditProblem::Days | AuditProblem::TooLong) => "from",
        }
    }

    fn mistake(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            AuditProblem::Who | AuditProblem::Whom => t.console_audit_problem_nobody.clone(),
            AuditProblem::Client => t.console_audit_problem_client.clone(),
            AuditProblem::Event => t.console_audit_problem_event.clone(),
            AuditProblem::Address => t.console_audit_problem_address.clone(),
            AuditProblem::Request => t.console_audit_problem_request.clone(),
            AuditProblem::Days => t.console_audit_problem_days.clone(),
            AuditProblem::TooLong => {
                let (narrow, all) = (MOST_DAYS.to_string(), MOST_DAYS_OF_ALL.to_string());
                fill(&t.console_audit_problem_too_long, &[("narrow", &narrow), ("all", &all)])
            }
        })
    }

    fn inputs(&self) -> Vec<Input> {
        let (t, fields) = (self.chrome.t(), &self.fields);
        let all: [(&'static str, &'static str, &'static str, &String); 8] = [
            ("who", &t.console_audit_who, &t.console_audit_who_hint, &fields.who),
            ("whom", &t.console_audit_whom, "", &fields.whom),
            ("client", &t.console_audit_client, "", &fields.client),
            ("event", &t.console_audit_event, &t.console_audit_event_hint, &fields.event),
            ("address", &t.console_audit_address, "", &fields.address),
            ("request", &t.console_audit_request, &t.console_audit_request_hint, &fields.request),
            ("from", &t.console_audit_from, &t.console_audit_day_hint, &fields.from),
            ("to", &t.console_audit_to, "", &fields.to),
        ];
        let wrong = |name: &str| self.problem.is_some() && self.target() == name;
        let input = |(name, label, hint, value): (&'static str, &'static str, &'static str, &String)| Input {
            name,
            label,
            hint,
            value: value.clone(),
            wrong: wrong(name),
        };
        all.into_iter().map(input).collect()
    }
}
