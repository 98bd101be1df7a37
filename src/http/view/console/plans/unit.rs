//! One unit of a plan: where its people go, or who comes to it; drawn, and in a table.

use super::flow::{Drawing, Flow, Way};
use super::lines::CountedAt;
use super::{Fate, News, Told, UnitName, plan_address, stage_name, trail};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, number};
use askama::Template;

/// People who go from one unit into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowLine {
    /// The unit of before.
    pub from: UnitName,
    /// The district that it lay in; may be empty.
    pub district: String,
    /// What comes after; none where nothing does, or nobody has decided.
    pub to: Option<UnitName>,
    /// How they go.
    pub way: Way,
    /// How many; none where that is not known.
    pub people: Option<i64>,
}

/// What a unit is in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is one of those of before.
    Before(Fate),
    /// Others go into it.
    After,
    /// It is none of the plan's.
    Aside,
}

/// `GET /admin/plans/{name}/units/{unit}`
#[derive(Debug, Template)]
#[template(path = "pages/console_plan_unit.html")]
pub struct PlanUnitPage {
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
    /// The unit.
    pub unit: UnitName,
    /// What it is in the plan.
    pub role: Role,
    /// What is new of it.
    pub news: Vec<News>,
    /// What is drawn.
    pub flow: Flow,
    /// The same facts.
    pub lines: Vec<FlowLine>,
    /// How many more there are.
    pub more: i64,
    /// Of when the figures are.
    pub counted_at: Option<CountedAt>,
    /// The people are being counted.
    pub is_working: bool,
    /// Why people cannot be counted.
    pub trouble: Option<Told>,
}

impl PlanUnitPage {
    fn crumbs(&self) -> Vec<Crumb> {
        trail(self.chrome.t(), (&self.name, &self.title), self.stage.as_deref(), &self.unit.name)
    }

    fn stage_name(&self) -> String {
        stage_name(self.chrome.t(), self.stage.as_deref())
    }

    fn tag(&self) -> (&'static str, &'static str) {
        let t = self.chrome.t();
        match self.role {
            Role::Before(fate) => (fate.tag(), fate.name(t)),
            Role::After => ("ok", &t.console_plans_comes_after),
            Role::Aside => ("info", &t.console_plans_aside),
        }
    }

    fn is_aside(&self) -> bool {
        self.role == Role::Aside
    }

    fn drawings(&self) -> Vec<Drawing> {
        if self.flow.ribbons.is_empty() { Vec::new() } else { self.flow.drawings().into() }
    }

    /// What the drawing shows, in a sentence.
    fn finding(&self) -> String {
        let t = self.chrome.t();
        let (from, to) = (self.flow.before.len().to_string(), self.flow.after.len().to_string());
        fill(&t.console_plans_flow_finding, &[("unit", &self.unit.name), ("from", &from), ("to", &to)])
    }

    fn counted(&self) -> Option<String> {
        self.counted_at.as_ref().map(|at| at.said(self.chrome.t()))
    }

    fn trouble_said(&self) -> Option<String> {
        self.trouble.as_ref().map(|told| told.said(&self.chrome))
    }

    fn way(&self, way: Way) -> (&'static str, &'static str) {
        let t = self.chrome.t();
        match way {
            Way::Whole => ("ok", &t.console_plans_flow_whole),
            Way::Part => ("info", &t.console_plans_flow_part),
            Way::Other => ("info", &t.console_plans_flow_other),
            Way::Open => ("warn", &t.console_plans_undecided),
            Way::Gone => ("bad", &t.console_plans_gone),
        }
    }

    fn way_of(&self, line: &FlowLine) -> (&'static str, &'static str) {
        self.way(line.way)
    }

    fn people(&self, line: &FlowLine) -> String {
        line.people.map_or_else(|| self.chrome.t().console_plans_unknown.clone(), |people| number(&self.chrome, people))
    }

    fn news(&self, news: &News) -> String {
        news.said(self.chrome.t())
    }

    fn more_said(&self) -> Option<String> {
        let count = number(&self.chrome, self.more);
        (self.more > 0).then(|| fill(&self.chrome.t().console_plans_more, &[("count", &count)]))
    }

    fn unit_address(&self, unit: &UnitName) -> String {
        plan_address(&self.name, &format!("/units/{}", unit.id), self.stage.as_deref())
    }

    fn in_registry(&self) -> String {
        format!("/admin/units/{}", self.unit.id)
    }
}
