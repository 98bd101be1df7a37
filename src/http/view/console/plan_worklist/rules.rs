//! The rules of a plan with the form of a new one, and the seats that rules may go by with the form that takes a file of them.

use super::after_all;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::{Crumb, Pages, Said, SelectOption, number};
use crate::http::view::console::unit_codes::mistake;
use crate::http::view::console::{Console, Section};
use crate::model::row_error::RowError;
use askama::Template;

/// Mistakes that are shown one by one.
const MOST_SHOWN: usize = 100;

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesDone {
    /// A rule was made.
    Added,
    /// One was taken back.
    Removed,
    /// It had been taken back before.
    WasRemoved,
    /// Seats were read.
    SeatsRead,
}

impl RulesDone {
    const ALL: [Self; 4] = [Self::Added, Self::Removed, Self::WasRemoved, Self::SeatsRead];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::WasRemoved => "was-removed",
            Self::SeatsRead => "seats",
        }
    }

    /// Reads [`RulesDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulesProblem {
    /// Said by whoever makes rules.
    Rule(String),
    /// No file was chosen.
    NoFile,
    /// The file was not taken.
    Seats(String),
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
    /// Only of departments that sit at an address with these words, unless there are none.
    pub seat: String,
    /// The number of the decision.
    pub decision_no: String,
    /// Who made it.
    pub by: String,
    /// When, as shown.
    pub at: String,
}

/// A seat in the list.
#[derive(Debug, Clone)]
pub struct SeatLine {
    /// Code and name of the unit that ends.
    pub unit: String,
    /// The department; empty for the unit's own seat.
    pub department: String,
    /// The address.
    pub address: String,
    /// Who told it.
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
    /// Words of the seat's address.
    pub seat: String,
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
    /// The seats of this page, by their units.
    pub seats: Vec<SeatLine>,
    /// Where the reader is among these.
    pub seat_pages: Pages,
    /// The units that a rule may tell of.
    pub from: Vec<SelectOption>,
    /// The units that their people may go to.
    pub to: Vec<SelectOption>,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong.
    pub problem: Option<RulesProblem>,
    /// What is wrong in a file, row by row.
    pub mistakes: Vec<RowError>,
    /// Whether the reader may change rules.
    pub may_write: bool,
    /// True while something of the plan is not applied.
    pub is_open: bool,
    /// What was done.
    pub done: Option<RulesDone>,
    /// Whether an approval of the plan fits no more.
    pub fell: bool,
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
        let said = |done| match done {
            RulesDone::Added => Said::ok(&t.plan_worklist_rule_added),
            RulesDone::Removed => Said::ok(&t.plan_worklist_rule_removed),
            RulesDone::WasRemoved => Said { kind: "warn", text: t.plan_worklist_rule_was_removed.clone() },
            RulesDone::SeatsRead => Said::ok(&t.plan_worklist_seats_done),
        };
        self.done.map(|done| after_all(t, said(done), self.fell))
    }

    /// Whom a rule is about.
    fn whom(&self, line: &RuleLine) -> String {
        let t = self.chrome.t();
        let said = [
            (&t.plan_worklist_rule_department, &line.department),
            (&t.plan_worklist_rule_title, &line.title),
            (&t.plan_worklist_rule_seat, &line.seat),
        ];
        let narrowed: Vec<String> = said
            .into_iter()
            .filter(|(_, words)| !words.is_empty())
            .map(|(sentence, words)| fill(sentence, &[("words", words)]))
            .collect();
        if narrowed.is_empty() { t.plan_worklist_rule_everybody.clone() } else { narrowed.join("; ") }
    }

    fn made(&self, by: &str, at: &str) -> String {
        fill(&self.chrome.t().plan_worklist_rule_made, &[("by", by), ("at", at)])
    }

    /// Whether there is a form to make a rule with.
    fn has_form(&self) -> bool {
        self.may_write && !self.from.is_empty()
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.as_ref().map(|problem| match problem {
            RulesProblem::NoFile => t.plan_worklist_seats_no_file.clone(),
            RulesProblem::Rule(said) => said.clone(),
            RulesProblem::Seats(said) if self.mistakes.len() <= 1 => said.clone(),
            RulesProblem::Seats(_) => {
                let count = i64::try_from(self.mistakes.len()).unwrap_or(i64::MAX);
                fill(&t.plan_worklist_seats_mistakes_line, &[("count", &number(&self.chrome, count))])
            }
        })
    }

    /// Where a problem is mended.
    fn target(&self) -> &'static str {
        match self.problem {
            _ if !self.has_form() => "rules",
            Some(RulesProblem::NoFile | RulesProblem::Seats(_)) => "seats-file",
            Some(RulesProblem::Rule(_)) | None => "from",
        }
    }

    fn is_about(&self, field: &str) -> bool {
        self.problem.is_some() && self.target() == field
    }

    /// The mistakes that are shown one by one.
    fn shown(&self) -> &[RowError] {
        self.mistakes.get(..MOST_SHOWN).unwrap_or(&self.mistakes)
    }

    fn rest(&self) -> Option<String> {
        let rest = self.mistakes.len().checked_sub(MOST_SHOWN).filter(|rest| *rest > 0)?;
        let rest = number(&self.chrome, i64::try_from(rest).unwrap_or(i64::MAX));
        Some(fill(&self.chrome.t().plan_worklist_more_mistakes, &[("count", &rest)]))
    }

    fn told(&self, error: &RowError) -> String {
        mistake(self.chrome.locale, error)
    }
}
