//! The first step of signing in: the name.

use super::chrome::Chrome;
use super::client::ForClient;
use super::passkey::PasskeyProblem;
use crate::base::words::fill;
use askama::Template;

/// What is wrong with the name that was sent, or with the passkey that was used instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldError {
    /// Nothing was typed.
    Empty,
    /// More than any name can hold.
    TooLong,
    /// A passkey did not sign anybody in.
    Passkey(PasskeyProblem),
}

/// `GET /signin`, and its answer to a name that cannot be one.
#[derive(Debug, Template)]
#[template(path = "pages/signin.html")]
pub struct SignIn {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that the person is on the way to.
    pub client: ForClient,
    /// What was typed before, or a hint from the system.
    pub username: String,
    /// Ways to sign in elsewhere that stay, such as the national identity account: id and name.
    pub lasting: Vec<(String, String)>,
    /// Whether passkeys can be used at this address.
    pub passkeys: bool,
    /// Whether the box for a shared computer is ticked.
    pub shared: bool,
    /// What has to be mended.
    pub error: Option<FieldError>,
}

impl SignIn {
    fn field_problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        match self.error? {
            FieldError::Empty => Some(t.signin_empty.as_str()),
            FieldError::TooLong => Some(t.signin_too_long.as_str()),
            FieldError::Passkey(_) => None,
        }
    }

    fn passkey_problem(&self) -> Option<String> {
        match self.error? {
            FieldError::Empty | FieldError::TooLong => None,
            FieldError::Passkey(problem) => Some(problem.sentence(&self.chrome)),
        }
    }

    fn panel_text(&self) -> String {
        fill(&self.chrome.t().signin_panel_text, &[("city", &self.chrome.city)])
    }

    fn with(&self, name: &str) -> String {
        fill(&self.chrome.t().old_signin_with, &[("name", name)])
    }

    fn passkey_label(&self) -> &'static str {
        &self.chrome.t().passkey_signin
    }
}
