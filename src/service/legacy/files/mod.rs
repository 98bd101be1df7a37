//! Files of legacy accounts that are sent to the console: taken in sealed pieces, checked without changing anything, looked
//! at, and brought in by the same import as at the command line. They hold hashes of passwords, so nothing of them is ever
//! stored as it came, and they go as soon as they are not needed any more.
//!
//! Here belongs the way of a file. What its rows mean is `import`'s.

pub mod upload;
pub mod work;

use crate::base::clock::Millis;
use crate::base::encoding::Encoding;
use crate::base::id::PersonId;
use crate::model::authority::EditSources;
use crate::service::audit::{self, Event};
use crate::service::authority::{City, Doer};
use crate::service::{Failure, Services};
use crate::store::legacy_files::{FileRow, Pressed};
use crate::store::{StoreError, legacy_files as files};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Files that are listed.
const LISTED: i64 = 50;
/// A file that nobody goes on with is given up after this.
const IDLE_SECONDS: i64 = 86_400;
/// Pieces of one short write.
const PIECES_AT_ONCE: i64 = 16;

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is coming.
    Uploading,
    /// Its rows are being checked.
    Checking,
    /// What it would do is there to be looked at.
    Checked,
    /// Its rows are being brought in.
    Importing,
    /// What it says counts.
    Done,
    /// It cannot be read.
    Failed,
    /// It was given up.
    Discarded,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Uploading, Self::Checking, Self::Checked, Self::Importing, Self::Done, Self::Failed, Self::Discarded];

    fn word(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Importing => "importing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A mistake in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The line.
    pub line: u64,
    /// The column; may be empty.
    pub column: String,
    /// What is wrong, in Vietnamese.
    pub vi: String,
    /// The same in English.
    pub en: String,
}

/// What a file came to, or would.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// The encoding in which it was read.
    pub encoding: String,
    /// It was found out, and not named by anybody.
    pub detected: bool,
    /// It is what the file looks like, and another one was named: nothing was read.
    #[serde(default)]
    pub contradicted: bool,
    /// Rows.
    pub rows: u64,
    /// Rows with a mistake.
    pub bad: u64,
    /// Accounts that are new.
    pub added: u64,
    /// Accounts of which something else is known.
    pub changed: u64,
    /// Accounts of which all was known.
    pub same: u64,
    /// Password hashes by their scheme.
    pub passwords: BTreeMap<String, u64>,
    /// The first mistakes.
    pub mistakes: Vec<Mistake>,
    /// How many more there are.
    pub more: u64,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its identity.
    pub id: String,
    /// The source whose accounts it tells of.
    pub source: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: i64,
    /// The encoding that was named, if one was.
    pub encoding: Option<Encoding>,
    /// How far it is.
    pub state: State,
    /// Who sent it.
    pub by: PersonId,
    /// When.
    pub at: Millis,
    /// Rows of this step so far.
    pub rows: i64,
    /// Of those, rows with a mistake.
    pub bad: i64,
    /// What it came to, or would.
    pub report: Option<Report>,
    /// Why it cannot go on, in Vietnamese and in English; may be empty.
    pub problem: (String, String),
}

fn file_of(row: FileRow) -> Result<File, StoreError> {
    let unreadable = || StoreError::Corrupt("legacy_files.state".to_owned());
    let report = if row.report.is_empty() { None } else { Some(serde_json::from_str(&row.report)?) };
    Ok(File {
        state: State::from_word(&row.state).ok_or_else(unreadable)?,
        encoding: Encoding::from_word(&row.encoding),
        by: PersonId(row.created_by),
        at: Millis(row.created_at),
        id: row.id,
        source: row.source,
        name: row.file_name,
        bytes: row.bytes,
        rows: row.rows_read,
        bad: row.rows_bad,
        report,
        problem: (row.problem_vi, row.problem_en),
    })
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("there is no such file")]
    NotThere,
    /// It is not in a state in which this can be done: somebody was first, or it has mistakes that nobody accepted.
    #[error("this cannot be done with the file now")]
    NotNow,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for FileError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The newest files.
