//! Plans of re-organization: the plans, one of them, one unit with where its people go, and one person.

pub mod flow;
pub mod lines;
pub mod list;
pub mod one;
pub mod person;
pub mod prepared;
pub mod since;
pub mod unit;

use super::parts::{Crumb, address};
use crate::base::locale::Locale;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::plan::REST;
use crate::service::reorganization::{Part, Readiness};

/// Where the list is.
const HERE: &str = "/admin/plans";

/// Why something was not done, or cannot be shown, in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// In Vietnamese.
    pub vietnamese: String,
    /// In English.
    pub english: String,
}

impl Told {
    /// In the language of the page.
    pub fn said(&self, chrome: &Chrome) -> String {
        if chrome.locale == Locale::Vi { self.vietnamese.clone() } else { self.english.clone() }
    }
}

/// A mistake of a plan's file, or a row that does not fit the units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file's line; 0 is the head.
    pub line: u64,
    /// The column; may be empty.
    pub column: String,
    /// What is wrong.
    pub told: Told,
}

/// What becomes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes whole into another one.
    Whole,
    /// Parts of it go into others: of each post somebody decides.
    Divided,
    /// Nothing comes after it.
    Gone,
    /// It goes on, and something of it is new.
    GoesOn,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Whole, Self::Divided, Self::Gone, Self::GoesOn];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Divided => "divided",
            Self::Gone => "gone",
            Self::GoesOn => "goes-on",
        }
    }

    /// Reads [`Fate::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.word() == word)
    }

    /// Its name.
    pub fn name(self, t: &'static Words) -> &'static str {
        match self {
            Self::Whole => &t.console_plans_whole,
            Self::Divided => &t.console_plans_divided,
            Self::Gone => &t.console_plans_gone,
            Self::GoesOn => &t.console_plans_goes_on,
        }
    }

    /// The class of its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Whole => "ok",
            Self::Divided => "warn",
            Self::Gone => "bad",
            Self::GoesOn => "info",
        }
    }
}

/// What is new of a unit that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Its name.
    Name(String),
    /// Its code.
    Code(String),
    /// Its agency code.
    Agency(String),
    /// The unit above it.
    Above(String),
}

impl News {
    /// In words.
    pub fn said(&self, t: &'static Words) -> String {
        match self {
            Self::Name(name) => fill(&t.console_plans_new_name, &[("name", name)]),
            Self::Code(code) => fill(&t.console_plans_new_code, &[("code", code)]),
            Self::Agency(code) => fill(&t.console_plans_new_agency, &[("code", code)]),
            Self::Above(name) => fill(&t.console_plans_new_above, &[("name", name)]),
        }
    }
}

/// A unit, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitName {
    /// Its id; empty where nobody knows it.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// The name of a stage; that of the whole plan for none.
pub fn stage_name(t: &'static Words, stage: Option<&str>) -> String {
    match stage {
        None => t.console_plans_all_of_it.clone(),
        Some(REST) => t.console_plans_rest.clone(),
        Some(stage) => fill(&t.console_plans_stage_of, &[("stage", stage)]),
    }
}

/// How a stage stands: the class of its tag, and words.
pub fn readiness_tag(t: &'static Words, readiness: Readiness) -> (&'static str, &'static str) {
    match readiness {
        Readiness::Withdrawn => ("info", &t.console_plans_withdrawn),
        Readiness::NotApproved => ("warn", &t.console_plans_not_approved),
        Readiness::NotYet => ("info", &t.console_plans_not_yet),
        Readiness::RegistryChanged => ("bad", &t.console_plans_registry_changed),
        Readiness::Outdated => ("bad", &t.console_plans_outdated),
        Readiness::Busy => ("info", &t.console_plans_busy),
        Readiness::Staged => ("ok", &t.console_plans_staged),
        Readiness::Staging => ("warn", &t.console_plans_staging),
        Readiness::Applied => ("ok", &t.console_plans_applied),
        Readiness::Ready => ("ok", &t.console_plans_ready),
    }
}

/// What is not any more as it was approved, and what follows from that.
pub fn changed_said(t: &'static Words, part: Part) -> String {
    match part {
        Part::People => t.console_plans_fell_people.clone(),
        Part::Registry | Part::Scopes | Part::Plan => fill(&t.console_plans_fell, &[("why", why(t, part.word()))]),
    }
}

/// Why something approved did not come by itself.
pub fn waits_said(t: &'static Words, word: &str) -> String {
    fill(&t.console_plans_waits, &[("why", why(t, word))])
}

/// What stands in the way of something approved, after its word.
fn why(t: &'static Words, word: &str) -> &'static str {
    match word {
        "registry" => &t.console_plans_why_registry,
        "people" => &t.console_plans_why_people,
        "scopes" => &t.console_plans_why_scopes,
        "plan" => &t.console_plans_why_plan,
        "open" => &t.console_plans_why_open,
        _ => &t.console_plans_why_else,
    }
}

/// The address of a plan's page, or of one under it, with the stage that is looked at.
pub fn plan_address(name: &str, under: &str, stage: Option<&str>) -> String {
    address(&format!("{HERE}/{name}{under}"), &[("stage", stage.unwrap_or_default())])
}

/// The way to a page under a plan.
fn trail(t: &'static Words, (name, title): (&str, &str), stage: Option<&str>, here: &str) -> Vec<Crumb> {
    let plan = Crumb::to(title, &plan_address(name, "", stage));
    vec![Crumb::to(&t.console_plans, HERE), plan, Crumb::here(here)]
}
