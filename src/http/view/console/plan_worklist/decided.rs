//! What was decided of single posts, with the form that takes those back that are ticked.

use super::after_all;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::{Crumb, Said, number};
use crate::http::view::console::{Console, Section};
use crate::service::reorganization::desk::Filter;
use askama::Template;

/// Why nothing was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecidedProblem {
    /// Nothing was ticked.
    Nobody,
    /// Said by whoever takes decisions back.
    Refused(String),
}

/// A decision in the list.
#[derive(Debug, Clone)]
pub struct DecidedLine {
    /// The id of whose post it is about.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The department; may be empty.
    pub department: String,
    /// The title.
    pub title: String,
    /// Code and name of the unit that ends; may be empty.
    pub from: String,
    /// Code and name of the unit in which the post goes on.
    pub to: String,
    /// The number of the decision.
    pub decision_no: String,
    /// Who made it.
    pub by: String,
    /// When.
    pub at: String,
    /// Whether the post has gone on by it.
    pub counts: bool,
    /// Whether the reader may take it back.
    pub may_take_back: bool,
    /// What a form sends for it.
    pub value: String,
}

/// `GET /admin/plans/{name}/worklist/decided`, and the answer to a form that took nothing back.
#[derive(Debug, Template)]
#[template(path = "pages/console_plan_decided.html")]
pub struct DecidedListPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What the plan is called.
    pub title: String,
    /// Whether the reader may open the plan itself.
    pub reads_plan: bool,
    /// Whether the reader decides about any post.
    pub decides: bool,
    /// The decisions of this page.
    pub lines: Vec<DecidedLine>,
    /// What narrows the list.
    pub filter: Filter,
    /// Whether anything does.
    pub is_narrowed: bool,
    /// Where this page begins; empty for the first one.
    pub after: String,
    /// The first page.
    pub first: String,
    /// The next page.
    pub next: Option<String>,
    /// What is wrong.
    pub problem: Option<DecidedProblem>,
    /// How many were taken back just now.
    pub taken_back: Option<i64>,
    /// Whether an approval of the plan fits no more.
    pub fell: bool,
    /// Decisions of a page.
    pub most: usize,
    /// The address of the list.
    pub here: String,
}

impl DecidedListPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        let mut crumbs = vec![Crumb::to(&t.plan_worklist_plans, Section::Plans.address())];
        if self.reads_plan {
            crumbs.push(Crumb::to(&self.title, self.plan()));
        }
        crumbs.push(Crumb::here(&t.plan_worklist_decisions));
        crumbs
    }

    /// The address of the list of those who wait.
    fn worklist(&self) -> &str {
        self.here.strip_suffix("/decided").unwrap_or(&self.here)
    }

    /// The address of the plan.
    fn plan(&self) -> &str {
        self.worklist().strip_suffix("/worklist").unwrap_or(&self.here)
    }

    fn lead(&self) -> String {
        fill(&self.chrome.t().plan_worklist_decisions_lead, &[("plan", &self.title)])
    }

    fn sentence(&self) -> Option<String> {
        self.problem.as_ref().map(|problem| match problem {
            DecidedProblem::Nobody => self.chrome.t().plan_worklist_decisions_nobody.clone(),
            DecidedProblem::Refused(said) => said.clone(),
        })
    }

    fn said(&self) -> Option<Said> {
        let t = self.chrome.t();
        let said = |count| Said::ok(&fill(&t.plan_worklist_taken_back, &[("count", &number(&self.chrome, count))]));
        self.taken_back.map(|count| after_all(t, said(count), self.fell))
    }

    fn has_form(&self) -> bool {
        self.lines.iter().any(|line| line.may_take_back)
    }

    fn tick(&self, line: &DecidedLine) -> String {
        fill(&self.chrome.t().plan_worklist_tick, &[("name", &line.full_name), ("title", &line.title)])
    }

    fn made(&self, line: &DecidedLine) -> String {
        fill(&self.chrome.t().plan_worklist_rule_made, &[("by", &line.by), ("at", &line.at)])
    }

    fn page_line(&self) -> String {
        let most = number(&self.chrome, i64::try_from(self.most).unwrap_or(i64::MAX));
        fill(&self.chrome.t().plan_worklist_at_once, &[("most", &most)])
    }
}
