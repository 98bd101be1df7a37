//! Roles that groups have: the list, the form with what it would come to, and the page that takes one back.

mod list;

use super::give::reason_hint;
use super::{Why, conditions_said};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::administrators::{State, days_said};
use crate::http::view::console::parts::{Crumb, SelectOption, number};
use crate::model::entitlement::Condition;
use askama::Template;

pub use list::GroupsPage;

/// Where the list is.
pub const HERE: &str = "/admin/rights/groups";

/// For whom a role is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupName {
    /// The unit, as it is called.
    pub unit: String,
    /// In the units under it too.
    pub below: bool,
    /// Only with this title.
    pub title: Option<String>,
}

impl GroupName {
    /// In words.
    pub fn said(&self, chrome: &Chrome) -> String {
        self.in_words(chrome.t())
    }

    /// The same for a file.
    pub fn in_words(&self, t: &'static Words) -> String {
        let sentence = match (&self.title, self.below) {
            (None, false) => &t.console_groups_all_in,
            (None, true) => &t.console_groups_all_under,
            (Some(_), false) => &t.console_groups_title_in,
            (Some(_), true) => &t.console_groups_title_under,
        };
        fill(sentence, &[("unit", &self.unit), ("title", self.title.as_deref().unwrap_or_default())])
    }
}

/// A role that somebody has since they have a post.
#[derive(Debug, Clone)]
pub struct GroupWhy {
    /// For whom it is.
    pub whom: GroupName,
    /// The role, the post by which it is theirs, and why it was given.
    pub why: Why,
}

impl GroupWhy {
    /// The post by which it is theirs, in words.
    pub fn through(&self, chrome: &Chrome) -> Option<String> {
        let t = chrome.t();
        self.why.post.as_ref().map(|(title, unit)| fill(&t.console_groups_through, &[("title", title), ("unit", unit)]))
    }
}

/// A role of a group.
#[derive(Debug, Clone)]
pub struct GroupLine {
    /// Its id.
    pub id: String,
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The role.
    pub role: String,
    /// For whom it is.
    pub whom: GroupName,
    /// The unit is no longer there, and none stands for it.
    pub unit_over: bool,
    /// What it asks of a sign-on.
    pub condition: Condition,
    /// First day, as shown; may be empty.
    pub first: String,
    /// Last day, as shown; may be empty.
    pub last: String,
    /// Whether it counts.
    pub state: State,
    /// Why it was given; may be empty.
    pub reason: String,
    /// Who gave it.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// Where those are listed who have it; empty where the reader may not know who they are.
    pub people: String,
    /// The reader may take it back.
    pub may_end: bool,
}

impl GroupLine {
    fn is_now(&self) -> bool {
        self.state == State::Now
    }

    fn standing(&self, chrome: &Chrome) -> &'static str {
        let t = chrome.t();
        match self.state {
            State::Now => &t.console_administrators_now,
            State::Later => &t.console_administrators_later,
            State::Over => &t.console_administrators_over,
        }
    }

    fn days(&self, chrome: &Chrome) -> String {
        days_said(chrome.t(), &self.first, &self.last)
    }

    fn conditions(&self, chrome: &Chrome) -> Vec<&'static str> {
        conditions_said(chrome.t(), self.condition)
    }

    fn given(&self, chrome: &Chrome) -> String {
        fill(&chrome.t().console_rights_given_by, &[("who", &self.by), ("at", &self.at)])
    }

    fn address(&self) -> String {
        format!("{HERE}/{}", self.id)
    }
}

/// Why a role was not given to a group, or not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupProblem {
    /// No role was chosen, or one that is not theirs to give.
    Right,
    /// Nothing of today is called so.
    NoUnit,
    /// Several units are called so.
    Several,
    /// The unit lies outside the reader's bounds.
    UnitNotTheirs,
    /// The unit is not there on those days.
    UnitEnded,
    /// The title cannot be one.
    Title,
    /// There is no such level.
    Level,
    /// The days cannot be.
    Days,
    /// A reason is missing, or too long.
    Reason,
    /// Whoever gives it would have it too.
    Own,
    /// The group has it already.
    Held,
    /// Somebody above gave it, and takes it back.
    EndNotTheirs,
}

