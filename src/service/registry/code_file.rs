//! A file of units' codes at the console: checked, shown, applied exactly as shown, taken back.
//!
//! Agency codes are not public and are never invented: they come from a file of this form and from nowhere else. What
//! the file changes is written down when it comes; applying it demands that the registry is still what the file was
//! compared with, so that what was shown is what happens. The statistics office's own codes are not changed here:
//! units change by a plan.

pub use super::code_change::CodeChange;

use super::code_change::edits;
use super::corrected;
use super::draft::Additions;
use super::files::{self, FileError, Kind, Source, Table};
use super::import::Work;
use super::rows_codes;
use crate::base::clock::Millis;
use crate::base::digest::{hex, sha256};
use crate::base::id::{PersonId, UnitId, uuid_v7};
use crate::base::text::nfc;
use crate::model::authority::{EditCodes, ReadCodes, Sees};
use crate::model::correction::Way;
use crate::model::row_error::RowError;
use crate::model::unit::DatedCode;
use crate::model::unit_code::GSO;
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::{Failure, Services, forget, known};
use crate::store::changes;
use crate::store::code_files::{self, StoredFile};
use crate::store::onboardings::Hand;
use crate::store::{StoreError, Tx, units};
use serde_json::json;

/// A larger file holds something else than units' codes.
pub const MOST_BYTES: usize = 1_048_576;
/// More rows than units have codes.
pub const MOST_ROWS: usize = 10_000;
/// A file may be taken back for so long.
pub const UNDO_SECONDS: i64 = 30 * 86_400;
/// Files that are listed.
const MOST_LISTED: i64 = 50;
/// Changes that a record names one by one.
const MOST_TOLD: usize = 200;
/// Characters of a file's name that are kept.
const LONGEST_NAME: usize = 120;

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was checked and counts for nothing.
    Shown,
    /// Nobody may apply it any more.
    Discarded,
    /// It counts.
    Applied,
    /// It was taken back.
    Undone,
}

/// A file that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeFile {
    /// Its identity.
    pub id: String,
    /// Its name, as it came.
    pub name: String,
    /// The digest of its bytes, in hexadecimal.
    pub digest: String,
    /// How far it has come.
    pub state: State,
    /// What it changes.
    pub changes: Vec<CodeChange>,
    /// Rows without a code, which say nothing.
    pub skipped: i64,
    /// When it came.
    pub made_at: Millis,
    /// From whom.
    pub made_by: PersonId,
    /// When it was applied.
    pub applied_at: Option<Millis>,
    /// When it was taken back.
    pub undone_at: Option<Millis>,
    /// What was changed since and therefore left.
    pub kept: Vec<CodeChange>,
}

impl CodeFile {
    fn read(stored: StoredFile) -> Result<Self, StoreError> {
        let state = match (stored.undone_at, stored.applied_at, stored.discarded_at) {
            (Some(_), _, _) => State::Undone,
            (None, Some(_), _) => State::Applied,
            (None, None, Some(_)) => State::Discarded,
            (None, None, None) => State::Shown,
        };
        Ok(Self {
            id: stored.id,
            name: stored.name,
            digest: hex(&stored.digest),
            state,
            changes: changes_of(&stored.changes)?,
            skipped: stored.skipped,
            made_at: Millis(stored.made_at),
            made_by: PersonId(stored.made_by),
            applied_at: stored.applied_at.map(Millis),
            undone_at: stored.undone_at.map(Millis),
            kept: stored.kept.as_deref().map_or_else(|| Ok(Vec::new()), changes_of)?,
        })
    }

    /// Whether it may still be taken back at a moment.
    pub fn may_be_undone(&self, now: Millis) -> bool {
        self.state == State::Applied && self.applied_at.is_some_and(|at| now.since(at) < UNDO_SECONDS * 1_000)
    }
}

fn changes_of(text: &str) -> Result<Vec<CodeChange>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("code_files.changes".to_owned()))
}

