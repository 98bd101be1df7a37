//! Runs of the template of units: what one gives, how far it has come, and what an undo left.

use super::Console;
use super::parts::{Crumb, Said, number};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::service::onboarding::Why;
use crate::service::onboarding::runs::State;
use askama::Template;

/// What was just done with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunDone {
    /// Units were given everything.
    Applied,
    /// The same, but for some that were found changed.
    AppliedInPart,
    /// One request does not do more; the rest waits.
    More,
    /// It was taken back.
    Undone,
    /// The same, but for what somebody changed since.
    UndoneInPart,
    /// Nobody may apply it any more.
    Discarded,
    /// Nothing: somebody else was first, or its time is over.
    Decided,
    /// Nothing: somebody else than who made it applies it.
    NeedsAnother,
    /// Nothing: who made it and the reader are no two people, as far as their accounts can tell.
    NoSecondPerson,
    /// Nothing: it is not the preview that was seen.
    OtherPreview,
}

impl RunDone {
    const ALL: [Self; 10] = [
        Self::Applied,
        Self::AppliedInPart,
        Self::More,
        Self::Undone,
        Self::UndoneInPart,
        Self::Discarded,
        Self::Decided,
        Self::NeedsAnother,
        Self::NoSecondPerson,
        Self::OtherPreview,
    ];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::AppliedInPart => "applied-in-part",
            Self::More => "more",
            Self::Undone => "undone",
            Self::UndoneInPart => "undone-in-part",
            Self::Discarded => "discarded",
            Self::Decided => "decided",
            Self::NeedsAnother => "needs-another",
            Self::NoSecondPerson => "no-second-person",
            Self::OtherPreview => "other-preview",
        }
    }

    /// Reads [`RunDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }

    /// In words.
    pub fn said(self, chrome: &Chrome) -> Said {
        let t = chrome.t();
        let (kind, text) = match self {
            Self::Applied => ("ok", &t.console_onboarding_done_applied),
            Self::AppliedInPart => ("warn", &t.console_onboarding_done_in_part),
            Self::More => ("warn", &t.console_onboarding_done_more),
            Self::Undone => ("ok", &t.console_onboarding_done_undone),
            Self::UndoneInPart => ("warn", &t.console_onboarding_done_undone_in_part),
            Self::Discarded => ("ok", &t.console_onboarding_done_discarded),
            Self::Decided => ("warn", &t.console_onboarding_done_decided),
            Self::NeedsAnother => ("warn", &t.console_onboarding_needs_another),
            Self::NoSecondPerson => ("warn", &t.console_approvals_no_second),
            Self::OtherPreview => ("warn", &t.console_onboarding_done_other),
        };
        Said { kind, text: text.clone() }
    }
}

/// How far a unit of a run has come: the kind of a tag, and its words.
fn state_tag(t: &'static Words, state: State) -> (&'static str, &'static str) {
    match state {
        State::Waiting => ("warn", t.console_onboarding_waiting.as_str()),
        State::Changed => ("bad", t.console_onboarding_changed.as_str()),
        State::Applied => ("ok", t.console_onboarding_applied.as_str()),
        State::Undone => ("info", t.console_onboarding_undone.as_str()),
    }
}

/// One unit of a run.
#[derive(Debug, Clone)]
pub struct RunUnitLine {
    /// Its id.
    pub id: String,
    /// Its name, with its kind.
    pub name: String,
    /// Its code of the statistics office.
    pub code: String,
    /// People who are given something.
    pub people: usize,
    /// Roles in clients that are given.
    pub rights: usize,
    /// Who is made an administrator.
    pub administrators: Vec<String>,
    /// Posts and people that are left out.
    pub left: usize,
    /// How far it has come.
    pub state: State,
}

/// Something that an undo left.
#[derive(Debug, Clone)]
pub struct KeptLine {
    /// In which unit.
    pub unit: String,
    /// Whose.
    pub person: String,
    /// The client and the role; none: they administer the unit.
    pub right: Option<(String, String)>,
}

