//! Who can enter one client, and why; with the forms that give and take back.

use super::give::reason_hint;
use super::{GiveProblem, GiveTyped, GroupHeldLine, RightDone, RightLine, crumbs};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages, Said, SelectOption, address};
use crate::http::view::console::person::DayAsked;
use askama::Template;

/// A role that a client declares.
#[derive(Debug, Clone)]
pub struct RoleCount {
    /// The role.
    pub role: String,
    /// How many people hold it, and how many groups; nothing where that is not for this reader.
    pub counts: Option<(i64, i64)>,
}

/// `GET /admin/rights/clients/{id}`, and its answer when nothing was changed.
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_client.html")]
pub struct ClientRightsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The client.
    pub id: String,
    /// Its name.
    pub name: String,
    /// It is switched off.
    pub disabled: bool,
    /// The roles that it declares.
    pub roles: Vec<RoleCount>,
    /// Only this role; may be empty.
    pub role: String,
    /// The day that is asked for.
    pub day: DayAsked,
    /// The groups that hold one.
    pub groups: Vec<GroupHeldLine>,
    /// Who holds one, by user name.
    pub lines: Vec<RightLine>,
    /// Where one is in the list.
    pub pages: Pages,
    /// The reader may give and take back.
    pub may_give: bool,
    /// What was typed.
    pub typed: GiveTyped,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub problem: Option<GiveProblem>,
    /// What was just done.
    pub done: Option<RightDone>,
}

impl ClientRightsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs(self.chrome.t(), &self.name)
    }

    fn said(&self) -> Option<Said> {
        self.done.map(|done| done.said(self.chrome.t()))
    }

    fn title(&self) -> String {
        fill(&self.chrome.t().console_rights_client_title, &[("system", &self.name)])
    }

    /// The roles to choose one of, for the list and for the form.
    fn options(&self, chosen: &str) -> Vec<SelectOption> {
        let option = |RoleCount { role, counts }: &RoleCount| SelectOption {
            value: role.clone(),
            label: self.label(role, *counts),
            chosen: role == chosen,
        };
        self.roles.iter().map(option).collect()
    }

    /// A role with how many hold it.
    fn label(&self, role: &str, counts: Option<(i64, i64)>) -> String {
        match counts {
            None => role.to_owned(),
            Some((people, 0)) => format!("{role} ({people})"),
            Some((people, groups)) => {
                let (people, groups) = (people.to_string(), groups.to_string());
                fill(&self.chrome.t().console_groups_counts, &[("role", role), ("people", &people), ("groups", &groups)])
            }
        }
    }

    /// Of which day the list is, when it is not today.
    fn note(&self) -> Option<String> {
        let day = self.day.shown.as_ref()?;
        Some(fill(&self.chrome.t().console_administrators_then, &[("date", day)]))
    }

    /// The day for an address; empty for today.
    fn on(&self) -> &str {
        if self.day.shown.is_some() { &self.day.on } else { "" }
    }

    /// What somebody may enter, of the same day.
    fn of_person(&self, line: &RightLine) -> String {
        match self.on() {
            "" => format!("/admin/rights/people/{}", line.person),
            on => address(&format!("/admin/people/{}/roles", line.person), &[("on", on)]),
        }
    }

    /// The roles of groups, of the same day.
    fn to_groups(&self) -> String {
        address("/admin/rights/groups", &[("client", &self.id), ("on", self.on())])
    }

    fn sentence(&self) -> Option<&'static str> {
        let of_form = self.problem.map(|problem| problem.said(self.chrome.t()));
        of_form.or_else(|| self.day.problem(&self.chrome))
    }

    fn target(&self) -> &'static str {
        match self.problem {
            None if self.day.is_wrong => "on",
            Some(GiveProblem::Person | GiveProblem::Own | GiveProblem::Already) => "username",
            Some(GiveProblem::Role | GiveProblem::Post) => "give-role",
            Some(GiveProblem::Days) => "from",
            Some(GiveProblem::Reason) => "reason",
            Some(GiveProblem::EndReason | GiveProblem::Gone | GiveProblem::EndNotTheirs) | None => "list-title",
        }
    }

    /// What is wrong with one field.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.sentence().filter(|_| self.target() == field)
    }

    fn reason_hint(&self) -> String {
        reason_hint(self.chrome.t(), self.longest)
    }

    fn export(&self) -> String {
        address("/admin/rights/export.csv", &[("list", "client"), ("id", &self.id), ("on", self.on())])
    }
}
