//! Signing keys: where each is in its life, and what two people may do with them.

use super::Console;
use super::parts::Crumb;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::model::signing_key::State;
use askama::Template;

/// One key.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Key identifier.
    pub kid: String,
    /// Algorithm.
    pub algorithm: String,
    /// Where it is in its life.
    pub state: State,
    /// In JWKS since, as shown.
    pub announced: String,
    /// Signs since, as shown.
    pub active: String,
    /// Signs until, as shown.
    pub retiring: Option<String>,
    /// In JWKS until, as shown.
    pub gone: Option<String>,
}

/// A request that waits for a second person.
#[derive(Debug, Clone)]
pub struct WaitingRow {
    /// Its id.
    pub id: String,
    /// A key that is to count no more; else new keys are asked for.
    pub revokes: bool,
    /// Of what.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// When it was asked, as shown.
    pub at: String,
}

/// What was typed cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysProblem {
    /// No reason was typed.
    NoReason,
    /// No such algorithm, or no such key.
    NoSuch,
}

/// How the keys follow each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spans {
    /// Days that a key signs.
    pub active_days: i64,
    /// Hours in JWKS before.
    pub announce_hours: i64,
    /// Days in JWKS after.
    pub keep_days: i64,
}

/// `GET /admin/keys`
#[derive(Debug, Template)]
#[template(path = "pages/console_keys.html")]
pub struct KeysPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Newest first.
    pub keys: Vec<KeyRow>,
    /// How they follow each other.
    pub spans: Spans,
    /// What waits for a second person.
    pub waiting: Vec<WaitingRow>,
    /// The reader may ask for a change.
    pub may_change: bool,
    /// The key that is to be dropped, while a reason is asked for.
    pub dropping: Option<String>,
    /// What was typed as a reason.
    pub reason: String,
    /// What went wrong.
    pub problem: Option<KeysProblem>,
}

impl KeysPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb { name: t.console_title.clone(), address: "/admin".to_owned() },
            Crumb { name: t.console_keys.clone(), address: String::new() },
        ]
    }

    fn lead(&self) -> String {
        let Spans { active_days, announce_hours, keep_days } = self.spans;
        let (active, announce, keep) = (active_days.to_string(), announce_hours.to_string(), keep_days.to_string());
        fill(&self.chrome.t().console_keys_lead, &[("active", &active), ("announce", &announce), ("keep", &keep)])
    }

    /// Class, symbol and word of a key's state.
    fn state(&self, key: &KeyRow) -> (&'static str, &'static str, &'static str) {
        let t = self.chrome.t();
        match key.state {
            State::Announced => ("info", "clock", &t.console_keys_announced),
            State::Active => ("ok", "check", &t.console_keys_active),
            State::Retiring => ("warn", "clock", &t.console_keys_retiring),
            State::Gone => ("info", "lock", &t.console_keys_gone),
            State::Revoked => ("bad", "alert-circle", &t.console_keys_revoked),
        }
    }

    /// Whether a key still verifies anything.
    fn counts(&self, key: &KeyRow) -> bool {
        self.may_change && matches!(key.state, State::Announced | State::Active | State::Retiring)
    }

    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            KeysProblem::NoReason => t.console_keys_no_reason.as_str(),
            KeysProblem::NoSuch => t.console_keys_no_such.as_str(),
        })
    }

    fn target(&self) -> &'static str {
        match self.problem {
            Some(KeysProblem::NoSuch) => "algorithm",
            Some(KeysProblem::NoReason) | None => "reason",
        }
    }

    fn asks(&self, waiting: &WaitingRow) -> String {
        let t = self.chrome.t();
        let sentence = if waiting.revokes { &t.console_keys_asks_drop } else { &t.console_keys_asks_new };
        fill(sentence, &[("subject", &waiting.subject)])
    }
}
