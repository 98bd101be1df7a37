//! The list of the roles that groups have, as of today or of another day.

use super::GroupLine;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages, Said, SelectOption, address};
use crate::http::view::console::person::DayAsked;
use crate::http::view::console::rights::{RightDone, crumbs};
use askama::Template;

/// `GET /admin/rights/groups`
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_groups.html")]
pub struct GroupsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// Only this client; may be empty.
    pub client: String,
    /// The clients: id and name.
    pub clients: Vec<(String, String)>,
    /// The day that is asked for.
    pub day: DayAsked,
    /// The roles, by client.
    pub lines: Vec<GroupLine>,
    /// Where one is in the list.
    pub pages: Pages,
    /// The reader may give.
    pub may_give: bool,
    /// What was just done.
    pub done: Option<RightDone>,
}

impl GroupsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        crumbs(t, &t.console_groups)
    }

    fn said(&self) -> Option<Said> {
        self.done.map(|done| done.said(self.chrome.t()))
    }

    fn options(&self) -> Vec<SelectOption> {
        let option =
            |(id, name): &(String, String)| SelectOption { value: id.clone(), label: name.clone(), chosen: *id == self.client };
        self.clients.iter().map(option).collect()
    }

    fn to_new(&self) -> String {
        address("/admin/rights/groups/new", &[("client", &self.client)])
    }

    fn problem(&self) -> Option<&'static str> {
        self.day.problem(&self.chrome)
    }

    /// Of which day the list is, when it is not today.
    fn note(&self) -> Option<String> {
        let day = self.day.shown.as_ref()?;
        Some(fill(&self.chrome.t().console_administrators_then, &[("date", day)]))
    }

    /// That there is none.
    fn none(&self) -> &'static str {
        let t = self.chrome.t();
        if self.day.shown.is_some() { &t.console_groups_none_then } else { &t.console_groups_none }
    }

    /// Who holds the roles of a client, of the same day.
    fn of_client(&self, line: &GroupLine) -> String {
        let on = if self.day.shown.is_some() { self.day.on.as_str() } else { "" };
        address(&format!("/admin/rights/clients/{}", line.client_id), &[("on", on)])
    }
}
