//! What a plan does to one person.

use super::{Told, plan_address, stage_name, trail};
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::Crumb;
use askama::Template;

/// By what a post goes on, or why it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its unit goes whole into another one.
    Succession,
    /// By a rule.
    Rule,
    /// By a decision about this very post.
    Decision,
    /// Nobody has said yet.
    Open,
    /// Nothing comes after its unit.
    Gone,
    /// It has gone on.
    WentOn,
    /// It has ended.
    Ended,
}

/// What becomes of one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostLine {
    /// Its title.
    pub title: String,
    /// Its department; may be empty.
    pub department: String,
    /// Its unit of before.
    pub from: String,
    /// Where it goes on, and since when.
    pub to: Option<(String, String)>,
    /// The units that it may go to.
    pub candidates: Vec<String>,
    /// By what.
    pub cause: Cause,
    /// The number of the decision; may be empty.
    pub decision_no: String,
    /// Roles that are bound to it.
    pub roles: Vec<String>,
}

/// Somebody of a name that several have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The page about them.
    pub address: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// Their title; may be empty.
    pub title: String,
    /// Their unit; may be empty.
    pub unit: String,
}

/// Who was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// Nobody yet.
    Nobody,
    /// There is nobody of this name.
    Unknown,
    /// Some of whom one is to be chosen.
    Several {
        /// They.
        people: Vec<Match>,
        /// There are more of this name.
        is_more: bool,
    },
    /// Somebody.
    Found {
        /// Their id.
        id: String,
        /// Their full name.
        full_name: String,
        /// Their user name.
        username: String,
    },
}

/// `GET /admin/plans/{name}/person`
#[derive(Debug, Template)]
#[template(path = "pages/console_plan_person.html")]
pub struct PlanPersonPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The plan's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// What was typed.
    pub username: String,
    /// Who that is.
    pub sought: Sought,
    /// What becomes of their posts.
    pub posts: Vec<PostLine>,
    /// Why nothing can be told.
    pub trouble: Option<Told>,
}

impl PlanPersonPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        trail(t, (&self.name, &self.title), self.stage.as_deref(), &t.console_plans_person)
    }

    fn stage_name(&self) -> String {
        stage_name(self.chrome.t(), self.stage.as_deref())
    }

    fn here(&self) -> String {
        plan_address(&self.name, "/person", None)
    }

    fn trouble_said(&self) -> Option<String> {
        self.trouble.as_ref().map(|told| told.said(&self.chrome))
    }

    fn problem(&self) -> Option<&'static str> {
        (self.sought == Sought::Unknown).then_some(self.chrome.t().console_plans_no_person.as_str())
    }

    fn found(&self) -> Option<(&str, &str, &str)> {
        match &self.sought {
            Sought::Found { id, full_name, username } => Some((id.as_str(), full_name.as_str(), username.as_str())),
            Sought::Nobody | Sought::Unknown | Sought::Several { .. } => None,
        }
    }

    /// Those of whom one is to be chosen; nobody where nobody has to choose.
    fn matches(&self) -> &[Match] {
        match &self.sought {
            Sought::Several { people, .. } => people,
            Sought::Found { .. } | Sought::Nobody | Sought::Unknown => &[],
        }
    }

    fn is_more(&self) -> bool {
        matches!(self.sought, Sought::Several { is_more: true, .. })
    }

    /// What stands over the page while nobody is found.
    fn nobody(&self) -> &'static str {
        let t = self.chrome.t();
        if self.matches().is_empty() { &t.console_plans_no_person_yet } else { &t.console_plans_several }
    }

    fn cause(&self, post: &PostLine) -> (&'static str, &'static str) {
        let t = self.chrome.t();
        match post.cause {
            Cause::Succession => ("ok", &t.console_plans_by_succession),
            Cause::Rule => ("ok", &t.console_plans_by_rule),
            Cause::Decision => ("ok", &t.console_plans_by_decision),
            Cause::Open => ("warn", &t.console_plans_undecided),
            Cause::Gone => ("bad", &t.console_plans_gone),
            Cause::WentOn => ("ok", &t.console_plans_went_on),
            Cause::Ended => ("info", &t.console_plans_ended),
        }
    }
}