/// Why a file was not taken, applied or taken back.
#[derive(Debug, thiserror::Error)]
pub enum CodeFileError {
    /// It has mistakes.
    #[error("the file has {} mistakes", .0.len())]
    Refused(Vec<FileError>),
    /// All of it is known already.
    #[error("the file says nothing new")]
    Unchanged,
    /// There is none of this id within these bounds.
    #[error("there is no such file")]
    Absent,
    /// It was applied, discarded or taken back meanwhile, or its time is over.
    #[error("the file is no longer where it was")]
    Decided,
    /// The registry was changed since the file was compared with it.
    #[error("the registry was changed meanwhile; check the file again")]
    Stale,
    /// A part that it leans on.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for CodeFileError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Checks a file and writes down what it changes; answers the id under which that waits.
pub async fn preview(services: &Services, proof: &Units<EditCodes>, source: &Source) -> Result<String, CodeFileError> {
    let now = services.clock.now();
    let registry = units::load(&mut services.store.read().await?).await?;
    let table = table_of(source)?;
    let mut work = Work::of(&registry, now, services.entropy.as_ref());
    let skipped = read_rows(&mut work, &table, proof);
    let additions = work.finish().map_err(CodeFileError::Refused)?;
    let changes = changes_in(&additions);
    if changes.is_empty() {
        return Err(CodeFileError::Unchanged);
    }
    let file = StoredFile {
        id: uuid_v7(now, services.entropy.as_ref()),
        name: nfc(&source.name).chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect(),
        digest: sha256(&source.bytes).to_vec(),
        based_on: registry.version(),
        changes: serde_json::to_string(&changes).map_err(StoreError::from)?,
        skipped,
        made_at: now.0,
        made_by: proof.by.person.0.clone(),
        discarded_at: None,
        applied_at: None,
        applied_by: None,
        undone_at: None,
        undone_by: None,
        kept: None,
    };
    let mut tx = services.store.write().await?;
    code_files::add(&mut tx, &file).await?;
    let detail = json!({ "file": file.id, "name": file.name, "digest": hex(&file.digest), "changes": changes.len() });
    audit::record(&mut tx, services, Event::by(&proof.by, "registry.codes_checked", None, None, detail)).await?;
    tx.commit().await?;
    Ok(file.id)
}

/// The rows of a file of codes.
fn table_of(source: &Source) -> Result<Table, CodeFileError> {
    let whole = |vi: &str, en: &str| {
        let error = RowError::new(1, "", vi, en);
        CodeFileError::Refused(vec![FileError { file: source.name.clone(), error }])
    };
    if source.bytes.len() > MOST_BYTES {
        return Err(whole("tệp lớn hơn 1 MiB", "the file is larger than 1 MiB"));
    }
    let mut errors = Vec::new();
    let table = files::read(source, &mut errors);
    if !errors.is_empty() {
        return Err(CodeFileError::Refused(errors));
    }
    match table {
        Some(table) if table.kind != Kind::Codes => Err(whole(
            "đây không phải tệp mã: cần các cột gso_code, scheme, code, valid_from, valid_to",
            "this is no file of codes: it needs the columns gso_code, scheme, code, valid_from, valid_to",
        )),
        Some(table) if table.rows.len() > MOST_ROWS => Err(whole("tệp có hơn 10.000 dòng", "the file has more than 10,000 rows")),
        Some(table) => Ok(table),
        None => Err(whole("không đọc được tệp", "the file cannot be read")),
    }
}

/// Reads the rows; answers how many say nothing.
fn read_rows(work: &mut Work<'_>, table: &Table, proof: &Units<EditCodes>) -> i64 {
    let mut skipped = 0;
    for row in &table.rows {
        if row.get("code").is_empty() {
            skipped += 1;
            continue;
        }
        if row.get("scheme") == GSO {
            let vi = "mã đơn vị hành chính không sửa ở đây; đơn vị thay đổi theo phương án sắp xếp";
            let en = "the statistics office's codes are not changed here; units change by a re-organization plan";
            work.complain(table, row.wrong("scheme", vi, en));
            continue;
        }
        let before = (work.draft.additions.codes.len(), work.draft.additions.ended_codes.len());
        if let Err(error) = rows_codes::code(work, row) {
            work.complain(table, error);
            continue;
        }
        let additions = &work.draft.additions;
        let mut touched = additions.codes[before.0..].iter().chain(&additions.ended_codes[before.1..]);
        if touched.any(|(unit, _)| !proof.holds(unit)) {
            // As if it were not there.
            let vi = "không có đơn vị mang mã này trong phạm vi quản trị của Ông/Bà";
            let en = "no unit has this code within what you administer";
            work.complain(table, row.wrong("gso_code", vi, en));
        }
    }
    skipped
}

fn changes_in(additions: &Additions) -> Vec<CodeChange> {
    let new = additions.codes.iter().map(|(unit, code)| CodeChange::of(unit, code, false));
    let ended = additions.ended_codes.iter().map(|(unit, code)| CodeChange::of(unit, code, true));
    new.chain(ended).collect()
}

/// The newest files within these bounds.
pub async fn list(services: &Services, proof: &Units<impl Sees<ReadCodes>>) -> Result<Vec<CodeFile>, Failure> {
    let stored = code_files::list(&mut services.store.read().await?, MOST_LISTED).await?;
    let mut files = stored.into_iter().map(CodeFile::read).collect::<Result<Vec<_>, StoreError>>()?;
    files.retain(|file| is_within(file, proof));
    Ok(files)
}

/// One file, if all that it changes lies within these bounds.
pub async fn find(services: &Services, proof: &Units<impl Sees<ReadCodes>>, id: &str) -> Result<Option<CodeFile>, Failure> {
    let stored = code_files::find(&mut services.store.read().await?, id).await?;
    let file = stored.map(CodeFile::read).transpose()?;
    Ok(file.filter(|file| is_within(file, proof)))
}

fn is_within<A>(file: &CodeFile, proof: &Units<A>) -> bool {
    file.changes.iter().all(|change| proof.holds(&change.unit))
}

/// Makes a file count, exactly as it was shown.
pub async fn apply(services: &Services, proof: &Units<EditCodes>, id: &str) -> Result<(), CodeFileError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let Some(stored) = code_files::find(&mut tx, id).await? else { return Err(CodeFileError::Absent) };
    let based_on = stored.based_on;
    let file = CodeFile::read(stored)?;
    if !is_within(&file, proof) {
        return Err(CodeFileError::Absent);
    }
    if !code_files::mark_applied(&mut tx, id, Hand { person: &proof.by.person, now }).await? {
        return Err(CodeFileError::Decided);
    }
    if !units::replace_version(&mut tx, based_on, now).await? {
        return Err(CodeFileError::Stale);
    }
    let (ended, new): (Vec<&CodeChange>, Vec<&CodeChange>) = file.changes.iter().partition(|change| change.ends);
    for change in ended {
        if !units::mark_code_ended(&mut tx, &change.unit, &change.dated()).await? {
            return Err(CodeFileError::Stale);
        }
    }
    let new: Vec<(UnitId, DatedCode)> = new.into_iter().map(|change| (change.unit.clone(), change.dated())).collect();
    units::add_codes(&mut tx, &new).await?;
    let hand = corrected::Hand { by: &proof.by.person.0, way: Way::Codes, what: &file.name, now };
    corrected::note(&mut tx, &hand, &edits(&file.changes), based_on).await?;
    let told: Vec<&CodeChange> = file.changes.iter().take(MOST_TOLD).collect();
    let detail = json!({
        "file": id,
        "name": file.name,
        "digest": file.digest,
        "version": based_on + 1,
        "count": file.changes.len(),
        "changes": told,
    });
    audit::record(&mut tx, services, Event::by(&proof.by, "registry.codes_applied", None, None, detail)).await?;
    settle(tx, services).await?;
    Ok(())
}

