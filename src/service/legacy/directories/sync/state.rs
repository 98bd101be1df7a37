//! Where the reading of a directory stands, in words that are stored and shown.

use crate::base::clock::Millis;
use crate::service::{Failure, Services};
use crate::store::ldap_syncs::{self, Reading};
use serde::{Deserialize, Serialize};

/// What came of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was read to its end, and what it says counts.
    Done,
    /// The same, but for those who are not in it any more: they are too many to go without a word.
    Held,
    /// It showed nobody, so nobody goes.
    Empty,
    /// It could not be read to its end.
    Failed,
}

/// What a reading brought so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Entries that were told.
    pub entries: i64,
    /// Accounts that are new.
    pub added: i64,
    /// Accounts of which something else is known now.
    pub changed: i64,
    /// Accounts of which all was known.
    pub same: i64,
    /// Entries that are disabled there.
    pub disabled: i64,
    /// Entries that do not say what their account is called.
    pub nameless: i64,
    /// Entries of an account that another entry had told of.
    pub twice: i64,
    /// Accounts that are not there any more.
    pub gone: i64,
}

/// What waits for somebody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Accounts that were known.
    pub known: i64,
    /// How many of them would be gone.
    pub gone: i64,
    /// Since when it waits.
    pub since: Millis,
}

/// The end of a reading, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What came of it.
    pub outcome: Outcome,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What it brought.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Where a reading goes on. Its number makes each one another than that before it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The settings with which it began.
    pub(super) version: i64,
    /// When it began, and in which turn: a second one of the same moment is another.
    pub(super) turn: String,
    /// Pages that were written.
    pub(super) pages: i64,
    /// The directory's own mark.
    pub(super) cookie: String,
    /// What it brought so far.
    pub(super) tally: Tally,
}

/// The last reading of a directory, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// When it began.
    pub started_at: Option<Millis>,
    /// When it ended; nothing while it is under way.
    pub ended_at: Option<Millis>,
    /// Accounts that it saw.
    pub seen: i64,
    /// What came of it.
    pub told: Option<Told>,
    /// What waits for somebody's word.
    pub held: Option<Held>,
}

/// The last reading of a source; nothing when it was never read.
pub async fn last(services: &Services, source: &str) -> Result<Option<State>, Failure> {
    let last = ldap_syncs::find(&mut services.store.read().await?, source).await?;
    Ok(last.map(|last| State {
        started_at: last.started_at,
        ended_at: last.ended_at,
        seen: last.seen,
        told: serde_json::from_str(&last.outcome).ok(),
        held: held(&last),
    }))
}

/// What waits for somebody's word.
pub(super) fn held(last: &Reading) -> Option<Held> {
    serde_json::from_str(&last.held_back).ok()
}
