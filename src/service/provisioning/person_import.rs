//! People from a file: as a whole or not at all, in constant memory.
//!
//! Rows are read and staged in batches; a killed import leaves a set that
//! counts for nothing. Mistakes are kept up to a limit and then counted only.
//! When others changed people meanwhile, what is staged is compared anew: the
//! end is as if this file had come after theirs.

use super::change_set::{self, Applied, ChangeSetError};
use super::person_row::{self, PersonRow};
use super::person_stage::{Stage, Staged};
use crate::base::date::vietnam_date;
use crate::model::registry::Registry;
use crate::model::row_error::RowError;
use crate::service::sheet::Sheet;
use crate::service::{Origin, Services};
use crate::store::{StoreError, units};
use std::io::Read;

/// Rows of one short write.
pub(super) const BATCH: usize = 250;
/// Mistakes that are told one by one.
const ERRORS_KEPT: usize = 1_000;
/// Times that others may be first before this import gives up.
pub(super) const TURNS: usize = 32;
/// A set that nobody has worked on for this long was killed.
const KILLED_AFTER_SECONDS: i64 = 60;

/// How to import, and who does it.
pub struct Request<'a> {
    /// Apply the good rows although others are bad.
    pub accept_good: bool,
    /// Check everything and apply nothing.
    pub dry_run: bool,
    /// Who does it.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Rows read so far.
    pub rows_read: u64,
    /// Of those, rows with a mistake.
    pub rows_bad: u64,
}

