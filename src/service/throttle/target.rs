//! Whose secret somebody guesses at: whoever has a user name here, or an account of an old system.
//!
//! Names of old systems are not ours: there a failure is of the account that
//! the name means, and on record with whoever owns it.

use super::buckets::Guess;
use crate::base::id::PersonId;
use crate::store::{AsEx, StoreError, persons};
use serde_json::{Value, json};

/// Under which name the failures of an account of an old system are counted: names count within their source.
pub fn old_name(source: &str, folded: &str) -> String {
    format!("{source}\\{folded}")
}

/// An account of an old system that is guessed at.
#[derive(Debug, Clone, Copy)]
pub struct OldAccount<'a> {
    /// The source.
    pub source: &'a str,
    /// What it calls the account; nothing for a name that nobody has there.
    pub legacy_id: Option<&'a str>,
    /// Whose account it is, where that is decided.
    pub person: Option<&'a PersonId>,
}

/// Whose secret it is.
#[derive(Debug, Clone, Copy)]
enum Whose<'a> {
    /// Of whoever has the user name here.
    Name,
    /// Of an account of an old system.
    Old(OldAccount<'a>),
}

/// What is guessed at, and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    guess: Guess<'a>,
    whose: Whose<'a>,
}

impl<'a> From<Guess<'a>> for Target<'a> {
    fn from(guess: Guess<'a>) -> Self {
        Self { guess, whose: Whose::Name }
    }
}

impl<'a> Target<'a> {
    /// A guess at an account of an old system.
    pub fn old(guess: Guess<'a>, account: OldAccount<'a>) -> Self {
        Self { guess, whose: Whose::Old(account) }
    }

    /// Whose it is, as far as that is known.
    pub(super) async fn person(&self, conn: &mut impl AsEx) -> Result<Option<PersonId>, StoreError> {
        match &self.whose {
            Whose::Name => persons::find_id_by_username(conn, self.guess.name).await,
            Whose::Old(account) => Ok(account.person.cloned()),
        }
    }

    /// What the records say beside the person. The typed name is not among it: people type passwords into the wrong field.
    pub(super) fn detail(&self) -> Value {
        match &self.whose {
            Whose::Name => json!({}),
            Whose::Old(OldAccount { source, legacy_id: Some(legacy_id), .. }) => {
                json!({ "source": source, "legacy_id": legacy_id })
            }
            Whose::Old(OldAccount { source, legacy_id: None, .. }) => json!({ "source": source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_say_which_account_is_meant_and_never_what_was_typed() {
        let guess = Guess { name: "bd\\kim.cu", device: None };
        let old = |legacy_id| OldAccount { source: "bd", legacy_id, person: None };
        let table = [
            (Target::from(Guess::from("kim")), json!({})),
            (Target::old(guess, old(Some("7"))), json!({ "source": "bd", "legacy_id": "7" })),
            (Target::old(guess, old(None)), json!({ "source": "bd" })),
        ];
        for (target, expected) in table {
            assert_eq!(target.detail(), expected);
        }
    }
}
