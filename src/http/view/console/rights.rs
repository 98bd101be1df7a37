//! Who can enter what, and why: the question with its answer, one person, one client, and the lists to look at.

use super::Console;
use super::administrators::days_said;
use super::parts::{Crumb, Pages, Said, SelectOption};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::service::entitlements::{SOON_DAYS, Standing, UNUSED_DAYS};
use askama::Template;

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

/// A line of a list.
#[derive(Debug, Clone)]
pub struct RightLine {
    /// Whose it is, by id.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The units in which they have a post today.
    pub units: String,
    /// The role.
    pub why: Why,
}

/// Why a question was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsProblem {
    /// No name was typed.
    Empty,
    /// Nobody within the reader's bounds has the name.
    NotTheirs,
}

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The page with everything that the person can enter.
    pub address: String,
    /// Who was asked about.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// They may not sign in.
    pub disabled: bool,
    /// Their roles: all of them, or those of the client that was asked about.
    pub rights: Vec<Why>,
    /// Systems that everybody enters who may sign in.
    pub open: Vec<String>,
}

impl Answered {
    /// Whether the person gets in.
    pub fn enters(&self) -> bool {
        !self.disabled && (self.rights.iter().any(Why::counts) || !self.open.is_empty())
    }
}

/// `GET /admin/rights`
#[derive(Debug, Template)]
#[template(path = "pages/console_rights.html")]
pub struct RightsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The user name that was typed.
    pub username: String,
    /// The client that was chosen; may be empty.
    pub client: String,
    /// The clients: id and name.
    pub clients: Vec<(String, String)>,
    /// The reader may ask about people.
    pub reads_people: bool,
    /// The answer.
    pub answered: Option<Answered>,
    /// What went wrong.
    pub problem: Option<RightsProblem>,
}

impl RightsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb { name: self.chrome.t().console_rights.clone(), address: String::new() }]
    }

    fn options(&self) -> Vec<SelectOption> {
        let option =
            |(id, name): &(String, String)| SelectOption { value: id.clone(), label: name.clone(), chosen: *id == self.client };
        self.clients.iter().map(option).collect()
    }

    fn sentence(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            RightsProblem::Empty => t.signin_empty.as_str(),
            RightsProblem::NotTheirs => t.console_rights_not_theirs.as_str(),
        })
    }

    /// The answer in a sentence.
    fn verdict(&self, answered: &Answered) -> String {
        let t = self.chrome.t();
        let system = self.clients.iter().find(|(id, _)| *id == self.client).map(|(_, name)| name.as_str());
        let who = answered.full_name.as_str();
        match (system, answered.enters()) {
            (_, _) if answered.disabled => fill(&t.console_rights_verdict_disabled, &[("who", who)]),
            (Some(system), true) => fill(&t.console_rights_verdict_yes, &[("who", who), ("system", system)]),
            (Some(system), false) => fill(&t.console_rights_verdict_no, &[("who", who), ("system", system)]),
            (None, _) => fill(&t.console_rights_verdict_all, &[("who", who)]),
        }
    }

    fn soon(&self) -> String {
        soon(self.chrome.t())
    }

    fn unused(&self) -> String {
        unused(self.chrome.t())
    }
}

fn soon(t: &'static Words) -> String {
    fill(&t.console_rights_expiring_lead, &[("days", &SOON_DAYS.to_string())])
}

fn unused(t: &'static Words) -> String {
    fill(&t.console_rights_unused_lead, &[("days", &UNUSED_DAYS.to_string())])
}

/// `GET /admin/rights/people/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_rights_person.html")]
pub struct PersonRightsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// Who, by id.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// They may not sign in.
    pub disabled: bool,
    /// Their roles, by system.
    pub rights: Vec<Why>,
    /// Systems that everybody enters who may sign in.
    pub open: Vec<String>,
    /// The reader may give and take back.
    pub may_give: bool,
    /// What the reader may give: a client and a role.
    pub offered: Vec<SelectOption>,
    /// The posts of today, to bind a role to.
    pub positions: Vec<SelectOption>,
    /// What was typed.
    pub typed: GiveTyped,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub problem: Option<GiveProblem>,
    /// What was just done.
    pub done: Option<RightDone>,
}

