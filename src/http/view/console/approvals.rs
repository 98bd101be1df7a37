//! What waits for a second person: the list, and one request.

use super::Console;
use super::administrators::{days_said, role_name};
use super::parts::{Crumb, Said};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::admin_scope::AdminRole;
use crate::service::approvals::{Dangerous, Decision};
use askama::Template;

/// What an act is called.
pub fn act_name(t: &'static Words, act: Dangerous) -> &'static str {
    match act {
        Dangerous::DisableMany => &t.console_approvals_disable_many,
        Dangerous::RotateKeys => &t.console_approvals_rotate_keys,
        Dangerous::RevokeKey => &t.console_approvals_revoke_key,
        Dangerous::RemoveSource => &t.console_approvals_remove_source,
        Dangerous::GrantAdministrator => &t.console_approvals_grant_administrator,
        Dangerous::Erase => &t.console_approvals_erase,
    }
}

fn decision_name(t: &'static Words, decision: Decision) -> &'static str {
    match decision {
        Decision::Taken => &t.console_approvals_taken,
        Decision::Refused => &t.console_approvals_refused,
        Decision::Withdrawn => &t.console_approvals_withdrawn,
        Decision::Over => &t.console_approvals_over,
    }
}

/// What is said of a change, before what is said of every one.
fn cause(t: &'static Words, change: Change) -> Option<&'static str> {
    match change {
        Change::Person => Some(&t.console_approvals_no_person),
        Change::Unit => Some(&t.console_approvals_no_unit),
        Change::Client => Some(&t.console_approvals_no_client),
        Change::Days => Some(&t.console_approvals_days_over),
        Change::TooMuch => Some(&t.console_approvals_too_much),
        Change::Already => Some(&t.console_administrators_already),
        Change::Other => None,
    }
}

/// One line of a list of requests.
#[derive(Debug, Clone)]
pub struct ApprovalLine {
    /// The request's id.
    pub id: String,
    /// What is asked for.
    pub act: Dangerous,
    /// On what, or of whom.
    pub subject: String,
    /// Who asks.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// Until when it may be decided, as shown.
    pub until: String,
    /// Why.
    pub reason: String,
    /// What became of it, and when.
    pub decision: Option<(Decision, String)>,
    /// Who decided; may be empty.
    pub decided_by: String,
    /// The reader may decide.
    pub may_decide: bool,
}

/// `GET /admin/approvals`
#[derive(Debug, Template)]
#[template(path = "pages/console_approvals.html")]
pub struct ApprovalsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What others ask for.
    pub waiting: Vec<ApprovalLine>,
    /// What the reader asked for.
    pub own: Vec<ApprovalLine>,
    /// What was decided of late.
    pub decided: Vec<ApprovalLine>,
}

impl ApprovalsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb { name: self.chrome.t().console_approvals.clone(), address: String::new() }]
    }

    fn what(&self, line: &ApprovalLine) -> &'static str {
        act_name(self.chrome.t(), line.act)
    }

    fn asked(&self, line: &ApprovalLine) -> String {
        fill(&self.chrome.t().console_approvals_asked, &[("who", &line.by), ("at", &line.at)])
    }

    fn until(&self, line: &ApprovalLine) -> String {
        fill(&self.chrome.t().console_approvals_until, &[("until", &line.until)])
    }

    fn decided(&self, line: &ApprovalLine) -> Option<String> {
        let t = self.chrome.t();
        line.decision.as_ref().map(|(decision, at)| outcome_said(t, *decision, at, &line.decided_by))
    }
}

/// What became of a request, in a line.
pub fn outcome_said(t: &'static Words, decision: Decision, at: &str, by: &str) -> String {
    let what = decision_name(t, decision);
    if by.is_empty() {
        return fill(&t.console_approvals_decided, &[("what", what), ("at", at)]);
    }
    fill(&t.console_approvals_decided_by, &[("what", what), ("at", at), ("who", by)])
}

/// What a fact is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactName {
    /// The role of an administrator.
    Role,
    /// What the role is bound to.
    Bound,
    /// The days of the role.
    Days,
    /// How many people.
    Count,
    /// New keys sign at once, and nobody was told of them before.
    AtOnce,
    /// Everything that a key signed stops counting.
    Drops,
}

/// A fact of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: FactName,
    /// As it is; a role by its word, days as `first/last`.
    pub value: String,
}

impl Fact {
    /// A role.
    pub fn role(role: AdminRole) -> Self {
        Self { name: FactName::Role, value: role.word().to_owned() }
    }

    /// Days, as shown; an open end is empty.
    pub fn days(first: String, last: String) -> Self {
        Self { name: FactName::Days, value: [first, last].join(" ") }
    }
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The reader asked for it.
    Asked,
    /// It happened.
    Approved,
    /// The reader said no.
    Refused,
    /// The reader took it back.
    Withdrawn,
}

impl Done {
    const ALL: [Self; 4] = [Self::Asked, Self::Approved, Self::Refused, Self::Withdrawn];

