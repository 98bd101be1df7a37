//! The step of signing in that asks for a password of one's own in place of a temporary one.

use super::chrome::Chrome;
use super::password_rules::{PasswordRules, Rule};
use askama::Template;

/// `GET /signin/new-password`, and its answer to a password that does not do.
#[derive(Debug, Template)]
#[template(path = "pages/new_password.html")]
pub struct NewPassword {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The name of the account, for password managers.
    pub username: String,
    /// The rules, and what became of the last try.
    pub rules: PasswordRules,
    /// The password is the person's own, and has reached its last day.
    pub expired: bool,
    /// The password was changed elsewhere meanwhile: there is nothing to ask for.
    pub changed_elsewhere: bool,
}

impl NewPassword {
    fn lines(&self) -> Vec<Rule> {
        self.rules.rules(self.chrome.t())
    }

    fn problems(&self) -> Vec<String> {
        self.rules.problems(self.chrome.t())
    }

    fn has_problem(&self) -> bool {
        !self.problems().is_empty()
    }
}