impl PersonRightsPage {
    fn said(&self) -> Option<Said> {
        self.done.map(|done| done.said(self.chrome.t()))
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.said(self.chrome.t()))
    }

    fn target(&self) -> &'static str {
        match self.problem {
            Some(GiveProblem::Days) => "from",
            Some(GiveProblem::Reason) => "reason",
            Some(GiveProblem::EndReason) => "end-reason",
            Some(GiveProblem::Gone | GiveProblem::EndNotTheirs) => "grant",
            Some(GiveProblem::Person | GiveProblem::Own | GiveProblem::Role | GiveProblem::Already) | None => "right",
        }
    }

    /// What is wrong with one field.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.sentence().filter(|_| self.target() == field)
    }

    fn reason_hint(&self) -> String {
        fill(&self.chrome.t().console_administrators_reason_hint, &[("most", &self.longest.to_string())])
    }

    fn crumbs(&self) -> Vec<Crumb> {
        vec![
            Crumb { name: self.chrome.t().console_rights.clone(), address: "/admin/rights".to_owned() },
            Crumb { name: self.full_name.clone(), address: String::new() },
        ]
    }

    fn title(&self) -> String {
        fill(&self.chrome.t().console_rights_person_title, &[("who", &self.full_name)])
    }
}

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
    /// The roles, by user name.
    pub lines: Vec<RightLine>,
    /// Where one is in the list.
    pub pages: Pages,
}

impl RightListPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![
            Crumb { name: self.chrome.t().console_rights.clone(), address: "/admin/rights".to_owned() },
            Crumb { name: self.title().to_owned(), address: String::new() },
        ]
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

    fn export(&self) -> String {
        format!("/admin/rights/export.csv?list={}", self.kind.word())
    }
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightDone {
    /// A role was given.
    Given,
    /// A role was taken back.
    Ended,
}

impl RightDone {
    /// The word of an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Ended => "ended",
        }
    }

    /// Reads [`RightDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Given, Self::Ended].into_iter().find(|done| done.word() == word)
    }

    fn said(self, t: &'static Words) -> Said {
        let text = match self {
            Self::Given => t.console_rights_given.clone(),
            Self::Ended => t.console_rights_ended.clone(),
        };
        Said { kind: "ok", text }
    }
}

/// Why a role was not given, or not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveProblem {
    /// Nobody has the name, or they may not sign in.
    Person,
    /// Nobody gives anything to themselves.
    Own,
    /// The client declares no such role, or it is not theirs to give.
    Role,
    /// The days cannot be.
    Days,
    /// A reason is missing, or too long.
    Reason,
    /// They have it already.
    Already,
    /// It was taken back before.
    Gone,
    /// A reason for taking back is missing, or too long.
    EndReason,
    /// Somebody above gave it, and takes it back.
    EndNotTheirs,
}

impl GiveProblem {
    fn said(self, t: &'static Words) -> &'static str {
        match self {
            Self::Person => &t.console_rights_no_person,
            Self::Own => &t.console_rights_own,
            Self::Role => &t.console_rights_no_role,
            Self::Days => &t.console_administrators_days_wrong,
            Self::Reason | Self::EndReason => &t.console_administrators_no_reason,
            Self::Already => &t.console_rights_already,
            Self::Gone => &t.console_rights_gone,
            Self::EndNotTheirs => &t.console_rights_end_not_theirs,
        }
    }
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct GiveTyped {
    /// The user name.
    pub username: String,
    /// The role; on a person's page a client and a role, with a space between.
    pub role: String,
    /// Only while acting in this position; may be empty.
    pub position: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Which grant is to be taken back.
    pub grant: String,
    /// Why.
    pub reason: String,
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
    /// The roles that it declares, with how many people hold each; less than none: not for this reader.
    pub roles: Vec<(String, i64)>,
    /// Only this role; may be empty.
    pub role: String,
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
        vec![
            Crumb { name: self.chrome.t().console_rights.clone(), address: "/admin/rights".to_owned() },
            Crumb { name: self.name.clone(), address: String::new() },
        ]
    }

    fn said(&self) -> Option<Said> {
        self.done.map(|done| done.said(self.chrome.t()))
    }

    fn title(&self) -> String {
        fill(&self.chrome.t().console_rights_client_title, &[("system", &self.name)])
    }

    /// The roles to choose one of, for the list and for the form.
    fn options(&self, chosen: &str) -> Vec<SelectOption> {
        let option = |(role, count): &(String, i64)| SelectOption {
            value: role.clone(),
            label: if *count < 0 { role.clone() } else { format!("{role} ({count})") },
            chosen: role == chosen,
        };
        self.roles.iter().map(option).collect()
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.said(self.chrome.t()))
    }

    fn target(&self) -> &'static str {
        match self.problem {
            Some(GiveProblem::Person | GiveProblem::Own | GiveProblem::Already) => "username",
            Some(GiveProblem::Role) => "give-role",
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
        fill(&self.chrome.t().console_administrators_reason_hint, &[("most", &self.longest.to_string())])
    }

    fn export(&self) -> String {
        // An id holds nothing that an address could not.
        format!("/admin/rights/export.csv?list=client&id={}", self.id)
    }
}
