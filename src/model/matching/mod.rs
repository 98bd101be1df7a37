//! Which legacy accounts are accounts of one person, and of which: evidence in, decisions out.
//!
//! Two accounts are joined by strong agreement only: valid numbers of twelve
//! digits that are equal, names that agree, and dates of birth that do not
//! contradict. Whatever agrees less asks a human; whoever agrees with nobody
//! becomes a person. E-mail addresses and telephone numbers only put the
//! candidates of a question in order.
//!
//! Everybody who has one number is looked at together, never one account
//! after another: all of them agree strongly, each with each, or nobody of
//! them is joined. Then whoever agrees less with others asks, unless those
//! others stand on less than they do (see `rules`). So nothing depends on
//! the order in which accounts came, and a new person is known by the
//! smallest key among their accounts.
//!
//! Here belongs what is decided from normalised facts. Where they come from,
//! and what a decision then does, is a capability's.

/// An enum whose variants are stored and sent as words.
macro_rules! worded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word by which it is stored and sent.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads [`Self::word`] back.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.word() == word)
            }
        }
    };
}

mod blocking;
mod clusters;
mod decide;
mod evidence;
mod names;
mod rules;

#[cfg(test)]
mod tests;

pub use blocking::{Keys, keys};
pub use decide::{decide, decide_all};
pub use evidence::Evidence;
pub use rules::Rule;

use crate::base::id::PersonId;
use crate::model::legacy_account::{AccountKey, Facts, LegacyAccount};

/// A person who is in the directory by other means than matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// Who it is.
    pub id: PersonId,
    /// What the directory says of them.
    pub facts: Facts,
}

/// Accounts and persons that are looked at together.
///
/// What is decided of an account is the same in every block that holds
/// everybody who shares a key with it ([`keys`]: its name, its number), and
/// everybody who shares the number of one of those; persons come with all
/// accounts that a human linked to them. A person that only an earlier
/// matching made is not given as a person: its accounts are given again, and
/// lead to it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Persons of the directory, each once.
    pub persons: Vec<KnownPerson>,
    /// Accounts, each once, those that a human decided about too.
    pub accounts: Vec<LegacyAccount>,
}

/// A person, known or to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whom {
    /// A person of the directory.
    Person(PersonId),
    /// The person whom this account makes.
    Account(AccountKey),
}

/// Somebody who may be the owner of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who; an account may itself be waiting for an answer.
    pub whom: Whom,
    /// What speaks for and against them.
    pub evidence: Vec<Evidence>,
}

/// What a human is asked about an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The likeliest first.
    pub candidates: Vec<Candidate>,
    /// True when there are more candidates than are listed.
    pub more: bool,
}

/// What becomes of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It is an account of this person.
    Link(Whom),
    /// It makes a new person, who is known by its key.
    Create,
    /// A human decides; the rule says why.
    Review(Review),
    /// It is nobody's.
    Reject,
}

impl Kind {
    /// The word of reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Link(_) => "linked",
            Self::Create => "created",
            Self::Review(_) => "review",
            Self::Reject => "rejected",
        }
    }
}

/// What becomes of an account, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of it.
    pub kind: Kind,
    /// By which rule.
    pub rule: Rule,
    /// What the rule saw: of the owner, or of the likeliest candidate.
    pub evidence: Vec<Evidence>,
}
