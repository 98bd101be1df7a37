//! The page of the own account that changes the password.

use super::chrome::Chrome;
use super::password_rules::{PasswordRules, Rule};
use crate::base::words::fill;
use askama::Template;

/// What is wrong with the present password as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CurrentProblem {
    /// Nothing was typed.
    Empty,
    /// It is another.
    Wrong,
    /// Too many tries; the next counts from this time on, such as `19:30`.
    Locked {
        /// When.
        until: String,
    },
    /// It was changed elsewhere while the page was open.
    ChangedElsewhere,
}

/// `GET /account/methods/password`, and its answer to what has to be mended.
#[derive(Debug, Template)]
#[template(path = "pages/change_password.html")]
pub struct ChangePassword {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The name of the account, for password managers.
    pub username: String,
    /// What is wrong with the present password.
    pub current: Option<CurrentProblem>,
    /// The rules, and what became of the last try.
    pub rules: PasswordRules,
}

impl ChangePassword {
    fn lines(&self) -> Vec<Rule> {
        self.rules.rules(self.chrome.t())
    }

    fn current_problem(&self) -> Option<String> {
        let t = self.chrome.t();
        self.current.as_ref().map(|problem| match problem {
            CurrentProblem::Empty => t.change_password_current_empty.clone(),
            CurrentProblem::Wrong => t.change_password_current_wrong.clone(),
            CurrentProblem::Locked { until } => fill(&t.change_password_locked, &[("until", until)]),
            CurrentProblem::ChangedElsewhere => t.change_password_overtaken.clone(),
        })
    }

    fn problems(&self) -> Vec<String> {
        self.rules.problems(self.chrome.t())
    }

    fn has_problem(&self) -> bool {
        self.current.is_some() || !self.problems().is_empty()
    }
}
