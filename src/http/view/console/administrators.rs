//! Who administers what: the list, the form that asks for another one, the page that takes a role back.

use super::Console;
use super::parts::{Crumb, Pages, Said, SelectOption, address};
use super::person::DayAsked;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::admin_scope::AdminRole;
use askama::Template;

/// What a role is called.
pub fn role_name(t: &'static Words, role: AdminRole) -> &'static str {
    match role {
        AdminRole::System => &t.console_administrators_system,
        AdminRole::Directory => &t.console_administrators_directory,
        AdminRole::Unit => &t.console_administrators_unit,
        AdminRole::HelpDesk => &t.console_administrators_help_desk,
        AdminRole::Application => &t.console_administrators_application,
        AdminRole::Auditor => &t.console_administrators_auditor,
    }
}

/// The days of something, in words; an end that is open is not said.
pub fn days_said(t: &'static Words, first: &str, last: &str) -> String {
    match (first.is_empty(), last.is_empty()) {
        (true, true) => t.console_administrators_always.clone(),
        (false, true) => fill(&t.console_administrators_since, &[("from", first)]),
        (true, false) => fill(&t.console_administrators_until, &[("to", last)]),
        (false, false) => fill(&t.console_administrators_between, &[("from", first), ("to", last)]),
    }
}

/// Whether a role counts today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    Now,
    /// Its first day is still to come.
    Later,
    /// Its last day is over.
    Over,
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A role was given.
    Given,
    /// A role was taken back.
    Ended,
}

impl Done {
    /// Reads the word of an address.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "given" => Some(Self::Given),
            "ended" => Some(Self::Ended),
            _ => None,
        }
    }
}

/// A role of somebody.
#[derive(Debug, Clone)]
pub struct RoleLine {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The role.
    pub role: AdminRole,
    /// The unit or client that it is bound to; may be empty.
    pub bound: String,
    /// First day, as shown.
    pub first: String,
    /// Last day, as shown; may be empty.
    pub last: String,
    /// Who gave it.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
    /// Whether it counts.
    pub state: State,
    /// It is the account for the worst day.
    pub break_glass: bool,
    /// The reader may take it back.
    pub may_end: bool,
}

impl RoleLine {
    fn is_now(&self) -> bool {
        self.state == State::Now
    }

    fn is_later(&self) -> bool {
        self.state == State::Later
    }
}

/// `GET /admin/administrators`
#[derive(Debug, Template)]
#[template(path = "pages/console_administrators.html")]
pub struct AdministratorsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The roles, by user name.
    pub lines: Vec<RoleLine>,
    /// Where one is in the list.
    pub pages: Pages,
    /// Only this role.
    pub role: Option<AdminRole>,
    /// Only user names with this in them.
    pub q: String,
    /// The day that is asked for.
    pub day: DayAsked,
    /// The reader may ask for another one.
    pub may_appoint: bool,
    /// What was just done.
    pub done: Option<Done>,
}

impl AdministratorsPage {
    /// The same list as a file.
    fn export(&self) -> String {
        let role = self.role.map(AdminRole::word).unwrap_or_default();
        let on = if self.day.shown.is_some() { self.day.on.as_str() } else { "" };
        address("/admin/administrators/export", &[("role", role), ("q", &self.q), ("on", on)])
    }

    fn problem(&self) -> Option<&'static str> {
        self.day.problem(&self.chrome)
    }

    /// Of which day the list is, when it is not today.
    fn note(&self) -> Option<String> {
        let day = self.day.shown.as_ref()?;
        Some(fill(&self.chrome.t().console_administrators_then, &[("date", day)]))
    }

    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb { name: self.chrome.t().console_administrators.clone(), address: String::new() }]
    }

    fn said(&self) -> Option<Said> {
        let t = self.chrome.t();
        self.done.map(|done| Said {
            kind: "ok",
            text: match done {
                Done::Given => t.console_administrators_given.clone(),
                Done::Ended => t.console_administrators_ended.clone(),
            },
        })
    }

    fn roles(&self) -> Vec<SelectOption> {
        role_options(self.chrome.t(), self.role)
    }

    fn name(&self, line: &RoleLine) -> &'static str {
        role_name(self.chrome.t(), line.role)
    }

    fn days(&self, line: &RoleLine) -> String {
        days_said(self.chrome.t(), &line.first, &line.last)
    }
}

fn role_options(t: &'static Words, chosen: Option<AdminRole>) -> Vec<SelectOption> {
    let option = |role: AdminRole| SelectOption {
        value: role.word().to_owned(),
        label: role_name(t, role).to_owned(),
        chosen: chosen == Some(role),
    };
    AdminRole::ALL.into_iter().map(option).collect()
}