/// What became of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its changes count.
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
    /// Rows in the file.
    pub rows_read: u64,
    /// Rows with a mistake.
    pub rows_bad: u64,
    /// People who were not known.
    pub persons_new: u64,
    /// People of whom something else is known now.
    pub persons_changed: u64,
    /// Positions that are new or changed.
    pub positions: u64,
    /// The mistakes, in the order of the file, the first thousand of them.
    pub errors: Vec<RowError>,
    /// How many more there are.
    pub errors_left_out: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read, or not to its end.
    #[error("{0}")]
    File(RowError),
    /// The set was given up by another process, or others were always first.
    #[error("the import was given up meanwhile; start again")]
    GivenUp,
    /// Another import was applied meanwhile, and this one contradicts it.
    #[error("another import gave these people another personal number meanwhile, so nothing was imported: {}", .0.join(", "))]
    Contradicted(Vec<String>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ChangeSetError> for ImportError {
    fn from(error: ChangeSetError) -> Self {
        match error {
            ChangeSetError::GivenUp | ChangeSetError::Overtaken | ChangeSetError::NotAllowed => Self::GivenUp,
            ChangeSetError::Store(error) => Self::Store(error),
        }
    }
}

/// The count so far.
#[derive(Default)]
struct Tally {
    progress: Progress,
    persons_new: u64,
    persons_changed: u64,
    positions: u64,
    errors: Vec<RowError>,
    errors_left_out: u64,
}

impl Tally {
    fn bad(&mut self, error: RowError) {
        self.progress.rows_bad += 1;
        if self.errors.len() < ERRORS_KEPT {
            self.errors.push(error);
        } else {
            self.errors_left_out += 1;
        }
    }

    fn add(&mut self, staged: Staged) {
        self.persons_new += staged.persons_new;
        self.persons_changed += staged.persons_changed;
        self.positions += staged.positions;
        for error in staged.errors {
            self.bad(error);
        }
    }

    fn report(mut self, outcome: Outcome) -> Report {
        self.errors.sort_by_key(|error| error.line);
        Report {
            outcome,
            rows_read: self.progress.rows_read,
            rows_bad: self.progress.rows_bad,
            persons_new: self.persons_new,
            persons_changed: self.persons_changed,
            positions: self.positions,
            errors: self.errors,
            errors_left_out: self.errors_left_out,
        }
    }
}

/// Imports a file of people. Reading it blocks the calling task for moments.
pub async fn import<R: Read + Send>(
    services: &Services,
    input: R,
    request: &Request<'_>,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Report, ImportError> {
    change_set::clean_abandoned(services, KILLED_AFTER_SECONDS).await?;
    let registry = {
        let mut conn = services.store.read().await?;
        units::load(&mut conn).await?
    };
    let mut sheet = Sheet::open(input).map_err(ImportError::File)?;
    let columns = person_row::personal_columns(&sheet).map_err(ImportError::File)?;
    let id = change_set::begin(services, "file", request.actor).await?;
    let stage = Stage { services, change_set: &id, columns: &columns, bounds: None, decides: false };
    match stage_all(&stage, &mut sheet, &registry, &mut progress).await {
        Ok(tally) => finish(&stage, request, tally).await,
        Err(error) => {
            // The first failure is what matters; what is left is cleaned by the next import or the job.
            if let Err(second) = change_set::abandon(services, &id).await {
                tracing::warn!(error = %second, "a failed import could not be cleaned up now");
            }
            Err(error)
        }
    }
}

async fn stage_all<R: Read + Send>(
    stage: &Stage<'_>,
    sheet: &mut Sheet<R>,
    registry: &Registry,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<Tally, ImportError> {
    let today = vietnam_date(stage.services.clock.now());
    let mut tally = Tally::default();
    let mut batch: Vec<PersonRow> = Vec::with_capacity(BATCH);
    while let Some(row) = sheet.next_row().map_err(ImportError::File)? {
        tally.progress.rows_read += 1;
        match row.and_then(|row| person_row::read(&row, registry, today)) {
            Ok(row) => {
                if is_full(&batch, &row) {
                    tally.add(stage.stage(std::mem::take(&mut batch)).await?);
                    progress(tally.progress);
                }
                batch.push(row);
            }
            Err(error) => tally.bad(error),
        }
    }
    tally.add(stage.stage(batch).await?);
    progress(tally.progress);
    Ok(tally)
}

/// Rows of one person that follow each other stay in one batch, within reason.
pub(super) fn is_full(batch: &[PersonRow], next: &PersonRow) -> bool {
    let same_person = batch.last().is_some_and(|last| last.username.folded() == next.username.folded());
    batch.len() >= 2 * BATCH || (batch.len() >= BATCH && !same_person)
}

async fn finish(stage: &Stage<'_>, request: &Request<'_>, mut tally: Tally) -> Result<Report, ImportError> {
    let outcome = if tally.progress.rows_bad > 0 && !request.accept_good {
        Outcome::Refused
    } else if request.dry_run {
        Outcome::Checked
    } else {
        Outcome::Applied
    };
    let outcome = match outcome {
        Outcome::Applied => apply(stage, request, &mut tally).await?,
        Outcome::Unchanged | Outcome::Checked | Outcome::Refused => outcome,
    };
    if outcome != Outcome::Applied {
        change_set::abandon(stage.services, stage.change_set).await?;
    }
    Ok(tally.report(outcome))
}

/// Applies what is staged, or compares it anew and tries again as long as others are first.
async fn apply(stage: &Stage<'_>, request: &Request<'_>, tally: &mut Tally) -> Result<Outcome, ImportError> {
    for _ in 0..TURNS {
        if tally.persons_new + tally.persons_changed + tally.positions == 0 {
            return Ok(Outcome::Unchanged);
        }
        let detail = serde_json::json!({
            "change_set": stage.change_set,
            "rows": tally.progress.rows_read,
            "rows_bad": tally.progress.rows_bad,
            "persons_new": tally.persons_new,
            "persons_changed": tally.persons_changed,
            "positions": tally.positions,
        });
        let applied = Applied { event: "people.imported", actor: request.actor, origin: request.origin, detail };
        match change_set::apply(stage.services, stage.change_set, applied).await {
            Ok(()) => return Ok(Outcome::Applied),
            Err(ChangeSetError::Overtaken) => settle(stage, tally).await?,
            Err(error @ (ChangeSetError::GivenUp | ChangeSetError::NotAllowed | ChangeSetError::Store(_))) => {
                return Err(error.into());
            }
        }
    }
    change_set::abandon(stage.services, stage.change_set).await?;
    Err(ImportError::GivenUp)
}

async fn settle(stage: &Stage<'_>, tally: &mut Tally) -> Result<(), ImportError> {
    let settled = stage.settle().await?;
    if !settled.contradicted.is_empty() {
        change_set::abandon(stage.services, stage.change_set).await?;
        return Err(ImportError::Contradicted(settled.contradicted));
    }
    tally.persons_new = settled.persons_new;
    tally.persons_changed = settled.persons_changed;
    tally.positions = settled.positions;
    Ok(())
}
