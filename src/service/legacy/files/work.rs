//! The work behind the console: checking a file, and bringing it in.
//!
//! One process holds a file at a time, for as long as it says so. What a killed process left is begun anew, and the import
//! goes on where it was. Whoever asked must still be allowed to when the work is done.

use super::{IDLE_SECONDS, Mistake, Report, State, associated, remove};
use crate::base::date::vietnam_date;
use crate::base::encoding::Encoding;
use crate::base::id::PersonId;
use crate::model::authority::{EditSources, allowing};
use crate::service::legacy::import::{self, ImportError, Outcome, Progress, Request};
use crate::service::{Failure, Origin, Services};
use crate::store::legacy_files::{self, Ended, FileRow};
use crate::store::{StoreError, admin_roles};
use serde_json::json;
use std::io::Cursor;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use zeroize::Zeroizing;

/// For how long a process holds a file; it says so more often than that.
const HELD_SECONDS: i64 = 60;
const SAID_SECONDS: u64 = 2;
/// Work that stopped for a passing reason is taken up again after this.
const AGAIN_SECONDS: i64 = 5;
/// Mistakes that are kept to be looked at.
const MISTAKES: usize = 200;

/// Why a step stopped.
enum Stop {
    /// Another process has taken it over.
    Lost,
    /// It may go on later.
    Again,
    /// It cannot go on, and why in both languages.
    Told(String, String),
    Failure(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Rows that were read, and rows with a mistake.
#[derive(Default)]
struct Far {
    rows: AtomicU64,
    bad: AtomicU64,
}

impl Far {
    fn told(&self) -> (i64, i64) {
        let read = |number: &AtomicU64| i64::try_from(number.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        (read(&self.rows), read(&self.bad))
    }
}

/// Does what waits longest, from beginning to end; false when nothing waits. Every process calls itself by a name of its
/// own.
pub async fn run(services: &Services, holder: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let claimed = legacy_files::claim(&mut tx, holder, now.plus_seconds(HELD_SECONDS), now).await?;
    tx.commit().await?;
    let Some(file) = claimed else { return Ok(false) };
    let held = (file.id.as_str(), holder);
    let (state, report, problem) = match work(services, &file, held).await {
        Ok((state, report)) => (state, report, (String::new(), String::new())),
        Err(Stop::Lost) => return Ok(true),
        Err(Stop::Again) => {
            again(services, held).await?;
            return Ok(true);
        }
        Err(Stop::Failure(failure)) if failure.is_passing() => {
            again(services, held).await?;
            return Err(failure);
        }
        Err(Stop::Failure(failure)) => {
            tracing::error!(error = %failure, file.id = %file.id, "a file of legacy accounts cannot be worked on");
            let vi = "Không đọc được tệp đã lưu.".to_owned();
            (State::Failed, None, (vi, "The stored file cannot be read.".to_owned()))
        }
        Err(Stop::Told(vi, en)) => (State::Failed, None, (vi, en)),
    };
    let text = match &report {
        Some(report) => json!(report).to_string(),
        None => String::new(),
    };
    let counted = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let rows = report.as_ref().map_or((file.rows_read, file.rows_bad), |report| (counted(report.rows), counted(report.bad)));
    let ended = Ended { state: state.word(), report: &text, rows, problem: (&problem.0, &problem.1) };
    let mut tx = services.store.write().await?;
    legacy_files::mark_ended(&mut tx, held, &ended, services.clock.now()).await?;
    tx.commit().await?;
    if state != State::Checked {
        remove(services, &file.id).await?;
    }
    Ok(true)
}

async fn again(services: &Services, held: (&str, &str)) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    legacy_files::release(&mut tx, held, services.clock.now().plus_seconds(AGAIN_SECONDS)).await?;
    Ok(tx.commit().await?)
}

/// Checks a file, or brings it in.
async fn work(services: &Services, file: &FileRow, held: (&str, &str)) -> Result<(State, Option<Report>), Stop> {
    let today = vietnam_date(services.clock.now());
    let scopes = admin_roles::list(&mut services.store.read().await?, &PersonId(file.asked_by.clone())).await?;
    if !allowing::<EditSources>(&scopes, today).any(|scope| scope.unit.is_none() && scope.client.is_none()) {
        return Err(Stop::Told(
            "Tài khoản yêu cầu không còn quyền nhập tệp.".to_owned(),
            "The account that asked for this may not bring files any more.".to_owned(),
        ));
    }
    let input = Cursor::new(load(services, file).await?);
    let origin = Origin { address: file.asked_address.clone(), request_id: file.asked_request.clone(), ..Origin::command_line() };
    let is_import = file.state == State::Importing.word();
    let request = Request {
        source: &file.source,
        encoding: Encoding::from_word(&file.encoding),
        accept_good: file.accept_good != 0 || !is_import,
        dry_run: !is_import,
        actor: &file.asked_by,
        origin: &origin,
    };
    let far = Far::default();
    let progress = |at: Progress| {
        far.rows.store(at.rows, Ordering::Relaxed);
        far.bad.store(at.rows_bad, Ordering::Relaxed);
    };
    let report = tokio::select! {
        report = import::import(services, input, &request, progress) => report,
        stop = say(services, held, &far) => return Err(stop),
    };
    let report = match report {
        Ok(report) => report,
        Err(error) => return told(error, file),
    };
    // Rows that were fine when they were looked at have mistakes by now: the source is set up otherwise.
    let state = match report.outcome {
        Outcome::Refused | Outcome::Checked => State::Checked,
        Outcome::Applied | Outcome::Unchanged => State::Done,
    };
    Ok((state, Some(kept(report))))
}

/// Says how far the work is, until it is over or another process has taken it over.
async fn say(services: &Services, held: (&str, &str), far: &Far) -> Stop {
    let mut beat = tokio::time::interval(Duration::from_secs(SAID_SECONDS));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let until = services.clock.now().plus_seconds(HELD_SECONDS);
        match mark(services, held, (far.told(), until)).await {
            Ok(true) => {}
            Ok(false) => return Stop::Lost,
            // The import itself finds out when the store is away.
            Err(error) => tracing::warn!(%error, "how far a file of legacy accounts is could not be noted"),
        }
    }
}

async fn mark(
    services: &Services,
    held: (&str, &str),
    (far, until): ((i64, i64), crate::base::clock::Millis),
) -> Result<bool, StoreError> {
    let mut tx = services.store.write().await?;
    let mine = legacy_files::mark_far(&mut tx, held, far, until).await?;
    tx.commit().await?;
    Ok(mine)
}

/// The whole file, wiped after use.
async fn load(services: &Services, file: &FileRow) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(file.bytes).unwrap_or_default()));
    let mut conn = services.store.read().await?;
    for place in 0_i64.. {
        let Some(sealed) = legacy_files::find_chunk(&mut conn, &file.id, place).await? else { break };
        let unreadable = |_| StoreError::Corrupt("legacy_file_chunks.sealed".to_owned());
        bytes.extend_from_slice(&services.envelope.open(&sealed, &associated(&file.id, place)).map_err(unreadable)?);
    }
    let is_whole = i64::try_from(bytes.len()).is_ok_and(|length| length == file.bytes);
    if is_whole { Ok(bytes) } else { Err(StoreError::Corrupt("legacy_file_chunks.place".to_owned())) }
}

