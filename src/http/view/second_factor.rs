//! The step of signing in that asks for a code.

use super::chrome::Chrome;
use super::client::ForClient;
use super::words::fill;
use askama::Template;

/// Why the code did not count. Wrong, used and expired are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeError {
    /// Nothing was typed.
    Empty,
    /// It does not count.
    Wrong,
    /// Too many tries; the account opens again at this time, such as `19:30`.
    Locked {
        /// When it opens again.
        until: String,
    },
}

/// `GET /signin/second-factor`, and its answer to a code that does not count.
#[derive(Debug, Template)]
#[template(path = "pages/second_factor.html")]
pub struct SecondFactor {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that the person is on the way to.
    pub client: ForClient,
    /// Who is signing in.
    pub username: String,
    /// Whether the person may use a passkey instead.
    pub passkey: bool,
    /// What went wrong.
    pub error: Option<CodeError>,
}

impl SecondFactor {
    fn problem(&self) -> Option<String> {
        let t = self.chrome.t();
        self.error.as_ref().map(|error| match error {
            CodeError::Empty => t.second_factor_empty.clone(),
            CodeError::Wrong => t.second_factor_wrong.clone(),
            CodeError::Locked { until } => fill(&t.password_locked, &[("until", until)]),
        })
    }

    /// A wrong code may be of a phone whose clock is wrong; whether it is, is not said to whoever signs in.
    fn speaks_of_the_clock(&self) -> bool {
        self.error == Some(CodeError::Wrong)
    }
}
