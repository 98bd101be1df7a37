//! The page after signing out: the true state of each system of the session.

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// How long the page stays before it leads on: time for the frames to load.
const LEADS_ON_SECONDS: u32 = 2;

/// How far a system's sign-out has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftState {
    /// The system confirmed it.
    Done,
    /// The message is on its way.
    Waiting,
    /// This browser asks the system, and nobody learns what it did.
    Asked,
    /// The system takes no such message.
    Manual,
}

impl LeftState {
    fn tone(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Waiting | Self::Asked => "plain",
            Self::Manual => "warn",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Done => "check",
            Self::Waiting => "clock",
            Self::Asked => "logout",
            Self::Manual => "alert-triangle",
        }
    }
}

/// One system of the session that ended.
#[derive(Debug, Clone)]
pub struct SignedOutSystem {
    /// Its name.
    pub name: String,
    /// How far its sign-out has come.
    pub state: LeftState,
}

/// Shown when the session has ended.
#[derive(Debug, Template)]
#[template(path = "pages/signed_out.html")]
pub struct SignedOut {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// When it ended, such as `17:03, 22/11/2026`.
    pub at: String,
    /// The systems of the session.
    pub systems: Vec<SignedOutSystem>,
    /// Where the person may go on: a registered address and the name of its system.
    pub continue_to: Option<(String, String)>,
    /// What the browser loads to leave the systems that it asks itself.
    pub frames: Vec<String>,
}

impl SignedOut {
    fn state(&self, system: &SignedOutSystem) -> &'static str {
        let t = self.chrome.t();
        match system.state {
            LeftState::Done => &t.signed_out_done,
            LeftState::Waiting => &t.signed_out_waiting,
            LeftState::Asked => &t.signed_out_asked,
            LeftState::Manual => &t.signed_out_manual,
        }
    }

    /// What the person should know or do about a system.
    fn advice(&self, system: &SignedOutSystem) -> Option<&'static str> {
        let t = self.chrome.t();
        match system.state {
            LeftState::Done | LeftState::Waiting => None,
            LeftState::Asked => Some(&t.signed_out_asked_text),
            LeftState::Manual => Some(&t.signed_out_manual_text),
        }
    }

    fn back_to(&self) -> String {
        self.naming(&self.chrome.t().signed_out_continue)
    }

    /// What leads on by itself, as a `refresh` writes it.
    fn refresh(&self) -> Option<String> {
        self.continue_to.as_ref().map(|(address, _)| format!("{LEADS_ON_SECONDS}; url={address}"))
    }

    fn leading(&self) -> String {
        self.naming(&self.chrome.t().signed_out_leading)
    }

    fn naming(&self, sentence: &str) -> String {
        let name = self.continue_to.as_ref().map_or("", |(_, name)| name.as_str());
        fill(sentence, &[("name", name)])
    }
}
