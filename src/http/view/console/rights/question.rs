//! The question: may this person enter that system, and why?

use super::{GroupWhy, Why, soon, unused};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, SelectOption};
use askama::Template;

/// Why a question was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsProblem {
    /// No name was typed.
    Empty,
    /// Nobody within the reader's bounds has the name.
    NotTheirs,
}

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The page with everything that the person can enter.
    pub address: String,
    /// Who was asked about.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// They may not sign in.
    pub disabled: bool,
    /// Their roles: all of them, or those of the client that was asked about.
    pub rights: Vec<Why>,
    /// Roles that are theirs by a post.
    pub groups: Vec<GroupWhy>,
    /// Systems that everybody enters who may sign in.
    pub open: Vec<String>,
}

impl Answered {
    /// Whether the person gets in.
    pub fn enters(&self) -> bool {
        let counts = self.rights.iter().chain(self.groups.iter().map(|group| &group.why)).any(Why::counts);
        !self.disabled && (counts || !self.open.is_empty())
    }
}

/// `GET /admin/rights`
#[derive(Debug, Template)]
#[template(path = "pages/console_rights.html")]
pub struct RightsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The user name that was typed.
    pub username: String,
    /// The client that was chosen; may be empty.
    pub client: String,
    /// The clients: id and name.
    pub clients: Vec<(String, String)>,
    /// The reader may ask about people.
    pub reads_people: bool,
    /// The answer.
    pub answered: Option<Answered>,
    /// What went wrong.
    pub problem: Option<RightsProblem>,
}

impl RightsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_rights)]
    }

    fn options(&self) -> Vec<SelectOption> {
        let option =
            |(id, name): &(String, String)| SelectOption { value: id.clone(), label: name.clone(), chosen: *id == self.client };
        self.clients.iter().map(option).collect()
    }

    fn sentence(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            RightsProblem::Empty => t.signin_empty.as_str(),
            RightsProblem::NotTheirs => t.console_rights_not_theirs.as_str(),
        })
    }

    /// The answer in a sentence.
    fn verdict(&self, answered: &Answered) -> String {
        let t = self.chrome.t();
        let system = self.clients.iter().find(|(id, _)| *id == self.client).map(|(_, name)| name.as_str());
        let who = answered.full_name.as_str();
        match (system, answered.enters()) {
            (_, _) if answered.disabled => fill(&t.console_rights_verdict_disabled, &[("who", who)]),
            (Some(system), true) => fill(&t.console_rights_verdict_yes, &[("who", who), ("system", system)]),
            (Some(system), false) => fill(&t.console_rights_verdict_no, &[("who", who), ("system", system)]),
            (None, _) => fill(&t.console_rights_verdict_all, &[("who", who)]),
        }
    }

    fn soon(&self) -> String {
        soon(self.chrome.t())
    }

    fn unused(&self) -> String {
        unused(self.chrome.t())
    }
}