/// Why somebody was not made an administrator, or goes on being one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppointProblem {
    /// No role was chosen.
    NoRole,
    /// Nobody has the name, or it is nobody whom this administrator may appoint.
    Person,
    /// The role is bound to a unit.
    NeedsUnit,
    /// The role is bound to a client.
    NeedsClient,
    /// The role is bound to neither, or to the other.
    NotBound,
    /// No unit of today has the code.
    UnknownUnit,
    /// No client has the id.
    UnknownClient,
    /// The days cannot be.
    Days,
    /// A reason is missing, or too long.
    Reason,
    /// More than the administrator holds.
    TooMuch,
    /// They have it already.
    Already,
    /// Nobody else runs the service.
    Last,
}

impl AppointProblem {
    /// What is said.
    pub fn said(self, t: &'static Words) -> &'static str {
        match self {
            Self::NoRole => &t.console_administrators_no_role,
            Self::Person => &t.console_administrators_no_person,
            Self::NeedsUnit => &t.console_administrators_needs_unit,
            Self::NeedsClient => &t.console_administrators_needs_client,
            Self::NotBound => &t.console_administrators_not_bound,
            Self::UnknownUnit => &t.console_administrators_unknown_unit,
            Self::UnknownClient => &t.console_administrators_unknown_client,
            Self::Days => &t.console_administrators_days_wrong,
            Self::Reason => &t.console_administrators_no_reason,
            Self::TooMuch => &t.console_administrators_too_much,
            Self::Already => &t.console_administrators_already,
            Self::Last => &t.console_administrators_last,
        }
    }

    /// The field that it is about.
    fn field(self) -> &'static str {
        match self {
            Self::NoRole | Self::TooMuch | Self::Already | Self::Last => "role",
            Self::Person => "username",
            Self::NeedsUnit | Self::NotBound | Self::UnknownUnit => "unit",
            Self::NeedsClient | Self::UnknownClient => "client",
            Self::Days => "from",
            Self::Reason => "reason",
        }
    }
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The user name.
    pub username: String,
    /// The role.
    pub role: Option<AdminRole>,
    /// The unit's code.
    pub unit: String,
    /// The client's id.
    pub client: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Why.
    pub reason: String,
}

/// `GET /admin/administrators/new`, and its answer when nothing was asked for.
#[derive(Debug, Template)]
#[template(path = "pages/console_appoint.html")]
pub struct AppointPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What was typed.
    pub typed: Typed,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub problem: Option<AppointProblem>,
}

impl AppointPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb { name: t.console_administrators.clone(), address: "/admin/administrators".to_owned() },
            Crumb { name: t.console_administrators_new.clone(), address: String::new() },
        ]
    }

    fn roles(&self) -> Vec<SelectOption> {
        role_options(self.chrome.t(), self.typed.role)
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.said(self.chrome.t()))
    }

    fn target(&self) -> &'static str {
        self.problem.map_or("", AppointProblem::field)
    }

    /// What is wrong with one field.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.sentence().filter(|_| self.target() == field)
    }

    fn reason_hint(&self) -> String {
        fill(&self.chrome.t().console_administrators_reason_hint, &[("most", &self.longest.to_string())])
    }
}

/// `GET /admin/administrators/{id}`, and its answer when the role was not taken back.
#[derive(Debug, Template)]
#[template(path = "pages/console_administrator_end.html")]
pub struct EndPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The role's id.
    pub id: String,
    /// Whose it is.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The role.
    pub role: AdminRole,
    /// What it is bound to; may be empty.
    pub bound: String,
    /// First day, as shown.
    pub first: String,
    /// Last day, as shown; may be empty.
    pub last: String,
    /// It is the account for the worst day.
    pub break_glass: bool,
    /// The reason that was typed.
    pub reason: String,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub problem: Option<AppointProblem>,
}

impl EndPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb { name: t.console_administrators.clone(), address: "/admin/administrators".to_owned() },
            Crumb { name: self.full_name.clone(), address: String::new() },
        ]
    }

    fn role_said(&self) -> &'static str {
        role_name(self.chrome.t(), self.role)
    }

    fn days(&self) -> String {
        days_said(self.chrome.t(), &self.first, &self.last)
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.said(self.chrome.t()))
    }

    fn reason_hint(&self) -> String {
        fill(&self.chrome.t().console_administrators_reason_hint, &[("most", &self.longest.to_string())])
    }
}
