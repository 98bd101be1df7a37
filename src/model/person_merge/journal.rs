//! What a merge changed, as it is written down with it, so that an undo puts exactly that back.

use super::{Filled, Ways};
use crate::base::id::{ChangeSetId, PositionId};
use serde::{Deserialize, Serialize};

/// The form in which journals are written.
pub const FORM: u32 = 1;

/// An account of an old system, as it was decided before the merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedAccount {
    /// The source.
    pub source: String,
    /// What the source calls it.
    pub legacy_id: String,
    /// `linked` or `created`.
    pub decision: String,
    /// By which rule.
    pub rule: String,
    /// When, in milliseconds.
    pub decided_at: Option<i64>,
    /// The human who decided.
    pub decided_by: Option<String>,
    /// Why they did.
    pub decided_why: String,
    /// Whether the merge retired it.
    pub retired: bool,
    /// Since when it opened nothing before the merge, in milliseconds.
    #[serde(default)]
    pub retired_before: Option<i64>,
}

/// What a sector knew the merged person as, and knows the kept one as since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedSubject {
    /// The sector.
    pub sector: String,
    /// The subject.
    pub sub: String,
}

/// A position of the merged person, and that of the kept one which stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedPosition {
    /// That of the merged person.
    pub from: PositionId,
    /// That of the kept person.
    pub to: PositionId,
    /// The merge made it; otherwise the kept person had it.
    pub copied: bool,
}

/// A role in a client that the kept person was given since the merged one had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedRole {
    /// The grant of the merged person.
    pub from: String,
    /// The grant that was made.
    pub to: String,
}

/// How the kept person stood before a merge: by this an undo tells what came to them since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptBefore {
    /// What they signed in with.
    pub ways: Ways,
    /// Sectors that knew them.
    pub sectors: Vec<String>,
    /// Accounts of old systems that were theirs and not retired: the source, and what it calls the account.
    pub open: Vec<(String, String)>,
}

/// All that a merge changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// [`FORM`].
    pub form: u32,
    /// The set of changes that told of the kept person.
    pub set: ChangeSetId,
    /// Since when the merged person could not sign in before it, in milliseconds.
    pub disabled_before: Option<i64>,
    /// Facts that the kept person got.
    pub filled: Vec<Filled>,
    /// Accounts that lead to the kept person since.
    pub accounts: Vec<MovedAccount>,
    /// Subjects that are the kept person's since.
    pub subjects: Vec<MovedSubject>,
    /// Positions.
    pub positions: Vec<CarriedPosition>,
    /// Roles.
    pub roles: Vec<CarriedRole>,
    /// How the kept person stood; nothing in journals that were written before this was.
    #[serde(default)]
    pub before: Option<KeptBefore>,
}

impl Journal {
    /// As it is stored.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads [`Journal::write`] back; nothing for a form that is not known here.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|journal| journal.form == FORM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_journal_reads_back_and_one_of_another_form_does_not() {
        let passkeys = BTreeMap::from([("k".to_owned(), 3)]);
        let before = KeptBefore {
            ways: Ways { passkeys, password: Some(4), app: None, codes: Some(5) },
            sectors: vec!["public".to_owned()],
            open: vec![("bd".to_owned(), "2".to_owned())],
        };
        let journal = Journal {
            form: FORM,
            set: ChangeSetId("set".to_owned()),
            disabled_before: Some(1),
            filled: vec![Filled::Number, Filled::BirthDate, Filled::EmployeeCode],
            accounts: vec![MovedAccount {
                source: "bd".to_owned(),
                legacy_id: "1".to_owned(),
                decision: "created".to_owned(),
                rule: "no_counterpart".to_owned(),
                decided_at: Some(2),
                decided_by: None,
                decided_why: String::new(),
                retired: true,
                retired_before: None,
            }],
            subjects: vec![MovedSubject { sector: "public".to_owned(), sub: "s".to_owned() }],
            positions: vec![CarriedPosition { from: PositionId("p".to_owned()), to: PositionId("q".to_owned()), copied: true }],
            roles: vec![CarriedRole { from: "g".to_owned(), to: "h".to_owned() }],
            before: Some(before),
        };
        let text = journal.write().expect("text");

        assert_eq!(Journal::read(&text), Some(journal));
        assert_eq!(Journal::read(&text.replace("\"form\":1", "\"form\":2")), None);
        assert_eq!(Journal::read("{}"), None);
    }

    #[test]
    fn a_journal_from_before_ways_to_sign_in_were_kept_reads_without_them() {
        let text = r#"{"form":1,"set":"s","disabled_before":null,"filled":["number"],
            "accounts":[{"source":"bd","legacy_id":"1","decision":"linked","rule":"by_hand","decided_at":2,"decided_by":null,
                         "decided_why":"","retired":true}],
            "subjects":[],"positions":[],"roles":[]}"#;

        let journal = Journal::read(text).expect("a journal");

        assert_eq!(journal.before, None);
        assert_eq!(journal.accounts[0].retired_before, None);
    }
}