pub async fn list(services: &Services, _proof: &City<EditSources>) -> Result<Vec<File>, Failure> {
    let rows = files::list(&mut services.store.read().await?, LISTED).await?;
    Ok(rows.into_iter().map(file_of).collect::<Result<_, _>>()?)
}

/// One file.
pub async fn find(services: &Services, _proof: &City<EditSources>, id: &str) -> Result<Option<File>, Failure> {
    let row = files::find(&mut services.store.read().await?, id).await?;
    Ok(row.filter(|row| row.state != State::Uploading.word()).map(file_of).transpose()?)
}

fn pressed(by: &Doer, at: Millis) -> Pressed<'_> {
    Pressed {
        by: by.person.as_str(),
        acting_as: &by.acting_as,
        address: &by.origin.address,
        request_id: &by.origin.request_id,
        at,
    }
}

/// Checks a file once more, read in another encoding, or (none) in the one that it looks like.
pub async fn check_again(
    services: &Services,
    proof: &City<EditSources>,
    id: &str,
    encoding: Option<Encoding>,
) -> Result<(), FileError> {
    let mut tx = services.store.write().await?;
    files::find(&mut tx, id).await?.ok_or(FileError::NotThere)?;
    let word = encoding.map_or("", Encoding::word);
    if !files::mark_checking(&mut tx, id, word, &pressed(&proof.by, services.clock.now())).await? {
        return Err(FileError::NotNow);
    }
    Ok(tx.commit().await?)
}

/// Brings a file in that was checked, read in the encoding in which it was looked at; with mistakes in it only when the
/// good rows alone are accepted.
pub async fn bring(services: &Services, proof: &City<EditSources>, id: &str, accept_good: bool) -> Result<(), FileError> {
    let mut tx = services.store.write().await?;
    let row = files::find(&mut tx, id).await?.ok_or(FileError::NotThere)?;
    let press = pressed(&proof.by, services.clock.now());
    if !files::mark_importing(&mut tx, (id, &row.encoding), accept_good, &press).await? {
        return Err(FileError::NotNow);
    }
    let detail = json!({ "file": id, "source": row.source, "accept_good": accept_good });
    audit::record(&mut tx, services, Event::by(&proof.by, "legacy_file.begun", None, None, detail)).await?;
    Ok(tx.commit().await?)
}

/// Gives a file up.
pub async fn discard(services: &Services, proof: &City<EditSources>, id: &str) -> Result<(), FileError> {
    let mut tx = services.store.write().await?;
    let row = files::find(&mut tx, id).await?.ok_or(FileError::NotThere)?;
    if !files::mark_discarded(&mut tx, id, services.clock.now()).await? {
        return Err(FileError::NotNow);
    }
    let detail = json!({ "file": id, "source": row.source });
    audit::record(&mut tx, services, Event::by(&proof.by, "legacy_file.discarded", None, None, detail)).await?;
    tx.commit().await?;
    Ok(remove(services, id).await?)
}

/// Removes what a file holds, in short writes.
async fn remove(services: &Services, id: &str) -> Result<(), StoreError> {
    loop {
        let mut tx = services.store.write().await?;
        let removed = files::remove_some_chunks(&mut tx, id, PIECES_AT_ONCE).await?;
        tx.commit().await?;
        if removed == 0 {
            return Ok(());
        }
    }
}

/// Gives up what lies about, and removes what is over.
pub async fn tidy(services: &Services) -> Result<(), Failure> {
    let since = services.clock.now().plus_seconds(-IDLE_SECONDS);
    let mut tx = services.store.write().await?;
    files::mark_idle_discarded(&mut tx, since).await?;
    tx.commit().await?;
    let over = files::list_over(&mut services.store.read().await?).await?;
    for id in over {
        remove(services, &id).await?;
    }
    Ok(())
}

/// A piece opens at its place only.
fn associated(id: &str, place: i64) -> Vec<u8> {
    format!("legacy_file_chunks {id} {place}").into_bytes()
}
