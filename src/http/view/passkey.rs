//! Passkeys on sign-in pages: what went wrong with one, and the step that asks for one as a second factor.

use super::chrome::Chrome;
use super::client::ForClient;
use super::second_factor::remember_label;
use askama::Template;

/// Why a passkey did not sign anybody in. Which check it failed is never said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyProblem {
    /// It does not hold here, or the time was up.
    Refused,
}

impl PasskeyProblem {
    /// What the page says.
    pub(super) fn sentence(self, chrome: &Chrome) -> String {
        let t = chrome.t();
        match self {
            Self::Refused => t.passkey_refused.clone(),
        }
    }
}

/// `GET /signin/second-factor/passkey`, and its answer to a passkey that does not count.
#[derive(Debug, Template)]
#[template(path = "pages/passkey_step.html")]
pub struct PasskeyStep {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that the person is on the way to.
    pub client: ForClient,
    /// Whether there is another way: an authenticator app, printed codes or a mail.
    pub other: bool,
    /// For how many days this device may stand for the second factor; 0: it may not.
    pub remember_days: i64,
    /// What went wrong.
    pub problem: Option<PasskeyProblem>,
}

impl PasskeyStep {
    fn passkey_problem(&self) -> Option<String> {
        self.problem.map(|problem| problem.sentence(&self.chrome))
    }

    fn passkey_label(&self) -> &'static str {
        &self.chrome.t().passkey_step_submit
    }

    fn remember_label(&self) -> String {
        remember_label(&self.chrome, self.remember_days)
    }
}
