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
    /// The old system that is asked does not answer.
    Down,
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
    /// The old system that the name is of; nothing for the city's own directory.
    pub place: Option<String>,
    /// There are old systems, and another may be meant.
    pub elsewhere: bool,
    /// Whether the box for a shared computer is ticked.
    pub shared: bool,
    /// What went wrong.
    pub error: Option<PasswordError>,
}

impl Password {
    /// Said of every old account alike, whether it is there, and whether its password can be checked, or not.
    fn is_old_and_wrong(&self) -> bool {
        self.place.is_some() && self.error == Some(PasswordError::Wrong)
    }

    fn problem(&self) -> Option<String> {
        let t = self.chrome.t();
        self.error.as_ref().map(|error| match error {
            PasswordError::Empty => t.password_empty.clone(),
            PasswordError::Wrong => t.password_wrong.clone(),
            PasswordError::Down => t.old_down.clone(),
            PasswordError::Locked(wait) => wait.sentence(&self.chrome),
            PasswordError::Busy { seconds } => fill(&t.password_busy, &[("seconds", &seconds.to_string())]),
        })
    }
}