/// Takes a file back. What somebody changed since stays as it is; answers that.
pub async fn undo(services: &Services, proof: &Units<EditCodes>, id: &str) -> Result<Vec<CodeChange>, CodeFileError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let Some(stored) = code_files::find(&mut tx, id).await? else { return Err(CodeFileError::Absent) };
    let file = CodeFile::read(stored)?;
    if !is_within(&file, proof) {
        return Err(CodeFileError::Absent);
    }
    let by = Hand { person: &proof.by.person, now };
    if !code_files::mark_undone(&mut tx, id, now.plus_seconds(-UNDO_SECONDS), by).await? {
        return Err(CodeFileError::Decided);
    }
    let version = units::version(&mut tx).await?;
    if !units::replace_version(&mut tx, version, now).await? {
        return Err(CodeFileError::Stale);
    }
    let mut kept = Vec::new();
    // What is new goes first, so that what it followed can be opened again.
    let (ended, new): (Vec<&CodeChange>, Vec<&CodeChange>) = file.changes.iter().partition(|change| change.ends);
    for change in new {
        if !code_files::remove_code(&mut tx, &change.unit, &change.dated()).await? {
            kept.push(change.clone());
        }
    }
    for change in ended {
        if !code_files::reopen_code(&mut tx, &change.unit, &change.dated()).await? {
            kept.push(change.clone());
        }
    }
    let taken_back = edits(file.changes.iter().filter(|change| !kept.contains(change))).inverse();
    let hand = corrected::Hand { by: &proof.by.person.0, way: Way::CodesUndone, what: &file.name, now };
    corrected::note(&mut tx, &hand, &taken_back, version).await?;
    code_files::replace_kept(&mut tx, id, &serde_json::to_string(&kept).map_err(StoreError::from)?).await?;
    let detail = json!({
        "file": id,
        "name": file.name,
        "version": version + 1,
        "count": file.changes.len() - kept.len(),
        "kept": kept.iter().take(MOST_TOLD).collect::<Vec<_>>(),
    });
    audit::record(&mut tx, services, Event::by(&proof.by, "registry.codes_undone", None, None, detail)).await?;
    settle(tx, services).await?;
    Ok(kept)
}

/// Nobody may apply a file any more; false when it was applied or discarded before.
pub async fn discard(services: &Services, proof: &Units<EditCodes>, id: &str) -> Result<bool, Failure> {
    if find(services, proof, id).await?.is_none() {
        return Ok(false);
    }
    let mut tx = services.store.write().await?;
    if !code_files::mark_discarded(&mut tx, id, services.clock.now()).await? {
        return Ok(false);
    }
    let event = Event::by(&proof.by, "registry.codes_discarded", None, None, json!({ "file": id }));
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(true)
}

async fn settle(mut tx: Tx, services: &Services) -> Result<(), Failure> {
    forget(&mut tx, services, changes::Kind::Registry, "").await?;
    tx.commit().await?;
    // It counts; if this node cannot read it now, it does so with the next changes.
    if let Err(error) = known::reload_registry(services).await {
        tracing::warn!(%error, "the registry was changed and could not be read again yet");
    }
    Ok(())
}
