//! The rules of a plan, with the form of a new one.

use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::{Crumb, Pages, Said, SelectOption};
use crate::http::view::console::{Console, Section};
use askama::Template;

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesDone {
    /// A rule was made.
    Added,
    /// One was taken back.
    Removed,
    /// It had been taken back before.
    WasRemoved,
}

impl RulesDone {
    const ALL: [Self; 3] = [Self::Added, Self::Removed, Self::WasRemoved];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::WasRemoved => "was-removed",
        }
    }

    /// Reads [`RulesDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// A rule in the list.
#[derive(Debug, Clone)]
pub struct RuleLine {
    /// Its id.
    pub id: String,
    /// Code and name of the unit that ends.
    pub from: String,
    /// Code and name of the unit in which its people go on.
    pub to: String,
    /// Only of this department, unless that is empty.
    pub department: String,
    /// Only of this title, unless that is empty.
    pub title: String,
    /// The number of the decision.
    pub decision_no: String,
    /// Who made it.
    pub by: String,
    /// When, as shown.
    pub at: String,
}

/// What was typed of a new rule.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The unit that ends.
    pub from: String,
    /// The department.
    pub department: String,
    /// The title.
    pub title: String,
    /// The unit in which they go on.
    pub to: String,
    /// The number of the decision.
    pub decision_no: String,
}

/// `GET /admin/plans/{name}/rules`, and the answer to a form that changed nothing.
#[derive(Debug, Template)]
#[template(path = "pages/console_plan_rules.html")]
pub struct RulesPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The plan.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// The rules of this page, in the order in which they count.
    pub lines: Vec<RuleLine>,
    /// Where the reader is among them.
    pub pages: Pages,
    /// The units that a rule may tell of.
    pub from: Vec<SelectOption>,
    /// The units that their people may go to.
    pub to: Vec<SelectOption>,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong.
    pub problem: Option<String>,
    /// Whether the reader may change rules.
    pub may_write: bool,
    /// True while something of the plan is not applied.
    pub is_open: bool,
    /// What was done.
    pub done: Option<RulesDone>,
    /// The address of this page.
    pub here: String,
}

impl RulesPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb::to(&t.plan_worklist_plans, Section::Plans.address()),
            Crumb::to(&self.title, &format!("/admin/plans/{}", self.name)),
            Crumb::here(&t.plan_worklist_rules),
        ]
    }

    fn lead(&self) -> String {
        fill(&self.chrome.t().plan_worklist_rules_lead, &[("plan", &self.title)])
    }

    fn said(&self) -> Option<Said> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            RulesDone::Added => Said::ok(&t.plan_worklist_rule_added),
            RulesDone::Removed => Said::ok(&t.plan_worklist_rule_removed),
            RulesDone::WasRemoved => Said { kind: "warn", text: t.plan_worklist_rule_was_removed.clone() },
        })
    }

    /// Whom a rule is about.
    fn whom(&self, line: &RuleLine) -> String {
        let t = self.chrome.t();
        let said = [(&t.plan_worklist_rule_department, &line.department), (&t.plan_worklist_rule_title, &line.title)];
        let narrowed: Vec<String> = said
            .into_iter()
            .filter(|(_, words)| !words.is_empty())
            .map(|(sentence, words)| fill(sentence, &[("words", words)]))
            .collect();
        if narrowed.is_empty() { t.plan_worklist_rule_everybody.clone() } else { narrowed.join("; ") }
    }

    fn made(&self, line: &RuleLine) -> String {
        fill(&self.chrome.t().plan_worklist_rule_made, &[("by", &line.by), ("at", &line.at)])
    }

    /// Whether there is a form to make a rule with.
    fn has_form(&self) -> bool {
        self.may_write && !self.from.is_empty()
    }

    /// Where a problem is mended.
    fn target(&self) -> &'static str {
        if self.has_form() { "from" } else { "rules" }
    }
}
