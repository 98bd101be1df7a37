//! The list of people, and the page of an act on many of them.

use super::Console;
use super::parts::{Chip, Crumb, Pages, Said, SelectOption};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::position::PositionKind;
use crate::service::directory::{Factor, State};
use crate::service::provisioning::many::{Act, Outcome};
use askama::Template;

/// A group of units in a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitGroup {
    /// What they have in common.
    pub label: &'static str,
    /// The units.
    pub options: Vec<SelectOption>,
}

/// The field for a unit, where there are too many to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitTyped {
    /// What was typed, or the name of the unit that the list is narrowed to.
    pub text: String,
    /// Units that what was typed may mean, each with the list by it.
    pub several: Vec<Chip>,
}

/// A filter that the reader keeps under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptView {
    /// Its identity.
    pub id: String,
    /// What they call it.
    pub name: String,
    /// The list by it.
    pub address: String,
}

/// Somebody in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLine {
    /// Their id.
    pub id: String,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// The title of the main post; may be empty.
    pub title: String,
    /// How many posts are held.
    pub posts: i64,
    /// The unit's full name; may be empty.
    pub unit: String,
    /// The unit before, with what it needs not to be mistaken.
    pub former: Option<String>,
    /// The unit is gone: a decision is waited for.
    pub waits: bool,
    /// Whether the account can be used.
    pub state: State,
    /// Strangers locked the name until then, as shown.
    pub locked_until: Option<String>,
    /// What they sign in with.
    pub factor: Factor,
    /// When they last signed in, as shown.
    pub last_seen: Option<String>,
    /// The box beside the name is ticked.
    pub chosen: bool,
}

/// A tag: its kind, its symbol, its words.
pub struct Tag {
    /// `ok`, `warn`, `bad`, or nothing.
    pub kind: &'static str,
    /// The symbol.
    pub icon: &'static str,
    /// The words.
    pub text: String,
}

impl PersonLine {
    /// How the account stands.
    pub fn tag(&self, chrome: &Chrome) -> Tag {
        let t = chrome.t();
        let tag = |kind, icon, text: &str| Tag { kind, icon, text: text.to_owned() };
        match (self.state, &self.locked_until) {
            (State::Disabled, _) => tag("bad", "lock", &t.console_people_state_disabled),
            (State::Held, _) => tag("warn", "alert-triangle", &t.console_people_state_held),
            (State::Active | State::New, Some(until)) => {
                tag("bad", "lock", &fill(&t.console_people_locked_until, &[("until", until)]))
            }
            (State::Active | State::New, None) if self.waits => tag("warn", "clock", &t.console_people_waits),
            (State::New, None) => tag("", "user", &t.console_people_state_new),
            (State::Active, None) => tag("ok", "check", &t.console_people_state_active),
        }
    }

    /// What they sign in with.
    pub fn signs_in_with(&self, chrome: &Chrome) -> &'static str {
        factor_name(chrome.t(), self.factor)
    }

    /// The posts beside the main one.
    pub fn beside(&self, chrome: &Chrome) -> Option<String> {
        let count = self.posts - 1;
        (count > 0).then(|| fill(&chrome.t().console_people_beside, &[("count", &count.to_string())]))
    }

    /// The unit before.
    pub fn before(&self, chrome: &Chrome) -> Option<String> {
        self.former.as_ref().map(|unit| fill(&chrome.t().console_people_before, &[("unit", unit)]))
    }

    /// When they last signed in.
    pub fn seen(&self, chrome: &Chrome) -> String {
        self.last_seen.clone().unwrap_or_else(|| chrome.t().console_people_never.clone())
    }

    /// What the box beside the name is called.
    pub fn choose(&self, chrome: &Chrome) -> String {
        fill(&chrome.t().console_people_choose, &[("name", &self.full_name)])
    }

    /// The names of a sheet's columns.
    pub fn header(t: &'static Words) -> [&'static str; 9] {
        [
            &t.console_people_name,
            &t.admin_recovery_username,
            &t.console_people_title_column,
            &t.console_people_kind,
            &t.console_people_unit,
            &t.console_people_former,
            &t.console_people_state,
            &t.console_people_factor,
            &t.console_people_posts,
        ]
    }
}

