//! Roles that end soon, and roles that nobody ever used.

use super::{GroupHeldLine, RightLine, crumbs, soon, unused};
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages};
use askama::Template;

/// Which list is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Roles that end soon.
    Expiring,
    /// Roles that were never used.
    Unused,
}

impl Kind {
    /// The word of its address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expiring => "expiring",
            Self::Unused => "unused",
        }
    }
}

/// `GET /admin/rights/expiring` and `/admin/rights/unused`
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_list.html")]
pub struct RightListPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// Which list.
    pub kind: Kind,
    /// Roles of groups.
    pub groups: Vec<GroupHeldLine>,
    /// The roles, by user name.
    pub lines: Vec<RightLine>,
    /// Where one is in the list.
    pub pages: Pages,
}

impl RightListPage {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs(self.chrome.t(), self.title())
    }

    fn title(&self) -> &'static str {
        let t = self.chrome.t();
        match self.kind {
            Kind::Expiring => &t.console_rights_expiring,
            Kind::Unused => &t.console_rights_unused,
        }
    }

    fn lead(&self) -> String {
        let t = self.chrome.t();
        match self.kind {
            Kind::Expiring => soon(t),
            Kind::Unused => unused(t),
        }
    }

    /// What the roles of groups in it are.
    fn of_groups(&self) -> &'static str {
        let t = self.chrome.t();
        match self.kind {
            Kind::Expiring => &t.console_groups_ending,
            Kind::Unused => &t.console_groups_nobody_now,
        }
    }

    fn export(&self) -> String {
        format!("/admin/rights/export.csv?list={}", self.kind.word())
    }
}