/// `GET /admin/onboarding/runs/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_onboarding_run.html")]
pub struct RunPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The run's id.
    pub id: String,
    /// What comes back with the form that applies it.
    pub digest: String,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub made_by: String,
    /// When, as shown.
    pub made_at: String,
    /// Its units.
    pub units: Vec<RunUnitLine>,
    /// What an undo left.
    pub kept: Vec<KeptLine>,
    /// Some of it may be applied.
    pub open: bool,
    /// Nobody may apply it any more.
    pub discarded: bool,
    /// It makes administrators, and the reader made it: another applies it.
    pub needs_another: bool,
    /// Some of it may be taken back.
    pub may_undo: bool,
    /// What was just done.
    pub said: Option<Said>,
}

impl RunPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_onboarding, "/admin/onboarding"), Crumb::here(&t.console_onboarding_run_title)]
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn lead(&self) -> String {
        let t = self.chrome.t();
        fill(&t.console_onboarding_made, &[("who", &self.made_by), ("at", &self.made_at)])
    }

    fn figure(&self, count: usize) -> String {
        number(&self.chrome, i64::try_from(count).unwrap_or(i64::MAX))
    }

    fn people(&self) -> usize {
        self.units.iter().map(|unit| unit.people).sum()
    }

    fn rights(&self) -> usize {
        self.units.iter().map(|unit| unit.rights).sum()
    }

    fn administrators(&self) -> usize {
        self.units.iter().map(|unit| unit.administrators.len()).sum()
    }

    fn waiting(&self) -> usize {
        self.units.iter().filter(|unit| unit.state == State::Waiting).count()
    }

    fn tag(&self, unit: &RunUnitLine) -> (&'static str, &'static str) {
        state_tag(self.chrome.t(), unit.state)
    }

    fn what(&self, kept: &KeptLine) -> String {
        kept.right
            .as_ref()
            .map_or_else(|| self.chrome.t().console_onboarding_administers.clone(), |(client, role)| format!("{client}: {role}"))
    }
}

/// Something that somebody is given.
#[derive(Debug, Clone)]
pub struct GiftLine {
    /// To whom.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The title of the position that fills the post; empty when it is gone.
    pub title: String,
    /// Its department; may be empty.
    pub department: String,
    /// The post.
    pub post: String,
    /// The client and the role; none: they administer the unit.
    pub right: Option<(String, String)>,
}

/// Somebody, or a post, that is left out.
#[derive(Debug, Clone)]
pub struct LeftLine {
    /// Who; empty: the post itself.
    pub full_name: String,
    /// The post.
    pub post: String,
    /// Why.
    pub why: Why,
}

/// `GET /admin/onboarding/runs/{id}/{unit}`
#[derive(Debug, Template)]
#[template(path = "pages/console_onboarding_unit.html")]
pub struct RunUnitPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The run's id.
    pub run: String,
    /// The unit's id.
    pub unit: String,
    /// Its name, with its kind.
    pub name: String,
    /// How far it has come.
    pub state: State,
    /// When that was, as shown.
    pub at: Option<String>,
    /// What it gives.
    pub gifts: Vec<GiftLine>,
    /// Who is left out.
    pub left: Vec<LeftLine>,
    /// How much of it people have already.
    pub had: usize,
}

impl RunUnitPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        let run = format!("/admin/onboarding/runs/{}", self.run);
        let before = [Crumb::to(&t.console_onboarding, "/admin/onboarding"), Crumb::to(&t.console_onboarding_run_title, &run)];
        before.into_iter().chain([Crumb::here(&self.name)]).collect()
    }

    fn tag(&self) -> (&'static str, &'static str) {
        state_tag(self.chrome.t(), self.state)
    }

    fn what(&self, gift: &GiftLine) -> String {
        gift.right
            .as_ref()
            .map_or_else(|| self.chrome.t().console_onboarding_administers.clone(), |(client, role)| format!("{client}: {role}"))
    }

    fn why(&self, left: &LeftLine) -> &'static str {
        let t = self.chrome.t();
        match left.why {
            Why::NobodyFits => &t.console_onboarding_why_nobody,
            Why::TooMany => &t.console_onboarding_why_too_many,
            Why::Oneself => &t.console_onboarding_why_oneself,
            Why::Above => &t.console_onboarding_why_above,
            Why::NotTheirs => &t.console_onboarding_why_not_theirs,
            Why::Undeclared => &t.console_onboarding_why_undeclared,
        }
    }

    fn had(&self) -> Option<String> {
        let count = number(&self.chrome, i64::try_from(self.had).unwrap_or(i64::MAX));
        (self.had > 0).then(|| fill(&self.chrome.t().console_onboarding_had, &[("count", &count)]))
    }
}
