//! One's own passkeys: the list, a new name, and the question before one is removed.

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// One passkey.
#[derive(Debug, Clone)]
pub struct PasskeyLine {
    /// What forms call it.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made, as shown.
    pub made: String,
    /// When it was last used, as shown.
    pub used: Option<String>,
}

/// What the page tells at its top, after an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeysDone {
    /// One was added.
    Added,
    /// One has another name.
    Renamed,
    /// One was removed.
    Removed,
}

impl PasskeysDone {
    /// All of them, for tests that render every page.
    pub const ALL: [Self; 3] = [Self::Added, Self::Renamed, Self::Removed];

    /// The word in the page's address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Renamed => "renamed",
            Self::Removed => "removed",
        }
    }

    /// Reads [`PasskeysDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// Why a passkey was not added or renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeysProblem {
    /// The device's answer does not hold, or came late.
    Refused,
    /// There are as many as one may have.
    Full,
    /// No name was typed.
    NameEmpty,
    /// The name is too long.
    NameTooLong,
}

impl PasskeysProblem {
    fn sentence(self, chrome: &Chrome, limits: Limits) -> String {
        let t = chrome.t();
        match self {
            Self::Refused => t.passkeys_refused.clone(),
            Self::Full => fill(&t.passkeys_full, &[("most", &limits.passkeys.to_string())]),
            Self::NameEmpty => t.passkeys_name_empty.clone(),
            Self::NameTooLong => fill(&t.passkeys_name_long, &[("most", &limits.letters.to_string())]),
        }
    }
}

/// How many there may be, and how long their names.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Passkeys of one person.
    pub passkeys: i64,
    /// Characters of a name.
    pub letters: usize,
}

/// `GET /account/methods/passkeys`, and its answer when none was added.
#[derive(Debug, Template)]
#[template(path = "pages/passkeys.html")]
pub struct Passkeys {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Oldest first.
    pub keys: Vec<PasskeyLine>,
    /// Whether there are passkeys at this address at all.
    pub on: bool,
    /// How many there may be.
    pub limits: Limits,
    /// What was typed as a name.
    pub name: String,
    /// What was done.
    pub done: Option<PasskeysDone>,
    /// What went wrong.
    pub problem: Option<PasskeysProblem>,
}

impl Passkeys {
    fn problem(&self) -> Option<String> {
        self.problem.map(|problem| problem.sentence(&self.chrome, self.limits))
    }

    /// Where the problem is mended.
    fn target(&self) -> &'static str {
        match self.problem {
            Some(PasskeysProblem::NameEmpty | PasskeysProblem::NameTooLong) => "passkey-name",
            Some(PasskeysProblem::Refused | PasskeysProblem::Full) | None => "passkey-add",
        }
    }

    fn is_about_the_name(&self) -> bool {
        self.target() == "passkey-name"
    }

    fn is_full(&self) -> bool {
        i64::try_from(self.keys.len()).is_ok_and(|count| count >= self.limits.passkeys)
    }

    fn full(&self) -> String {
        PasskeysProblem::Full.sentence(&self.chrome, self.limits)
    }

    fn name_hint(&self) -> String {
        fill(&self.chrome.t().passkeys_name_hint, &[("most", &self.limits.letters.to_string())])
    }

    fn done(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            PasskeysDone::Added => t.passkeys_added.as_str(),
            PasskeysDone::Renamed => t.passkeys_renamed.as_str(),
            PasskeysDone::Removed => t.passkeys_removed.as_str(),
        })
    }

    fn made(&self, key: &PasskeyLine) -> String {
        fill(&self.chrome.t().passkeys_made, &[("date", &key.made)])
    }

    fn used(&self, key: &PasskeyLine) -> String {
        let t = self.chrome.t();
        match &key.used {
            Some(used) => fill(&t.passkeys_used, &[("date", used)]),
            None => t.passkeys_unused.clone(),
        }
    }
}

/// The page that asks for another name.
#[derive(Debug, Template)]
#[template(path = "pages/passkey_rename.html")]
pub struct RenamePasskey {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Which.
    pub id: String,
    /// Its name, or what was typed.
    pub name: String,
    /// How long a name may be.
    pub limits: Limits,
    /// What went wrong.
    pub problem: Option<PasskeysProblem>,
}

impl RenamePasskey {
    fn problem(&self) -> Option<String> {
        self.problem.map(|problem| problem.sentence(&self.chrome, self.limits))
    }
}

/// The question before a passkey is removed.
#[derive(Debug, Template)]
#[template(path = "pages/passkey_remove.html")]
pub struct RemovePasskey {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Which.
    pub key: PasskeyLine,
}