fn kept(report: import::Report) -> Report {
    let left_out = u64::try_from(report.errors.len().saturating_sub(MISTAKES)).unwrap_or_default();
    let mistake = |error: crate::model::row_error::RowError| Mistake {
        line: error.line,
        column: error.column,
        vi: error.message_vi,
        en: error.message_en,
    };
    Report {
        encoding: report.encoding,
        detected: report.encoding_detected,
        contradicted: false,
        rows: report.rows_read,
        bad: report.rows_bad,
        added: report.added,
        changed: report.changed,
        same: report.same,
        passwords: report.passwords,
        mistakes: report.errors.into_iter().take(MISTAKES).map(mistake).collect(),
        more: report.errors_left_out + left_out,
    }
}

/// What stopped an import, for whoever sent the file. A wrong encoding can be named anew: the file stays.
fn told(error: ImportError, file: &FileRow) -> Result<(State, Option<Report>), Stop> {
    let (vi, en) = match error {
        ImportError::Failure(failure) => return Err(Stop::Failure(failure)),
        ImportError::Overtaken => return Err(Stop::Again),
        ImportError::Unreadable(_) => {
            return Err(Stop::Failure(StoreError::Corrupt("legacy_file_chunks.sealed".to_owned()).into()));
        }
        ImportError::UnknownSource(id) | ImportError::Stopped(id) => {
            (format!("Nguồn {id} không còn nhận tài khoản."), format!("Nothing is read for the source {id} any more."))
        }
        ImportError::Setting { field, word, known } => (
            format!("Cấu hình nguồn ghi {field} = {word}, chỉ nhận: {known}."),
            format!("The source says {field} = {word}; known are {known}."),
        ),
        ImportError::WrongEncoding { named, likely } => {
            // What it looks like is told as a report without rows, so that it can be checked anew.
            let report = Report { encoding: likely.word().to_owned(), contradicted: true, ..Report::default() };
            tracing::debug!(%named, %likely, file.id = %file.id, "a file was named in an encoding that it is not in");
            return Ok((State::Checked, Some(report)));
        }
        ImportError::File(error) if error.line > 1 => {
            let line = error.line;
            (format!("Dòng {line}: {}", error.message_vi), format!("Line {line}: {}", error.message_en))
        }
        ImportError::File(error) => (error.message_vi, error.message_en),
    };
    Err(Stop::Told(vi, en))
}

/// How long a file waits for whoever sent it, in hours.
pub const WAITS_HOURS: i64 = IDLE_SECONDS / 3_600;