/// What a factor is called.
pub fn factor_name(t: &'static Words, factor: Factor) -> &'static str {
    match factor {
        Factor::Passkey => &t.console_people_factor_passkey,
        Factor::App => &t.console_people_factor_app,
        Factor::Password => &t.console_people_factor_password,
        Factor::Nothing => &t.console_people_factor_nothing,
    }
}

/// What a state is called.
pub fn state_name(t: &'static Words, state: State) -> &'static str {
    match state {
        State::Active => &t.console_people_state_active,
        State::New => &t.console_people_state_new,
        State::Held => &t.console_people_state_held,
        State::Disabled => &t.console_people_state_disabled,
    }
}

/// What a kind of employment is called.
pub fn kind_name(t: &'static Words, kind: PositionKind) -> &'static str {
    match kind {
        PositionKind::CanBo => &t.console_people_kind_can_bo,
        PositionKind::CongChuc => &t.console_people_kind_cong_chuc,
        PositionKind::VienChuc => &t.console_people_kind_vien_chuc,
        PositionKind::NguoiLaoDong => &t.console_people_kind_nguoi_lao_dong,
        PositionKind::KhongChuyenTrach => &t.console_people_kind_khong_chuyen_trach,
    }
}

/// What an act on many is called.
pub fn act_name(t: &'static Words, act: Act) -> &'static str {
    match act {
        Act::Disable => &t.console_people_act_disable,
        Act::Restore => &t.console_people_act_restore,
        Act::Remind => &t.console_people_act_remind,
        Act::Grant => &t.console_people_act_grant,
    }
}

/// What was wrong with a form of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListProblem {
    /// Nobody was ticked.
    Nobody,
    /// Too many match.
    TooMany,
    /// No act was chosen.
    NoAct,
    /// No role was chosen for an act that gives one.
    NoRole,
    /// A name is asked for, to keep a filter under.
    NoName,
    /// No more filters are kept.
    ViewsFull,
}

/// What the reader may do from here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListMay {
    /// Bring in somebody new.
    pub add: bool,
    /// Take the list away.
    pub export: bool,
    /// Know when people last signed in.
    pub history: bool,
}

/// `GET /admin/people`
#[derive(Debug, Template)]
#[template(path = "pages/console_people.html")]
pub struct PeopleList {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// What was typed.
    pub q: String,
    /// The units to choose from, where they are few.
    pub units: Vec<UnitGroup>,
    /// The field for a unit, where they are many.
    pub unit: Option<UnitTyped>,
    /// The kinds of employment.
    pub kinds: Vec<SelectOption>,
    /// The states.
    pub states: Vec<SelectOption>,
    /// The factors.
    pub factors: Vec<SelectOption>,
    /// The list begins at the end of the alphabet.
    pub reversed: bool,
    /// Fifty rows instead of twenty-five.
    pub long: bool,
    /// What narrows the list.
    pub chips: Vec<Chip>,
    /// The filter, as it is kept and sent along.
    pub query: String,
    /// The list the other way round.
    pub turned: String,
    /// The list as a file.
    pub export: String,
    /// How many there are, in a sentence.
    pub lead: String,
    /// `cả 1.284 người khớp bộ lọc`
    pub all_match: String,
    /// The people.
    pub lines: Vec<PersonLine>,
    /// Where the reader is in them.
    pub pages: Pages,
    /// What may be done with those who are ticked.
    pub acts: Vec<SelectOption>,
    /// Roles that may be given.
    pub roles: Vec<SelectOption>,
    /// Everybody who matches is chosen.
    pub all: bool,
    /// The filters that the reader keeps.
    pub views: Vec<KeptView>,
    /// The name that was typed for another.
    pub view_name: String,
    /// What the reader may do.
    pub may: ListMay,
    /// What went wrong.
    pub problem: Option<ListProblem>,
    /// What was done.
    pub done: Option<Said>,
}

impl PeopleList {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_people)]
    }

    fn said(&self) -> Option<&Said> {
        self.done.as_ref()
    }

    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            ListProblem::Nobody => t.console_people_nobody_chosen.as_str(),
            ListProblem::TooMany => t.console_people_too_many.as_str(),
            ListProblem::NoAct => t.console_people_no_act.as_str(),
            ListProblem::NoRole => t.console_people_no_role.as_str(),
            ListProblem::NoName => t.console_people_no_name.as_str(),
            ListProblem::ViewsFull => t.console_people_views_full.as_str(),
        })
    }

    /// The field that a problem is about.
    fn target(&self) -> &'static str {
        match self.problem {
            Some(ListProblem::Nobody | ListProblem::TooMany) => "all",
            Some(ListProblem::NoRole) => "role",
            Some(ListProblem::NoName | ListProblem::ViewsFull) => "view-name",
            Some(ListProblem::NoAct) | None => "act",
        }
    }

    fn is_about_views(&self) -> bool {
        matches!(self.problem, Some(ListProblem::NoName | ListProblem::ViewsFull))
    }

    /// That no unit is called as it was typed.
    fn no_unit(&self) -> Option<String> {
        let typed = self.unit.as_ref().filter(|unit| !unit.text.is_empty() && unit.several.is_empty())?;
        let is_narrowed = self.chips.iter().any(|chip| chip.name == typed.text);
        (!is_narrowed).then(|| fill(&self.chrome.t().console_people_no_such_unit, &[("unit", &typed.text)]))
    }

    fn sorted(&self) -> &'static str {
        if self.reversed { "descending" } else { "ascending" }
    }
}

