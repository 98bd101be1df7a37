//! The plans that are registered, those that come with the program, and the form for a file.

use super::{Mistake, Told, plan_address, readiness_tag};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages, number};
use crate::service::reorganization::Readiness;
use askama::Template;

/// A plan of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its first day, as shown.
    pub effective: String,
    /// How the whole plan stands.
    pub readiness: Readiness,
    /// Stages that count, and all stages.
    pub stages: (usize, usize),
}

/// A plan that comes with the program and is not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippedLine {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its first day, as shown.
    pub effective: String,
}

/// Why a file was not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// No file was chosen, or it is no text.
    None,
    /// The file has mistakes.
    Mistakes,
    /// It is refused as a whole.
    Refused(Told),
}

/// `GET /admin/plans`, and its answer when nothing was registered.
#[derive(Debug, Template)]
#[template(path = "pages/console_plans.html")]
pub struct PlansPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The plans, the latest first.
    pub lines: Vec<PlanLine>,
    /// The pages of the list.
    pub pages: Pages,
    /// Plans that wait to be registered.
    pub shipped: Vec<ShippedLine>,
    /// The reader sees what plans do; else only where people are placed.
    pub may_read: bool,
    /// The reader may register plans.
    pub may_write: bool,
    /// Mistakes of the file, the first ones.
    pub mistakes: Vec<Mistake>,
    /// How many there are.
    pub mistake_count: usize,
    /// Why nothing was registered.
    pub problem: Option<FileProblem>,
}

impl PlansPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_plans)]
    }

    /// Who only places people is led to where they do.
    fn address(&self, line: &PlanLine) -> String {
        plan_address(&line.name, if self.may_read { "" } else { "/worklist" }, None)
    }

    fn tag(&self, line: &PlanLine) -> (&'static str, &'static str) {
        readiness_tag(self.chrome.t(), line.readiness)
    }

    fn stages(&self, line: &PlanLine) -> Option<String> {
        let (done, all) = line.stages;
        let (done, all_said) = (done.to_string(), all.to_string());
        (all > 0).then(|| fill(&self.chrome.t().console_plans_stages_done, &[("done", &done), ("all", &all_said)]))
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.as_ref().map(|problem| match problem {
            FileProblem::None => t.console_plans_no_file.clone(),
            FileProblem::Mistakes => {
                let count = i64::try_from(self.mistake_count).unwrap_or(i64::MAX);
                fill(&t.console_plans_mistakes, &[("count", &number(&self.chrome, count))])
            }
            FileProblem::Refused(told) => told.said(&self.chrome),
        })
    }

    fn told(&self, mistake: &Mistake) -> String {
        mistake.told.said(&self.chrome)
    }
}
