//! Roles of groups as rows of the lists of who holds what; and those who are of one of them.

use super::GroupWhy;
use super::groups::below;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages, number};
use crate::service::entitlements::Reach;
use askama::Template;

/// A role of a group, in a list of who holds what.
#[derive(Debug, Clone)]
pub struct GroupHeldLine {
    /// For whom it is, whether it counts, and why it was given.
    pub group: GroupWhy,
    /// The unit is no longer there, and none stands for it.
    pub unit_over: bool,
    /// How many have it now; nothing where that was not counted.
    pub reach: Option<Reach>,
    /// Where they are listed; empty where the reader may not know who they are.
    pub people: String,
    /// Where it is taken back; empty where the reader may not.
    pub end: String,
}

impl GroupHeldLine {
    /// How many have it now, in words.
    pub fn reached(&self, chrome: &Chrome) -> String {
        reached(chrome, self.reach)
    }
}

/// How many have a role now, in words.
pub fn reached(chrome: &Chrome, reach: Option<Reach>) -> String {
    let t = chrome.t();
    let count = |reach: Reach| number(chrome, i64::try_from(reach.people).unwrap_or(i64::MAX));
    match reach {
        None => t.console_groups_reached_see.clone(),
        Some(reach) if reach.at_least => fill(&t.console_groups_reached_at_least, &[("count", &count(reach))]),
        Some(reach) => fill(&t.console_groups_reached_count, &[("count", &count(reach))]),
    }
}

/// The same in a file: a figure alone, where it is the whole.
pub fn reached_plain(t: &'static Words, reach: Option<Reach>) -> String {
    match reach {
        None => String::new(),
        Some(reach) if reach.at_least => fill(&t.console_groups_reached_at_least, &[("count", &reach.people.to_string())]),
        Some(reach) => reach.people.to_string(),
    }
}

/// Somebody who is of a group.
#[derive(Debug, Clone)]
pub struct MemberLine {
    /// Who, by id.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The title of the post by which they are of it.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// Another one handed the post to them.
    pub delegated: bool,
}

/// `GET /admin/rights/groups/{id}/people`
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_groups_people.html")]
pub struct GroupPeoplePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The role.
    pub line: GroupHeldLine,
    /// Some of those who are of the group.
    pub members: Vec<MemberLine>,
    /// Where one is in the list.
    pub pages: Pages,
    /// Where they may be taken away as a file; empty where the reader may not.
    pub export: String,
}

impl GroupPeoplePage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        below(t, &t.console_groups_people)
    }

    fn condition(&self) -> Vec<&'static str> {
        self.line.group.why.conditions(&self.chrome)
    }
}