/// Somebody who was chosen for an act on many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenLine {
    /// Their id.
    pub id: String,
    /// Full name; empty for whoever is not there any more.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// What became of them.
    pub outcome: Outcome,
}

impl ChosenLine {
    fn tag(&self, chrome: &Chrome) -> Tag {
        let t = chrome.t();
        let (kind, icon, text) = match self.outcome {
            Outcome::Waiting => ("", "clock", &t.console_people_outcome_waiting),
            Outcome::Done => ("ok", "check", &t.console_people_outcome_done),
            Outcome::Already => ("", "check", &t.console_people_outcome_already),
            Outcome::OutOfReach => ("warn", "alert-triangle", &t.console_people_outcome_out_of_reach),
            Outcome::NoAddress => ("warn", "mail", &t.console_people_outcome_no_address),
            Outcome::Refused => ("warn", "alert-triangle", &t.console_people_outcome_refused),
            Outcome::TakenBack => ("", "check", &t.console_people_outcome_taken_back),
            Outcome::Kept => ("warn", "alert-triangle", &t.console_people_outcome_kept),
        };
        Tag { kind, icon, text: text.clone() }
    }
}

/// How an act is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begin {
    /// A reason is asked for.
    pub reason: bool,
    /// A second person will be asked.
    pub second: bool,
}

/// What can be done on the page of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkStep {
    /// Look, say why, and begin.
    Begin(Begin),
    /// A second person was asked, on this page.
    Waits(String),
    /// It was stopped in the middle.
    GoOn,
    /// It may be taken back until this day.
    Undo(String),
    /// Taking it back was stopped in the middle.
    GoOnUndoing,
    /// Nothing more.
    Nothing,
}

/// `GET /admin/people/bulk/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_people_bulk.html")]
pub struct PeopleBulk {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Its identity.
    pub id: String,
    /// What is done.
    pub act: Act,
    /// The role that is given, in words.
    pub role: Option<String>,
    /// How many people, and what became of them, in a sentence.
    pub lead: String,
    /// The people.
    pub lines: Vec<ChosenLine>,
    /// What can be done.
    pub step: BulkStep,
    /// Why; what was typed, or what was said.
    pub reason: String,
    /// There is no reason, or one that cannot be kept.
    pub no_reason: bool,
    /// What was done.
    pub done: Option<Said>,
}

impl PeopleBulk {
    fn title(&self) -> &'static str {
        act_name(self.chrome.t(), self.act)
    }

    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_people, "/admin/people"), Crumb::here(self.title())]
    }

    fn said(&self) -> Option<&Said> {
        self.done.as_ref()
    }

    fn problem(&self) -> Option<&'static str> {
        self.no_reason.then_some(self.chrome.t().console_people_reason_missing.as_str())
    }

    fn begin(&self) -> Option<Begin> {
        if let BulkStep::Begin(begin) = self.step { Some(begin) } else { None }
    }

    /// The request to a second person.
    fn waits_for(&self) -> Option<&str> {
        if let BulkStep::Waits(approval) = &self.step { Some(approval) } else { None }
    }

    fn undo_until(&self) -> Option<&str> {
        if let BulkStep::Undo(until) = &self.step { Some(until) } else { None }
    }

    /// What the form sends, and its button.
    fn button(&self) -> Option<(&'static str, &'static str)> {
        let t = self.chrome.t();
        match self.step {
            BulkStep::GoOn => Some(("run", t.console_people_go_on.as_str())),
            BulkStep::Undo(_) => Some(("undo", t.console_people_undo.as_str())),
            BulkStep::GoOnUndoing => Some(("undo", t.console_people_go_on.as_str())),
            BulkStep::Begin(_) | BulkStep::Waits(_) | BulkStep::Nothing => None,
        }
    }

    /// Its button is the outlined one: it takes something from people.
    fn is_hard(&self) -> bool {
        self.act == Act::Disable
    }

    /// What follows from it, before it is begun.
    fn follows(&self) -> &'static str {
        let t = self.chrome.t();
        match self.act {
            Act::Disable => &t.console_people_follows_disable,
            Act::Restore => &t.console_people_follows_restore,
            Act::Remind => &t.console_people_follows_remind,
            Act::Grant => &t.console_people_follows_grant,
        }
    }

    fn can_be_undone(&self, until: &str) -> String {
        fill(&self.chrome.t().console_people_undo_until, &[("date", until)])
    }
}
