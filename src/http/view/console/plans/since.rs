//! What was done since a plan was applied, and the form that takes the plan back.

use super::{Told, plan_address, stage_name, trail};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages, number};
use askama::Template;

/// What becomes of it once the plan is taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Then {
    /// It stays as somebody changed it.
    #[default]
    Stays,
    /// It is held in this unit, with what was changed.
    Held(String),
    /// It is not held any more.
    NotHeld,
    /// It ends, as never held: its unit is gone.
    UnitGone,
    /// It ends.
    Ends,
}

/// A post that was changed, or a right that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SinceLine {
    /// Whose: the user name; empty for what was given to a group.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// The title of the post, or the right.
    pub about: String,
    /// The unit; may be empty.
    pub unit: String,
    /// What was changed: its name, as the plan left it, and as it is now.
    pub changed: Vec<(String, String, String)>,
    /// What becomes of it.
    pub then: Then,
}

/// `GET /admin/plans/{name}/rollback`, and the answer where something is to be accepted first.
#[derive(Debug, Template)]
#[template(path = "pages/console_plan_since.html")]
pub struct PlanSincePage {
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
    /// People of whom something was changed or given.
    pub people: i64,
    /// Roles of groups that end.
    pub groups: i64,
    /// Something is to be accepted.
    pub asks: bool,
    /// One page of what was done.
    pub lines: Vec<SinceLine>,
    /// The pages of it.
    pub pages: Pages,
    /// Where all of it is as a file.
    pub file: String,
    /// The reason that was typed.
    pub reason: String,
    /// Why the act was refused.
    pub problem: Option<Told>,
    /// Why it cannot be taken back at all.
    pub trouble: Option<Told>,
}

impl PlanSincePage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        trail(t, (&self.name, &self.title), self.stage.as_deref(), &t.console_plans_back_title)
    }

    fn stage_name(&self) -> String {
        stage_name(self.chrome.t(), self.stage.as_deref())
    }

    fn stage_word(&self) -> &str {
        self.stage.as_deref().unwrap_or_default()
    }

    fn problem(&self) -> Option<String> {
        self.problem.as_ref().map(|told| told.said(&self.chrome))
    }

    fn trouble_said(&self) -> Option<String> {
        self.trouble.as_ref().map(|told| told.said(&self.chrome))
    }

    fn count(&self) -> String {
        let figures = [self.people, self.groups].map(|n| number(&self.chrome, n));
        fill(&self.chrome.t().console_plans_back_count, &[("people", &figures[0]), ("groups", &figures[1])])
    }

    fn form(&self) -> String {
        plan_address(&self.name, "/rollback", None)
    }

    /// The class of its tag, and words.
    fn then(&self, line: &SinceLine) -> (&'static str, String) {
        let t = self.chrome.t();
        match &line.then {
            Then::Stays => ("info", t.console_plans_back_stays.clone()),
            Then::Held(unit) => ("info", fill(&t.console_plans_back_held, &[("unit", unit)])),
            Then::NotHeld => ("warn", t.console_plans_back_not_held.clone()),
            Then::UnitGone => ("warn", t.console_plans_back_unit_gone.clone()),
            Then::Ends => ("warn", t.console_plans_back_ends.clone()),
        }
    }
}
