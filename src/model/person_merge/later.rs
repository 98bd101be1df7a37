//! What came between a merge and its undo: what stays as it is, and what the kept person does not keep.

use super::{Filled, Method};
use serde::{Deserialize, Serialize};

/// Something that was changed after a merge, and that whoever undoes the merge is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Later {
    /// The kept person's fact says something else by now.
    Fact {
        /// Which.
        fact: Filled,
    },
    /// A position that the merge made was changed since.
    Position {
        /// Its title.
        title: String,
    },
    /// A position that was given to the kept person since.
    NewPosition {
        /// Its title.
        title: String,
    },
    /// A role that the merge carried over was taken back since: it is the merged person's no more either.
    RoleTakenBack {
        /// The client.
        client: String,
        /// The role.
        role: String,
    },
    /// A role that was given to the kept person since.
    NewRole {
        /// The client.
        client: String,
        /// The role.
        role: String,
    },
    /// Somebody decided otherwise about an account since.
    Account {
        /// The source.
        source: String,
        /// What the source calls it.
        legacy_id: String,
    },
    /// An account that came to the kept person since.
    NewAccount {
        /// The source.
        source: String,
        /// What the source calls it.
        legacy_id: String,
    },
    /// An account that counts again, but opens nothing: its password was deleted when the kept person came to sign in in
    /// another way.
    #[serde(alias = "retired_account")]
    PasswordGone {
        /// The source.
        source: String,
        /// What the source calls it.
        legacy_id: String,
    },
    /// A way to sign in that the kept person has since. No account that goes back was used, as far as that is known, so
    /// it stays: a human has to say whose it is.
    Method {
        /// What it is.
        method: Method,
        /// Since when, in milliseconds.
        at: i64,
    },
    /// A way to sign in that the kept person had before the merge, and that somebody removed or replaced since.
    MethodGone {
        /// What it was.
        method: Method,
    },
    /// A way to sign in that the kept person has since, and does not keep: an account that goes back was used.
    MethodRemoved {
        /// What it was.
        method: Method,
        /// Since when, in milliseconds.
        at: i64,
    },
    /// What a system calls the kept person since, and calls the merged one from now on: it is of an account that goes back.
    SubjectReturned {
        /// The sector.
        sector: String,
        /// The source.
        source: String,
        /// What the source calls the account.
        legacy_id: String,
    },
}

impl Later {
    /// The kept person does not keep it; anything else stays as it is.
    pub fn is_taken(&self) -> bool {
        match self {
            Self::MethodRemoved { .. } | Self::SubjectReturned { .. } => true,
            Self::Fact { .. }
            | Self::Position { .. }
            | Self::NewPosition { .. }
            | Self::RoleTakenBack { .. }
            | Self::NewRole { .. }
            | Self::Account { .. }
            | Self::NewAccount { .. }
            | Self::PasswordGone { .. }
            | Self::Method { .. }
            | Self::MethodGone { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_of_an_undo_reads_back_also_from_before_accounts_were_opened_again() {
        let told = vec![
            Later::MethodRemoved { method: Method::App, at: 7 },
            Later::PasswordGone { source: "bd".to_owned(), legacy_id: "1".to_owned() },
        ];
        let text = serde_json::to_string(&told).expect("text");

        assert_eq!(serde_json::from_str::<Vec<Later>>(&text).expect("the same"), told);
        let before = text.replace("password_gone", "retired_account");
        assert_eq!(serde_json::from_str::<Vec<Later>>(&before).expect("the same"), told);
        assert!(told[0].is_taken() && !told[1].is_taken());
    }
}
