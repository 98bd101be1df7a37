//! What one person can enter, and why; with the forms that give and take back.

use super::give::reason_hint;
use super::{GiveProblem, GiveTyped, GroupWhy, RightDone, Why, crumbs};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Said, SelectOption};
use askama::Template;

/// `GET /admin/rights/people/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_person.html")]
pub struct PersonRightsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// Who, by id.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// They may not sign in.
    pub disabled: bool,
    /// Their roles, by system.
    pub rights: Vec<Why>,
    /// Roles that are theirs by a post.
    pub groups: Vec<GroupWhy>,
    /// Systems that everybody enters who may sign in.
    pub open: Vec<String>,
    /// The reader may give and take back.
    pub may_give: bool,
    /// What the reader may give: a client and a role.
    pub offered: Vec<SelectOption>,
    /// The posts of today within the reader's bounds, to bind a role to.
    pub positions: Vec<SelectOption>,
    /// The reader may give a role for every post.
    pub any_post: bool,
    /// What was typed.
    pub typed: GiveTyped,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub problem: Option<GiveProblem>,
    /// What was just done.
    pub done: Option<RightDone>,
}

impl PersonRightsPage {
    fn said(&self) -> Option<Said> {
        self.done.map(|done| done.said(self.chrome.t()))
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.said(self.chrome.t()))
    }

    fn target(&self) -> &'static str {
        match self.problem {
            Some(GiveProblem::Post) => "position",
            Some(GiveProblem::Days) => "from",
            Some(GiveProblem::Reason) => "reason",
            Some(GiveProblem::EndReason) => "end-reason",
            Some(GiveProblem::Gone | GiveProblem::EndNotTheirs) => "grant",
            Some(GiveProblem::Person | GiveProblem::Own | GiveProblem::Role | GiveProblem::Already) | None => "right",
        }
    }

    /// What is wrong with one field.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.sentence().filter(|_| self.target() == field)
    }

    fn reason_hint(&self) -> String {
        reason_hint(self.chrome.t(), self.longest)
    }

    fn crumbs(&self) -> Vec<Crumb> {
        crumbs(self.chrome.t(), &self.full_name)
    }

    fn title(&self) -> String {
        fill(&self.chrome.t().console_rights_person_title, &[("who", &self.full_name)])
    }
}
