//! One account, with whoever it may be of beside it.

use super::HERE;
use super::words::{decision, field, mark, reason, rule, unit_decision};
use crate::base::date::shown_moment;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Said, SelectOption, number};
use crate::model::legacy_unit::Reason;
use crate::service::legacy::review::{Line, Sheet, Side, Who};
use askama::Template;

/// A candidate, with what they are called.
#[derive(Debug, Clone)]
pub struct ShownSide {
    /// As they were found.
    pub side: Side,
    /// What the form sends for them; empty for whom nothing is given to.
    pub value: String,
    /// The page about them; may be empty.
    pub address: String,
    /// What they are called.
    pub title: String,
    /// Where they and the owner are made one person, for whoever may do that; may be empty.
    pub merge: String,
}

/// An earlier decision.
#[derive(Debug, Clone)]
pub struct DecisionLine {
    /// Its identity.
    pub id: String,
    /// It is about the unit.
    pub of_unit: bool,
    /// What was done, in a word.
    pub act: String,
    /// To whom or to which unit; may be empty.
    pub to: String,
    /// By whom.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// Why.
    pub reason: String,
    /// When it was taken back, as shown.
    pub undone: Option<String>,
    /// The reader can take it back.
    pub may_be_undone: bool,
}

/// Why nothing was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was chosen.
    NoChoice,
    /// The reason is missing, too long or unreadable.
    Reason,
    /// It may be the reader's own.
    Own,
    /// Somebody else was first.
    Changed,
    /// There is nobody of that name within the reader's bounds, or they administer something.
    Person,
    /// There is no such unit.
    Unit,
    /// The unit comes first.
    UnitFirst,
    /// There is no name.
    Nameless,
    /// It is so already.
    Nothing,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NoChoice,
        Self::Reason,
        Self::Own,
        Self::Changed,
        Self::Person,
        Self::Unit,
        Self::UnitFirst,
        Self::Nameless,
        Self::Nothing,
    ];

    /// In words.
    pub(super) fn sentence(self, t: &'static crate::base::words::Words) -> &'static str {
        match self {
            Self::NoChoice => &t.console_legacy_no_choice,
            Self::Reason => &t.console_legacy_no_reason,
            Self::Own => &t.console_legacy_own,
            Self::Changed => &t.console_legacy_changed,
            Self::Person => &t.console_legacy_no_person,
            Self::Unit => &t.console_legacy_no_unit,
            Self::UnitFirst => &t.console_legacy_unit_first,
            Self::Nameless => &t.console_legacy_nameless,
            Self::Nothing => &t.console_legacy_nothing,
        }
    }
}

/// `GET /admin/legacy/accounts/{id}`, and its answer when nothing was decided.
#[derive(Debug, Template)]
#[template(path = "pages/console_legacy_account.html")]
pub struct AccountPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The account.
    pub sheet: Sheet,
    /// The source's name.
    pub source: String,
    /// Whose it is.
    pub owner: Option<ShownSide>,
    /// Whose it may be.
    pub candidates: Vec<ShownSide>,
    /// Its unit's name today; may be empty.
    pub unit: String,
    /// Units that it may belong to.
    pub units: Vec<SelectOption>,
    /// Earlier decisions.
    pub decisions: Vec<DecisionLine>,
    /// The user name that was typed.
    pub username: String,
    /// The reason that was typed.
    pub reason: String,
    /// What is wrong.
    pub problem: Option<Problem>,
    /// Something was just decided.
    pub done: bool,
}

impl AccountPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_legacy, HERE), Crumb::here(&self.title())]
    }

    fn title(&self) -> String {
        format!("{} · {}", self.sheet.row.source, self.sheet.row.legacy_id)
    }

    fn said(&self) -> Option<Said> {
        self.done.then(|| Said::ok(&self.chrome.t().console_legacy_done))
    }

    fn sentence(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.sentence(self.chrome.t()))
    }

    fn here(&self) -> String {
        format!("{HERE}/accounts/{}", self.sheet.name)
    }

    fn tag(&self) -> (&'static str, &'static str) {
        decision(self.chrome.t(), &self.sheet.row.decision)
    }

    fn rule(&self) -> &'static str {
        rule(self.chrome.t(), &self.sheet.row.rule)
    }

    fn unit_tag(&self) -> (&'static str, &'static str) {
        unit_decision(self.chrome.t(), &self.sheet.row.unit_decision)
    }

    fn unit_reason(&self) -> &'static str {
        let t = self.chrome.t();
        match Reason::from_word(&self.sheet.row.unit_reason) {
            Some(known) => reason(t, known),
            None if self.sheet.row.unit_decided_by.is_some() => &t.console_legacy_rule_by_hand,
            None => "",
        }
    }

    /// It opens nothing any more, since when.
    fn retired_line(&self) -> Option<String> {
        let at = shown_moment(self.sheet.retired_at?);
        Some(fill(&self.chrome.t().console_legacy_retired_at, &[("at", &at)]))
    }

    /// Whoever has the account came with it: it is not taken from them without more.
    fn takes_more(&self) -> bool {
        let has_owner = self.owner.is_some() || self.sheet.owner_is_hidden;
        has_owner && self.sheet.row.first_used_at.is_some()
    }

    fn field(&self, line: &Line) -> &'static str {
        field(self.chrome.t(), line.what)
    }

    fn mark(&self, line: &Line) -> Option<(&'static str, &'static str)> {
        mark(self.chrome.t(), line.mark)
    }

    fn side_tag(&self, side: &ShownSide) -> Option<(&'static str, &'static str)> {
        match side.side.who {
            Who::Person(_) => None,
            Who::Account(_) => Some(decision(self.chrome.t(), &side.side.decision)),
        }
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn is_of_source(&self, side: &ShownSide) -> bool {
        side.side.seen.iter().any(|word| word == "source_same")
    }

    fn hidden_line(&self) -> Option<String> {
        let count = number(&self.chrome, i64::try_from(self.sheet.hidden).unwrap_or(i64::MAX));
        (self.sheet.hidden > 0).then(|| fill(&self.chrome.t().console_legacy_hidden, &[("count", &count)]))
    }

    fn act(&self, line: &DecisionLine) -> &'static str {
        let t = self.chrome.t();
        if line.of_unit { &t.console_legacy_unit_mapped } else { decision(t, &line.act).1 }
    }

    fn undone_line(&self, at: &str) -> String {
        fill(&self.chrome.t().console_legacy_undone_at, &[("at", at)])
    }
}
