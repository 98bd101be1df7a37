//! Legacy accounts from a file: as given for showing, normalised for comparing, in constant memory.
//!
//! A file is read three times: for its digest and encoding, for its mistakes,
//! and for what it says. Only then is anything written, in short transactions
//! beside running sign-ins. A row that says what is known already is passed
//! over, so the same file again changes nothing; and a file that was stopped in
//! the middle goes on where it was.
//!
//! Here belongs how accounts come in. Whose they are, and to which unit they
//! belong, is decided by others afterwards.

mod account;
mod apply;
mod file;
pub(in crate::service::legacy) mod live;
mod row;

use crate::base::encoding::Encoding;
use crate::model::legacy_source::{LegacySource, Settings};
use crate::model::row_error::RowError;
use crate::service::legacy::sources;
use crate::service::{Failure, Origin, Services};
use crate::store::{StoreError, legacy_imports};
use apply::{Run, Written};
use file::Opened;
use row::Reader;
use std::collections::BTreeMap;
use std::io::{Read, Seek};

/// Rows of one short write.
const BATCH: usize = 250;
/// Mistakes that are told one by one.
const ERRORS_KEPT: usize = 1_000;

/// How to import, and who does it.
pub struct Request<'a> {
    /// The source whose accounts they are.
    pub source: &'a str,
    /// The encoding, where what the file looks like is not to be believed.
    pub encoding: Option<Encoding>,
    /// Bring the good rows in although others are bad.
    pub accept_good: bool,
    /// Check everything and change nothing.
    pub dry_run: bool,
    /// Who does it.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
}

/// What is being done with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its encoding and digest are found out.
    Looking,
    /// Its rows are checked.
    Checking,
    /// Its rows are written.
    Writing,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Rows of this stage so far.
    pub rows: u64,
    /// Rows with a mistake so far.
    pub rows_bad: u64,
}

/// What became of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What it says counts.
    Applied,
    /// All of it was known.
    Unchanged,
    /// It was checked only.
    Checked,
    /// It has mistakes, so nothing of it counts.
    Refused,
}

/// What the file came to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// What became of it.
    pub outcome: Outcome,
    /// The source.
    pub source: String,
    /// The encoding in which it was read; `xlsx` for a workbook, with its old font if it has one.
    pub encoding: String,
    /// The encoding was found out, and not named by anybody.
    pub encoding_detected: bool,
    /// Rows in the file.
    pub rows_read: u64,
    /// Rows with a mistake.
    pub rows_bad: u64,
    /// Accounts that are new.
    pub added: u64,
    /// Accounts of which something else is known now.
    pub changed: u64,
    /// Accounts of which all was known.
    pub same: u64,
    /// The line after which it went on, when it had been stopped there.
    pub resumed_after_line: Option<u64>,
    /// How many password hashes of which scheme there are; `unknown`, `undeclared` and `too_costly` open nothing.
    pub passwords: BTreeMap<String, u64>,
    /// The mistakes, in the order of the file, the first thousand of them.
    pub errors: Vec<RowError>,
    /// How many more there are.
    pub errors_left_out: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such source.
    #[error("there is no source {0}: motlan source list names them")]
    UnknownSource(String),
    /// Nothing is read from it any more.
    #[error("the source {0} is stopped: nothing is read from it any more")]
    Stopped(String),
    /// A setting of the source is no word that is known.
    #[error("the source says {field} = {word:?}, which is unknown; known are: {known}")]
    Setting {
        /// Which setting.
        field: &'static str,
        /// What it says.
        word: String,
        /// What it may say.
        known: String,
    },
    /// The named encoding makes no Vietnamese of the file, and another one does.
    #[error("read as {named} the file is no Vietnamese, and read as {likely} it is: name that encoding, or none")]
    WrongEncoding {
        /// What was named.
        named: Encoding,
        /// What it looks like.
        likely: Encoding,
    },
    /// The file cannot be read, or not to its end.
    #[error("{0}")]
    File(RowError),
    /// The file's storage does not answer.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Another process imports accounts of this source.
    #[error("another import of this source is at work; let it end, and import again")]
    Overtaken,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The count so far.
#[derive(Default)]
struct Tally {
    rows: u64,
    rows_bad: u64,
    passwords: BTreeMap<String, u64>,
    errors: Vec<RowError>,
    errors_left_out: u64,
    compared: Written,
}

impl Tally {
    fn bad(&mut self, error: RowError) {
        self.rows_bad += 1;
        if self.errors.len() < ERRORS_KEPT {
            self.errors.push(error);
        } else {
            self.errors_left_out += 1;
        }
    }

    fn progress(&self, stage: Stage) -> Progress {
        Progress { stage, rows: self.rows, rows_bad: self.rows_bad }
    }
}

