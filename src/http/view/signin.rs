//! The first step of signing in: the name.

use super::chrome::Chrome;
use super::client::ForClient;
use askama::Template;

/// What is wrong with the name that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldError {
    /// Nothing was typed.
    Empty,
    /// More than any name can hold.
    TooLong,
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
    /// What has to be mended.
    pub error: Option<FieldError>,
}

impl SignIn {
    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.error.map(|error| match error {
            FieldError::Empty => t.signin_empty.as_str(),
            FieldError::TooLong => t.signin_too_long.as_str(),
        })
    }
}