    /// The word of an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads [`Done::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// Why nothing was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalProblem {
    /// A refusal says why.
    NoReason,
    /// Nobody decides on what they asked for.
    Own,
    /// Somebody decided before, or its time is over.
    TooLate,
    /// The reader let whoever asked back in of late, or the other way round, or one third person let both.
    NoSecondPerson,
    /// What was asked for cannot be any more.
    Changed(Change),
}

/// Why what was asked for cannot be any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The account of whom it is about is disabled, or gone.
    Person,
    /// The unit is gone.
    Unit,
    /// The client is gone.
    Client,
    /// The days are over.
    Days,
    /// Whoever asked, or the reader, holds less than it gives.
    TooMuch,
    /// The person has it already.
    Already,
    /// Something else.
    Other,
}

/// `GET /admin/approvals/{id}`, and its answer when nothing was decided.
#[derive(Debug, Template)]
#[template(path = "pages/console_approval.html")]
pub struct ApprovalPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The request's id.
    pub id: String,
    /// What is asked for.
    pub act: Dangerous,
    /// On what, or of whom.
    pub subject: String,
    /// More about it.
    pub facts: Vec<Fact>,
    /// The people whom it is about.
    pub people: Vec<String>,
    /// Who asks.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// Until when it may be decided, as shown.
    pub until: String,
    /// Why it is asked for.
    pub why: String,
    /// What became of it, and when.
    pub decision: Option<(Decision, String)>,
    /// Who decided; may be empty.
    pub decided_by: String,
    /// Why it was refused; may be empty.
    pub decided_reason: String,
    /// Its time is over and nobody decided.
    pub is_over: bool,
    /// The reader may decide.
    pub may_decide: bool,
    /// The reader is a second person for whoever asked: else they may refuse, and not let it happen.
    pub second: bool,
    /// The reader may take it back.
    pub may_withdraw: bool,
    /// The reader asked for it.
    pub own: bool,
    /// The reason of a refusal, as typed.
    pub reason: String,
    /// What went wrong.
    pub problem: Option<ApprovalProblem>,
    /// What was just done.
    pub done: Option<Done>,
}

impl ApprovalPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb { name: t.console_approvals.clone(), address: "/admin/approvals".to_owned() },
            Crumb { name: self.title().to_owned(), address: String::new() },
        ]
    }

    fn said(&self) -> Option<Said> {
        let t = self.chrome.t();
        self.done.map(|done| Said {
            kind: "ok",
            text: match done {
                Done::Asked => t.console_approvals_done_asked.clone(),
                Done::Approved => t.console_approvals_done_approved.clone(),
                Done::Refused => t.console_approvals_done_refused.clone(),
                Done::Withdrawn => t.console_approvals_done_withdrawn.clone(),
            },
        })
    }

    fn title(&self) -> &'static str {
        act_name(self.chrome.t(), self.act)
    }

    /// Whether the subject is a thing, and not one of the people who are listed.
    fn has_subject(&self) -> bool {
        match self.act {
            Dangerous::RotateKeys | Dangerous::RevokeKey | Dangerous::RemoveSource => !self.subject.is_empty(),
            Dangerous::DisableMany | Dangerous::GrantAdministrator | Dangerous::Erase => false,
        }
    }

    fn named(&self, fact: &Fact) -> &'static str {
        let t = self.chrome.t();
        match fact.name {
            FactName::Role => &t.console_administrators_role,
            FactName::Bound => &t.console_administrators_bound,
            FactName::Days => &t.console_administrators_days,
            FactName::Count => &t.console_approvals_count,
            FactName::AtOnce => &t.console_keys_at_once,
            FactName::Drops => &t.console_keys_drop,
        }
    }

    fn value(&self, fact: &Fact) -> String {
        let t = self.chrome.t();
        match fact.name {
            FactName::Role => AdminRole::from_word(&fact.value).map(|role| role_name(t, role)).unwrap_or_default().to_owned(),
            FactName::Days => {
                let (first, last) = fact.value.split_once(' ').unwrap_or((fact.value.as_str(), ""));
                days_said(t, first, last)
            }
            FactName::Bound | FactName::Count => fact.value.clone(),
            FactName::AtOnce => t.console_keys_at_once_hint.clone(),
            FactName::Drops => t.console_keys_drop_text.clone(),
        }
    }

    fn decided(&self) -> Option<String> {
        let t = self.chrome.t();
        self.decision.as_ref().map(|(decision, at)| outcome_said(t, *decision, at, &self.decided_by))
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            ApprovalProblem::NoReason => t.console_approvals_no_reason.clone(),
            ApprovalProblem::Own => t.console_approvals_own_not.clone(),
            ApprovalProblem::TooLate => t.console_approvals_too_late.clone(),
            ApprovalProblem::NoSecondPerson => t.console_approvals_no_second.clone(),
            ApprovalProblem::Changed(change) => match cause(t, change) {
                Some(cause) => [cause, t.console_approvals_changed.as_str()].join(" "),
                None => t.console_approvals_changed.clone(),
            },
        })
    }

    fn is_about_the_reason(&self) -> bool {
        self.problem == Some(ApprovalProblem::NoReason)
    }

    fn target(&self) -> &'static str {
        if self.is_about_the_reason() { "reason" } else { "request" }
    }
}
