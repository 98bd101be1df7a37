//! The page after signing out: the true state of each system of the session.

use super::chrome::Chrome;
use super::words::fill;
use askama::Template;

/// How far a system's sign-out has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftState {
    /// The system confirmed it.
    Done,
    /// The message is on its way.
    Waiting,
    /// The system takes no such message.
    Manual,
}

impl LeftState {
    fn tone(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Waiting => "plain",
            Self::Manual => "warn",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Done => "check",
            Self::Waiting => "clock",
            Self::Manual => "alert-triangle",
        }
    }

    fn is_manual(self) -> bool {
        self == Self::Manual
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
}

impl SignedOut {
    fn state(&self, system: &SignedOutSystem) -> &'static str {
        let t = self.chrome.t();
        match system.state {
            LeftState::Done => &t.signed_out_done,
            LeftState::Waiting => &t.signed_out_waiting,
            LeftState::Manual => &t.signed_out_manual,
        }
    }

    fn back_to(&self) -> String {
        let name = self.continue_to.as_ref().map_or("", |(_, name)| name.as_str());
        fill(&self.chrome.t().signed_out_continue, &[("name", name)])
    }
}
