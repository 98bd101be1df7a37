//! The pages of the way back: asking for a link, one more proof beside it, the code of an administrator, a new password.

use super::chrome::Chrome;
use super::passkey::PasskeyProblem;
use super::password_rules::{PasswordRules, Rule};
use crate::base::words::fill;
use askama::Template;

/// Why a name was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// Nothing was typed.
    Empty,
    /// It can be nobody's.
    TooLong,
}

/// `GET /signin/recover`, and its answer to what can be no name.
#[derive(Debug, Template)]
#[template(path = "pages/recover.html")]
pub struct RecoverStart {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The sign-in that waits; may be empty.
    pub request: String,
    /// Whether links can be sent.
    pub by_mail: bool,
    /// What was typed.
    pub username: String,
    /// What went wrong.
    pub problem: Option<NameProblem>,
}

impl RecoverStart {
    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            NameProblem::Empty => t.signin_empty.as_str(),
            NameProblem::TooLong => t.signin_too_long.as_str(),
        })
    }
}

/// The answer to every name.
#[derive(Debug, Template)]
#[template(path = "pages/recover_sent.html")]
pub struct RecoverSent {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The sign-in that waits; may be empty.
    pub request: String,
    /// How long a link counts.
    pub minutes: i64,
}

impl RecoverSent {
    fn text(&self) -> String {
        fill(&self.chrome.t().recover_sent_text, &[("minutes", &self.minutes.to_string())])
    }
}

/// What was used, is over, or never was.
#[derive(Debug, Template)]
#[template(path = "pages/recover_over.html")]
pub struct RecoverOver {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The sign-in that waits; may be empty.
    pub request: String,
    /// Whether links can be sent.
    pub by_mail: bool,
}

/// Why the second proof does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofProblem {
    /// Nothing was typed.
    Empty,
    /// Wrong, used or over.
    Wrong,
    /// Too many were tried.
    TooMany,
    /// The passkey was refused.
    Passkey(PasskeyProblem),
}

/// `GET /signin/recover/link` for whoever has a second factor. It holds the link, and is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/recover_link.html")]
pub struct RecoverLink {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The secret of the link.
    pub token: String,
    /// Who comes back.
    pub username: String,
    /// Whether they could type a code.
    pub codes: bool,
    /// Whether they could use a passkey.
    pub passkey: bool,
    /// What went wrong.
    pub problem: Option<ProofProblem>,
}

impl RecoverLink {
    /// What the code's field says.
    fn code_problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        match self.problem? {
            ProofProblem::Empty => Some(t.second_factor_empty.as_str()),
            ProofProblem::Wrong => Some(t.second_factor_wrong.as_str()),
            ProofProblem::TooMany => Some(t.recover_link_too_many.as_str()),
            ProofProblem::Passkey(_) => None,
        }
    }

    fn passkey_problem(&self) -> Option<String> {
        match self.problem? {
            ProofProblem::Passkey(problem) => Some(problem.sentence(&self.chrome)),
            ProofProblem::Empty | ProofProblem::Wrong | ProofProblem::TooMany => None,
        }
    }
}

/// Why a code does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeProblem {
    /// No name was typed.
    NoName,
    /// No code was typed.
    NoCode,
    /// The name or the code: never said which.
    Wrong,
    /// Too many were tried from this network; again at this time, such as `19:30`.
    TooMany {
        /// When to try again.
        until: String,
    },
}

/// `GET /signin/recover/code`, and its answer to a code that does not count.
#[derive(Debug, Template)]
#[template(path = "pages/recover_code.html")]
pub struct RecoverCode {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The sign-in that waits; may be empty.
    pub request: String,
    /// What was typed.
    pub username: String,
    /// What went wrong.
    pub problem: Option<CodeProblem>,
}

impl RecoverCode {
    fn name_problem(&self) -> Option<&'static str> {
        (self.problem == Some(CodeProblem::NoName)).then(|| self.chrome.t().signin_empty.as_str())
    }

    fn code_problem(&self) -> Option<String> {
        let t = self.chrome.t();
        match self.problem.as_ref()? {
            CodeProblem::NoName => None,
            CodeProblem::NoCode => Some(t.recover_code_empty.clone()),
            CodeProblem::Wrong => Some(t.recover_code_wrong.clone()),
            CodeProblem::TooMany { until } => Some(fill(&t.recover_code_too_many, &[("until", until)])),
        }
    }
}

/// `GET /signin/recover/password`, and its answer to a password that does not do. It holds a ticket, and is not printed
/// for debugging.
#[derive(Template)]
#[template(path = "pages/recover_password.html")]
pub struct RecoverPassword {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What this browser has opened.
    pub ticket: String,
    /// The sign-in that waits; may be empty.
    pub request: String,
    /// The name of the account, for password managers.
    pub username: String,
    /// Others use this computer too.
    pub shared: bool,
    /// The rules, and what became of the last try.
    pub rules: PasswordRules,
}

impl RecoverPassword {
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