/// Imports a file of legacy accounts. Reading it blocks the calling task for moments.
pub async fn import<R: Read + Seek + Send>(
    services: &Services,
    mut input: R,
    request: &Request<'_>,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Report, ImportError> {
    let source = source_of(services, request.source).await?;
    let named = match request.encoding {
        Some(encoding) => Some(encoding),
        None => named_by(&source)?,
    };
    progress(Progress { stage: Stage::Looking, rows: 0, rows_bad: 0 });
    let opened = file::look(&mut input, named).await?;
    let is_repeated = is_repeated(services, &source, &opened).await?;
    let declared = account::declared(&source)?;
    let run = Run { services, source: &source, declared, opened: &opened, request, is_repeated };
    let tally = check(&run, &mut input, &mut progress).await?;
    if request.dry_run || (tally.rows_bad > 0 && !request.accept_good) {
        let outcome = if tally.rows_bad > 0 && !request.accept_good { Outcome::Refused } else { Outcome::Checked };
        let written = tally.compared;
        return Ok(report(&run, tally, outcome, written));
    }
    let written = run.write(&mut input, &tally, &mut progress).await?;
    let outcome = if written.added + written.changed == 0 { Outcome::Unchanged } else { Outcome::Applied };
    Ok(report(&run, tally, outcome, written))
}

async fn source_of(services: &Services, id: &str) -> Result<LegacySource, ImportError> {
    let source = sources::find(services, id).await?.ok_or_else(|| ImportError::UnknownSource(id.to_owned()))?;
    if source.stopped_at.is_some() { Err(ImportError::Stopped(id.to_owned())) } else { Ok(source) }
}

/// Whether the last file of a source that was read to its end was this one.
async fn is_repeated(services: &Services, source: &LegacySource, opened: &Opened) -> Result<bool, ImportError> {
    let mut conn = services.store.read().await?;
    Ok(legacy_imports::was_last(&mut conn, &source.id, &opened.digest, &opened.word()).await?)
}

/// The encoding that is set for the files of a source.
fn named_by(source: &LegacySource) -> Result<Option<Encoding>, ImportError> {
    let word = match &source.settings {
        Settings::Hashes(settings) => settings.encoding.as_deref(),
        Settings::Oidc(_) | Settings::Ldap(_) => None,
    };
    let Some(word) = word else { return Ok(None) };
    let unknown =
        || ImportError::Setting { field: "encoding", word: word.to_owned(), known: Encoding::ALL.map(Encoding::word).join(", ") };
    Encoding::from_word(word).map(Some).ok_or_else(unknown)
}

/// Reads the file to its end and writes nothing: its mistakes, and for a dry run what it would do.
async fn check<R: Read + Seek + Send>(
    run: &Run<'_>,
    input: &mut R,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<Tally, ImportError> {
    let mut sheet = run.opened.sheet(input)?;
    let mut reader = Reader::new(&sheet, run.opened).map_err(ImportError::File)?;
    let columns = reader.columns();
    let mut tally = Tally::default();
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = sheet.next_row().map_err(ImportError::File)? {
        tally.rows += 1;
        match row.and_then(|row| reader.read(&row)) {
            Ok(told) => {
                if let Some(word) = account::scheme_word(&told, run.declared) {
                    *tally.passwords.entry(word).or_default() += 1;
                }
                batch.push(told);
            }
            Err(error) => tally.bad(error),
        }
        if batch.len() >= BATCH {
            tally.compared.add(look(run, columns, &mut batch).await?);
            progress(tally.progress(Stage::Checking));
        }
    }
    tally.compared.add(look(run, columns, &mut batch).await?);
    progress(tally.progress(Stage::Checking));
    Ok(tally)
}

/// What some rows would do, which only a dry run asks for; the others let somebody else work for a moment.
async fn look(run: &Run<'_>, columns: row::Columns, batch: &mut Vec<row::Told>) -> Result<Written, ImportError> {
    let rows = std::mem::take(batch);
    if run.request.dry_run {
        return run.compare(columns, rows).await;
    }
    tokio::task::yield_now().await;
    Ok(Written::default())
}

fn report(run: &Run<'_>, tally: Tally, outcome: Outcome, written: Written) -> Report {
    Report {
        outcome,
        source: run.source.id.clone(),
        encoding: run.opened.word(),
        encoding_detected: run.opened.is_detected,
        rows_read: tally.rows,
        rows_bad: tally.rows_bad,
        added: written.added,
        changed: written.changed,
        same: written.same,
        resumed_after_line: written.resumed_after_line,
        passwords: tally.passwords,
        errors: tally.errors,
        errors_left_out: tally.errors_left_out,
    }
}