impl GroupProblem {
    fn said(self, t: &'static Words) -> &'static str {
        match self {
            Self::Right => &t.console_groups_no_right,
            Self::NoUnit => &t.console_groups_no_unit,
            Self::Several => &t.console_groups_several,
            Self::UnitNotTheirs => &t.console_groups_unit_not_theirs,
            Self::UnitEnded => &t.console_groups_unit_ended,
            Self::Title => &t.console_groups_long_title,
            Self::Level => &t.console_groups_level_wrong,
            Self::Days => &t.console_administrators_days_wrong,
            Self::Reason => &t.console_administrators_no_reason,
            Self::Own => &t.console_rights_own,
            Self::Held => &t.console_groups_held,
            Self::EndNotTheirs => &t.console_groups_end_not_theirs,
        }
    }

    /// The field of the form that it is about.
    fn field(self) -> &'static str {
        match self {
            Self::Right | Self::Held | Self::EndNotTheirs => "right",
            Self::NoUnit | Self::Several | Self::UnitNotTheirs | Self::UnitEnded | Self::Own => "unit",
            Self::Title => "title",
            Self::Level => "two-factors",
            Self::Days => "from",
            Self::Reason => "reason",
        }
    }
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct GroupTyped {
    /// A client and a role, with a space between.
    pub right: String,
    /// The unit: its name or code.
    pub unit: String,
    /// The unit that was chosen, by id; may be empty.
    pub which: String,
    /// The units under it too.
    pub below: bool,
    /// Only with this title; may be empty.
    pub title: String,
    /// Only when signed in with two factors.
    pub two_factors: bool,
    /// Only from an office network.
    pub office: bool,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Why.
    pub reason: String,
}

/// `GET /admin/rights/groups/new`, and its answer when something is missing.
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_groups_new.html")]
pub struct GroupNewPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What the reader may give: a client and a role.
    pub offered: Vec<SelectOption>,
    /// Units that the text may mean.
    pub units: Vec<SelectOption>,
    /// What was typed.
    pub typed: GroupTyped,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub problem: Option<GroupProblem>,
}

impl GroupNewPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        below(t, &t.console_groups_add)
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.said(self.chrome.t()))
    }

    fn target(&self) -> &'static str {
        match self.problem {
            // The first of the units that are listed.
            Some(GroupProblem::Several) if !self.units.is_empty() => "which-1",
            problem => problem.map_or("right", GroupProblem::field),
        }
    }

    /// What is wrong with one field.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.sentence().filter(|_| self.problem.is_some_and(|problem| problem.field() == field))
    }

    fn reason_hint(&self) -> String {
        reason_hint(self.chrome.t(), self.longest)
    }
}

/// `POST /admin/rights/groups/new`: what it would come to.
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_groups_preview.html")]
pub struct GroupPreviewPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The client's name.
    pub client_name: String,
    /// The role.
    pub role: String,
    /// For whom.
    pub whom: GroupName,
    /// What it asks of a sign-on.
    pub condition: Condition,
    /// What was typed.
    pub typed: GroupTyped,
    /// How many people would have it today.
    pub people: i64,
    /// They are so many at most: they were not looked at one by one.
    pub at_most: bool,
    /// The first of them: user name, full name, and unit.
    pub names: Vec<(String, String, String)>,
}

impl GroupPreviewPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        below(t, &t.console_groups_preview_title)
    }

    fn whom_said(&self) -> String {
        self.whom.said(&self.chrome)
    }

    fn conditions(&self) -> Vec<&'static str> {
        conditions_said(self.chrome.t(), self.condition)
    }

    fn days(&self) -> String {
        days_said(self.chrome.t(), &self.typed.from, &self.typed.to)
    }

    fn reach(&self) -> String {
        let t = self.chrome.t();
        let sentence = match (self.people, self.at_most) {
            (0, _) => return t.console_groups_reach_nobody.clone(),
            (_, false) => &t.console_groups_reach,
            (_, true) => &t.console_groups_reach_at_most,
        };
        fill(sentence, &[("count", &number(&self.chrome, self.people))])
    }

    /// That not all of them are listed.
    fn first(&self) -> Option<String> {
        let shown = i64::try_from(self.names.len()).unwrap_or(i64::MAX);
        let filled = || fill(&self.chrome.t().console_groups_reach_first, &[("shown", &number(&self.chrome, shown))]);
        (shown < self.people).then(filled)
    }
}

/// `GET /admin/rights/groups/{id}`, and its answer when the role was not taken back.
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_groups_end.html")]
pub struct GroupEndPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The role.
    pub line: GroupLine,
    /// The reason that was typed.
    pub reason: String,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub problem: Option<GroupProblem>,
}

impl GroupEndPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        below(t, &t.console_groups_end_title)
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.said(self.chrome.t()))
    }

    fn reason_hint(&self) -> String {
        reason_hint(self.chrome.t(), self.longest)
    }
}

/// The way to a page below the list.
pub(super) fn below(t: &'static Words, here: &str) -> Vec<Crumb> {
    vec![Crumb::to(&t.console_rights, "/admin/rights"), Crumb::to(&t.console_groups, HERE), Crumb::here(here)]
}
