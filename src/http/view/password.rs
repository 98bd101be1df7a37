//! The second step of signing in: the password.

use super::chrome::Chrome;
use super::client::ForClient;
use super::wait::Wait;
use crate::base::words::fill;
use askama::Template;

/// Why the password did not open the account. A wrong name and a wrong password are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordError {
    /// Nothing was typed.
    Empty,
    /// The name or the password is wrong.
    Wrong,
    /// Too many tries, or the last one was a moment ago.
    Locked(Wait),
    /// All places for checking passwords are taken.
    Busy {
        /// How long to wait.
        seconds: u32,
    },
}

/// `GET /signin/password`, and its answer to a password that does not fit.
#[derive(Debug, Template)]
#[template(path = "pages/password.html")]
pub struct Password {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that the person is on the way to.
    pub client: ForClient,
    /// The name given in the first step.
    pub username: String,
    /// Whether the box for a shared computer is ticked.
    pub shared: bool,
    /// What went wrong.
    pub error: Option<PasswordError>,
}

impl Password {
    fn problem(&self) -> Option<String> {
        let t = self.chrome.t();
        self.error.as_ref().map(|error| match error {
            PasswordError::Empty => t.password_empty.clone(),
            PasswordError::Wrong => t.password_wrong.clone(),
            PasswordError::Locked(wait) => wait.sentence(&self.chrome),
            PasswordError::Busy { seconds } => fill(&t.password_busy, &[("seconds", &seconds.to_string())]),
        })
    }
}
