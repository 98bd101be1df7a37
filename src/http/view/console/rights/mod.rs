//! Who can enter what, and why: a role with its reasons, as all of these pages show it.

mod client;
mod give;
mod groups;
mod held;
mod lists;
mod person;
mod question;

pub use client::{ClientRightsPage, RoleCount};
pub use give::{GiveProblem, GiveTyped, RightDone};
pub use groups::{
    GroupEndPage, GroupLine, GroupName, GroupNewPage, GroupPreviewPage, GroupProblem, GroupTyped, GroupWhy, GroupsPage,
    HERE as GROUPS,
};
pub use held::{GroupHeldLine, GroupPeoplePage, MemberLine, reached, reached_plain};
pub use lists::{Kind, RightListPage};
pub use person::PersonRightsPage;
pub use question::{Answered, RightsPage, RightsProblem};

use super::administrators::days_said;
use super::parts::Crumb;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::entitlement::Condition;
use crate::service::entitlements::{SOON_DAYS, Standing, UNUSED_DAYS};

/// A role of somebody, with why it was given and whether it counts.
#[derive(Debug, Clone)]
pub struct Why {
    /// The grant's id.
    pub id: String,
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The role.
    pub role: String,
    /// The post that it is bound to: its title and unit.
    pub post: Option<(String, String)>,
    /// What it asks of a sign-on.
    pub condition: Condition,
    /// Whether it counts.
    pub standing: Standing,
    /// First day, as shown; may be empty.
    pub first: String,
    /// Last day, as shown; may be empty.
    pub last: String,
    /// Why it was given; may be empty.
    pub reason: String,
    /// Who gave it.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// When it was last used, as shown.
    pub used: Option<String>,
}

impl Why {
    /// Whether it lets its owner in.
    pub fn counts(&self) -> bool {
        self.standing == Standing::Counts
    }

    /// Whether it does, in words.
    pub fn standing(&self, chrome: &Chrome) -> &'static str {
        let t = chrome.t();
        match self.standing {
            Standing::Counts => &t.console_rights_counts,
            Standing::NotYet => &t.console_rights_not_yet,
            Standing::Over => &t.console_rights_over,
            Standing::NoPost => &t.console_rights_no_post,
            Standing::Undeclared => &t.console_rights_undeclared,
            Standing::ClientOff => &t.console_rights_client_off,
            Standing::Disabled => &t.console_rights_disabled,
        }
    }

    /// Its days, in words.
    pub fn days(&self, chrome: &Chrome) -> String {
        days_said(chrome.t(), &self.first, &self.last)
    }

    /// The post that it is bound to, in words.
    pub fn bound(&self, chrome: &Chrome) -> Option<String> {
        let t = chrome.t();
        self.post.as_ref().map(|(title, unit)| fill(&t.console_rights_for_post, &[("title", title), ("unit", unit)]))
    }

    /// What it asks of a sign-on, in words.
    pub fn conditions(&self, chrome: &Chrome) -> Vec<&'static str> {
        conditions_said(chrome.t(), self.condition)
    }

    /// Who gave it, and when.
    pub fn given(&self, chrome: &Chrome) -> String {
        fill(&chrome.t().console_rights_given_by, &[("who", &self.by), ("at", &self.at)])
    }

    /// When it was last used.
    pub fn used(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        match &self.used {
            Some(day) => fill(&t.console_rights_used_on, &[("day", day)]),
            None => t.console_rights_never.clone(),
        }
    }
}

/// What a role asks of a sign-on, in words.
pub fn conditions_said(t: &'static Words, condition: Condition) -> Vec<&'static str> {
    let asked =
        [(condition.least_level.is_some(), &t.console_groups_two_factors), (condition.office_only, &t.console_groups_office)];
    asked.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, said)| said.as_str()).collect()
}

/// A line of a list.
#[derive(Debug, Clone)]
pub struct RightLine {
    /// Whose it is, by id.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The units in which they have a post on the day.
    pub units: String,
    /// The role.
    pub why: Why,
}

/// The way to a page below the question.
fn crumbs(t: &'static Words, here: &str) -> Vec<Crumb> {
    vec![Crumb::to(&t.console_rights, "/admin/rights"), Crumb::here(here)]
}

fn soon(t: &'static Words) -> String {
    fill(&t.console_rights_expiring_lead, &[("days", &SOON_DAYS.to_string())])
}

fn unused(t: &'static Words) -> String {
    fill(&t.console_rights_unused_lead, &[("days", &UNUSED_DAYS.to_string())])
}
