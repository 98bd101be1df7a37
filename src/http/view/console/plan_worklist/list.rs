//! The posts that wait for a decision, with the form that decides about those that are ticked, and the file.

use super::after_all;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::{Crumb, Said, SelectOption, number};
use crate::http::view::console::unit_codes::mistake;
use crate::http::view::console::{Console, Section};
use crate::model::row_error::RowError;
use crate::service::reorganization::desk::{Filter, PAPER};
use askama::Template;

/// Mistakes that are shown one by one.
const MOST_SHOWN: usize = 100;

/// Why nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Nobody was ticked.
    Nobody,
    /// No unit was chosen.
    NoUnit,
    /// The number of the decision is missing or none.
    Number(String),
    /// Said by whoever decides.
    Refused(String),
    /// No file was chosen.
    NoFile,
    /// The file says of nobody where they go.
    NothingChosen,
    /// The file has mistakes.
    File(String),
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// So many posts were decided.
    Decided(i64),
    /// A file was checked that decides so many.
    Checked(i64),
}

impl Done {
    /// The word of addresses for what was decided.
    pub const DECIDED: &'static str = "decided";
    /// The word of addresses for what was only checked.
    pub const CHECKED: &'static str = "checked";

    /// Reads an address, of which `count` knows the numbers.
    pub fn read(count: impl Fn(&str) -> Option<i64>) -> Option<Self> {
        let checked = || count(Self::CHECKED).map(Self::Checked);
        count(Self::DECIDED).map(Self::Decided).or_else(checked)
    }
}

/// A post in the list.
#[derive(Debug, Clone)]
pub struct PostLine {
    /// The owner's id.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The department; may be empty.
    pub department: String,
    /// The title.
    pub title: String,
    /// Codes and names of the units that it may go on in.
    pub candidates: Vec<String>,
    /// Whether the reader may decide about it.
    pub may_decide: bool,
    /// What a form sends for it.
    pub value: String,
    /// Whether it is ticked.
    pub chosen: bool,
}

/// The posts of a unit that ends.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its code and name.
    pub unit: String,
    /// The list of it alone.
    pub only: String,
    /// Its posts.
    pub lines: Vec<PostLine>,
}

/// `GET /admin/plans/{name}/worklist`, and the answer to a form or a file that decided nothing.
#[derive(Debug, Template)]
#[template(path = "pages/console_plan_worklist.html")]
pub struct ListPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What the plan is called.
    pub title: String,
    /// Its day, as shown; may be empty.
    pub effective: String,
    /// True when nothing of the plan is left to apply.
    pub is_applied: bool,
    /// Whether the reader decides about any post.
    pub decides: bool,
    /// Whether the reader may open the plan itself, and its rules.
    pub reads_plan: bool,
    /// The posts of this page, by unit.
    pub groups: Vec<Group>,
    /// The units that the reader may choose for any of them, as the plan says.
    pub choices: Vec<SelectOption>,
    /// Codes and names of the units that the reader may choose where it may be any.
    pub anywhere: Vec<String>,
    /// What was typed of such a unit.
    pub named: String,
    /// Whether this is the first page.
    pub is_first: bool,
    /// The first page.
    pub first: String,
    /// The next page.
    pub next: Option<String>,
    /// The same list for paper; none where all of it is here, or this is it.
    pub paper: Option<String>,
    /// This is the list for paper: nothing is decided on it.
    pub on_paper: bool,
    /// The list as text.
    pub csv: String,
    /// The list as a workbook.
    pub xlsx: String,
    /// What the form carries on.
    pub kept: Vec<(&'static str, String)>,
    /// What narrows the list.
    pub filter: Filter,
    /// Whether anything does.
    pub is_narrowed: bool,
    /// The number that was typed.
    pub decision_no: String,
    /// What is wrong.
    pub problem: Option<Problem>,
    /// What is wrong in a file, row by row.
    pub mistakes: Vec<RowError>,
    /// What was done.
    pub done: Option<Done>,
    /// Whether an approval of the plan fits no more.
    pub fell: bool,
    /// Posts of a page.
    pub most: usize,
    /// The address of the list.
    pub here: String,
}

impl ListPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        let mut crumbs = vec![Crumb::to(&t.plan_worklist_plans, Section::Plans.address())];
        if self.reads_plan {
            crumbs.push(Crumb::to(&self.title, self.plan()));
        }
        crumbs.push(Crumb::here(&t.plan_worklist_title));
        crumbs
    }

    /// The address of the plan.
    fn plan(&self) -> &str {
        self.here.strip_suffix("/worklist").unwrap_or(&self.here)
    }

    fn lead(&self) -> String {
        let t = self.chrome.t();
        let lead = if self.is_applied { &t.plan_worklist_lead_after } else { &t.plan_worklist_lead };
        fill(lead, &[("plan", &self.title), ("day", &self.effective)])
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.as_ref().map(|problem| match problem {
            Problem::Nobody => t.plan_worklist_nobody.clone(),
            Problem::NoUnit => t.plan_worklist_no_unit.clone(),
            Problem::NoFile => t.plan_worklist_no_file.clone(),
            Problem::NothingChosen => t.plan_worklist_nothing_chosen.clone(),
            Problem::Number(said) | Problem::Refused(said) => said.clone(),
            Problem::File(said) if self.mistakes.len() <= 1 => said.clone(),
            Problem::File(_) => {
                let count = i64::try_from(self.mistakes.len()).unwrap_or(i64::MAX);
                fill(&t.plan_worklist_mistakes_line, &[("count", &number(&self.chrome, count))])
            }
        })
    }

    /// Whether the reader has the form that decides.
    fn has_form(&self) -> bool {
        self.decides && !(self.choices.is_empty() && self.anywhere.is_empty())
    }

    /// Where a problem is mended: a field, where the reader has one.
    fn target(&self) -> &'static str {
        let has_form = self.has_form();
        match self.problem {
            Some(Problem::NoUnit) if has_form && self.choices.is_empty() => "named",
            Some(Problem::NoUnit) if has_form => "unit",
            Some(Problem::Number(_)) if has_form => "decision-no",
            Some(Problem::NoFile | Problem::NothingChosen | Problem::File(_)) if self.decides => "file",
            _ => "worklist",
        }
    }

    fn is_about(&self, field: &str) -> bool {
        self.problem.is_some() && self.target() == field
    }

    fn said(&self) -> Option<Said> {
        let t = self.chrome.t();
        self.done.map(|done| {
            let (line, count) = match done {
                Done::Decided(count) => (&t.plan_worklist_decided, count),
                Done::Checked(count) => (&t.plan_worklist_checked, count),
            };
            after_all(t, Said::ok(&fill(line, &[("count", &number(&self.chrome, count))])), self.fell)
        })
    }

    fn tick(&self, line: &PostLine) -> String {
        fill(&self.chrome.t().plan_worklist_tick, &[("name", &line.full_name), ("title", &line.title)])
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

    fn page_line(&self) -> String {
        fill(&self.chrome.t().plan_worklist_at_once, &[("most", &self.figure(self.most))])
    }

    fn paper_line(&self) -> String {
        fill(&self.chrome.t().plan_worklist_paper, &[("most", &self.figure(PAPER))])
    }

    /// On paper, where the list goes on behind this page, that it does.
    fn goes_on(&self) -> bool {
        self.on_paper && self.next.is_some()
    }

    fn figure(&self, n: usize) -> String {
        number(&self.chrome, i64::try_from(n).unwrap_or(i64::MAX))
    }
}
