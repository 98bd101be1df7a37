//! One source: what it is, when it was read last, and what stands in the way of switching it off.

use super::{Named, NamingLine, SourceLine, Standing, State, UseLine, crumbs_to, kind_name};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Said, number};
use crate::service::legacy::retirement::Kind;
use askama::Template;

/// What was just done with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceDone {
    /// It was set up.
    Added,
    /// It was changed.
    Saved,
    /// It was stopped.
    Stopped,
    /// It is used again.
    Resumed,
}

impl SourceDone {
    const ALL: [Self; 4] = [Self::Added, Self::Saved, Self::Stopped, Self::Resumed];

    /// The word of an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Saved => "saved",
            Self::Stopped => "stopped",
            Self::Resumed => "resumed",
        }
    }

    /// Reads [`SourceDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// `GET /admin/sources/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_source.html")]
pub struct SourcePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// What it is.
    pub line: SourceLine,
    /// What its kind needs, as TOML.
    pub settings: String,
    /// A secret is kept.
    pub has_secret: bool,
    /// How far it is from being switched off.
    pub standing: Standing,
    /// The last reading of a directory.
    pub reading: Option<Reading>,
    /// The reader may change it.
    pub may_edit: bool,
    /// The reader may ask for its removal.
    pub may_remove: bool,
    /// The request for its removal that waits.
    pub asked: Option<String>,
    /// What was just done.
    pub done: Option<SourceDone>,
    /// A reason has to be typed.
    pub reason_missing: bool,
}

/// The last reading of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When it began; empty when none has.
    pub begun: String,
    /// How many accounts it saw.
    pub seen: i64,
    /// What came of it; nothing while it is under way.
    pub came: Option<Came>,
}

/// What came of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It counts.
    Done,
    /// It counts, but for those who are not in it any more.
    Held {
        /// How many these are.
        gone: i64,
        /// Of how many.
        known: i64,
    },
    /// It showed nobody.
    Empty,
    /// It broke off.
    Failed(String),
}

impl SourcePage {
    /// What the last reading says, and whether somebody has to look.
    fn read(&self, reading: &Reading) -> (bool, String) {
        let t = self.chrome.t();
        let Some(came) = &reading.came else { return (false, t.console_sources_read_now.clone()) };
        let figure = |n: i64| number(&self.chrome, n);
        match came {
            Came::Done => (false, t.console_sources_read_done.clone()),
            Came::Held { gone, known } => {
                let parts = [("gone", &*figure(*gone)), ("known", &*figure(*known)), ("id", &*self.line.id)];
                (true, fill(&t.console_sources_read_held, &parts))
            }
            Came::Empty => (true, t.console_sources_read_empty.clone()),
            Came::Failed(why) => (true, fill(&t.console_sources_read_failed, &[("why", why)])),
        }
    }

    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, None, &self.line.name)
    }

    fn title(&self) -> String {
        fill(&self.chrome.t().console_sources_title, &[("name", &self.line.name)])
    }

    fn kind(&self) -> &'static str {
        kind_name(self.chrome.t(), self.line.kind)
    }

    fn tag(&self) -> (&'static str, &'static str, &'static str) {
        self.line.tag(self.chrome.t())
    }

    fn is_stopped(&self) -> bool {
        self.line.state == State::Stopped
    }

    fn said(&self) -> Option<Said> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            SourceDone::Added => Said::ok(&t.console_sources_added),
            SourceDone::Saved => Said::ok(&t.console_sources_saved),
            SourceDone::Stopped => Said::ok(&t.console_sources_was_stopped),
            SourceDone::Resumed => Said::ok(&t.console_sources_was_resumed),
        })
    }

    fn figures(&self) -> Vec<(&'static str, String)> {
        let t = self.chrome.t();
        let figure = |n: i64| number(&self.chrome, n);
        vec![
            (t.console_sources_linked.as_str(), figure(self.standing.linked)),
            (t.console_sources_signed_in.as_str(), figure(self.standing.signed_in)),
            (t.console_sources_to_come.as_str(), figure(self.standing.to_come.count)),
            (t.console_sources_leaning.as_str(), figure(self.standing.leaning.count)),
            (t.console_sources_waiting.as_str(), figure(self.standing.waiting)),
            (t.console_sources_locked.as_str(), figure(self.standing.locked)),
        ]
    }

    /// What stands in the way, a sentence each.
    fn obstacles(&self) -> Vec<String> {
        let t = self.chrome.t();
        let Standing { waiting, to_come, leaning, uses, days, .. } = &self.standing;
        let counted = |sentence: &str, count: i64| {
            (count > 0).then(|| fill(sentence, &[("count", &number(&self.chrome, count)), ("days", &days.to_string())]))
        };
        let clients = i64::try_from(uses.len()).unwrap_or(i64::MAX);
        let all = [
            counted(&t.console_sources_obstacle_waiting, *waiting),
            counted(&t.console_sources_obstacle_to_come, to_come.count),
            counted(&t.console_sources_obstacle_leaning, leaning.count),
            counted(&t.console_sources_obstacle_uses, clients),
        ];
        all.into_iter().flatten().collect()
    }

    fn to_come(&self) -> &Named {
        &self.standing.to_come
    }

    fn leaning(&self) -> &Named {
        &self.standing.leaning
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn whom<'a>(&self, line: &'a UseLine) -> &'a Named {
        &line.people
    }

    fn used(&self, line: &UseLine) -> &'static str {
        let t = self.chrome.t();
        match line.kind {
            Kind::Subject => &t.console_sources_use_subject,
            Kind::Unit => &t.console_sources_use_unit,
            Kind::Scope => &t.console_sources_use_scope,
        }
    }

    fn count(&self, named: &Named) -> String {
        fill(&self.chrome.t().console_sources_people, &[("count", &number(&self.chrome, named.count))])
    }

    /// How many are not named.
    fn rest(&self, named: &Named) -> Option<String> {
        let rest = named.count - i64::try_from(named.names.len()).unwrap_or(i64::MAX);
        (rest > 0).then(|| fill(&self.chrome.t().console_sources_more, &[("count", &number(&self.chrome, rest))]))
    }

    fn names(&self, line: &NamingLine) -> String {
        let t = self.chrome.t();
        let belongs = line.belongs.then_some(t.console_sources_belongs.as_str());
        let keeps = line.keeps_subjects.then_some(t.console_sources_keeps.as_str());
        belongs.into_iter().chain(keeps).collect::<Vec<_>>().join(" ")
    }
}
