//! Files that administrators bring: one row a file, and the file in sealed pieces.
//!
//! Every step is one conditional statement: it names the state that it begins
//! in, and a step of the work names who holds the file too, so that a process
//! which was thought dead changes nothing when it wakes up.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::import::{ImportKind, ImportState};

/// One file, as stored.
#[derive(Debug, Clone)]
pub struct Import {
    /// Its identity.
    pub id: String,
    /// What it is of.
    pub kind: ImportKind,
    /// How far it is.
    pub state: ImportState,
    /// Its name, as it was sent.
    pub file_name: String,
    /// Its size.
    pub bytes: i64,
    /// Its columns: an array in JSON.
    pub header: String,
    /// Which column means what: an object in JSON.
    pub mapping: String,
    /// Who sent it.
    pub created_by: PersonId,
    /// When.
    pub created_at: Millis,
    /// Who pressed last, as what, and from where.
    pub asked: Asked,
    /// The good rows are applied although others are bad.
    pub accept_good: bool,
    /// Rows that were read.
    pub rows_read: i64,
    /// Of those, rows with a mistake.
    pub rows_bad: i64,
    /// Rows by what they do: an object in JSON.
    pub counts: String,
    /// The set that it is staged in, or was applied as.
    pub change_set: Option<ChangeSetId>,
    /// The set that keeps what taking it back left alone.
    pub undo_set: Option<ChangeSetId>,
    /// Since when what it would do is there to be looked at.
    pub checked_at: Option<Millis>,
    /// When it was applied.
    pub applied_at: Option<Millis>,
    /// When it was taken back.
    pub undone_at: Option<Millis>,
    /// Why it cannot go on, in Vietnamese.
    pub problem_vi: String,
    /// The same in English.
    pub problem_en: String,
}

/// Who asks for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who.
    pub by: PersonId,
    /// As what.
    pub acting_as: String,
    /// From which address.
    pub address: String,
    /// In which request.
    pub request_id: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    state: String,
    file_name: String,
    bytes: i64,
    header: String,
    mapping: String,
    created_by: String,
    created_at: i64,
    asked_by: String,
    asked_as: String,
    asked_address: String,
    asked_request: String,
    accept_good: i64,
    rows_read: i64,
    rows_bad: i64,
    counts: String,
    change_set: Option<String>,
    undo_set: Option<String>,
    checked_at: Option<i64>,
    applied_at: Option<i64>,
    undone_at: Option<i64>,
    problem_vi: String,
    problem_en: String,
}

impl Row {
    fn import(self) -> Result<Import, StoreError> {
        let unreadable = |column: &str| StoreError::Corrupt(format!("imports.{column}"));
        Ok(Import {
            kind: ImportKind::from_word(&self.kind).ok_or_else(|| unreadable("kind"))?,
            state: ImportState::from_word(&self.state).ok_or_else(|| unreadable("state"))?,
            id: self.id,
            file_name: self.file_name,
            bytes: self.bytes,
            header: self.header,
            mapping: self.mapping,
            created_by: PersonId(self.created_by),
            created_at: Millis(self.created_at),
            asked: Asked {
                by: PersonId(self.asked_by),
                acting_as: self.asked_as,
                address: self.asked_address,
                request_id: self.asked_request,
            },
            accept_good: self.accept_good != 0,
            rows_read: self.rows_read,
            rows_bad: self.rows_bad,
            counts: self.counts,
            change_set: self.change_set.map(ChangeSetId),
            undo_set: self.undo_set.map(ChangeSetId),
            checked_at: self.checked_at.map(Millis),
            applied_at: self.applied_at.map(Millis),
            undone_at: self.undone_at.map(Millis),
            problem_vi: self.problem_vi,
            problem_en: self.problem_en,
        })
    }
}

const COLUMNS: &str = "id, kind, state, file_name, bytes, header, mapping, created_by, created_at, asked_by, asked_as,
       asked_address, asked_request, accept_good, rows_read, rows_bad, counts, change_set, undo_set, checked_at,
       applied_at, undone_at, problem_vi, problem_en";

/// A file that begins to come.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// Its identity.
    pub id: &'a str,
    /// What it is of.
    pub kind: ImportKind,
    /// Its name.
    pub file_name: &'a str,
    /// Who sends it.
    pub asked: &'a Asked,
}

/// Adds a file that begins to come.
pub async fn add(conn: &mut impl AsEx, new: &New<'_>, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO imports (id, kind, state, file_name, bytes, header, mapping, created_by, created_at,
                              asked_by, asked_as, asked_address, asked_request, asked_at)
         VALUES ($1, $2, 'uploading', $3, 0, '[]', '{}', $4, $8, $4, $5, $6, $7, $8)",
    )
    .bind(new.id)
    .bind(new.kind.word())
    .bind(new.file_name)
    .bind(new.asked.by.as_str())
    .bind(&new.asked.acting_as)
    .bind(&new.asked.address)
    .bind(&new.asked.request_id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Adds a piece of a file.
pub async fn add_chunk(conn: &mut impl AsEx, id: &str, place: i64, sealed: &[u8]) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO import_chunks (import_id, place, sealed) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(place)
        .bind(sealed)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// One piece of a file.
pub async fn find_chunk(conn: &mut impl AsEx, id: &str, place: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT sealed FROM import_chunks WHERE import_id = $1 AND place = $2")
        .bind(id)
        .bind(place)
        .fetch_optional(c)
        .await)?)
}

/// Removes some pieces of a file; 0 when none is left.
pub async fn remove_some_chunks(conn: &mut impl AsEx, id: &str, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM import_chunks WHERE import_id = $1
            AND place IN (SELECT place FROM import_chunks WHERE import_id = $1 ORDER BY place LIMIT $2)",
    )
    .bind(id)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// One file.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Import>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM imports WHERE id = $1")))
            .bind(id)
            .fetch_optional(c)
            .await)?;
    row.map(Row::import).transpose()
}

/// Files, newest first, from before an id on, some at a time: of one person, or of everybody.
pub async fn list(
    conn: &mut impl AsEx,
    of: Option<&PersonId>,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<Import>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM imports
          WHERE ($1 IS NULL OR created_by = $1) AND ($2 IS NULL OR id < $2) AND state <> 'uploading'
          ORDER BY id DESC LIMIT $3"
    )))
    .bind(of.map(PersonId::as_str))
    .bind(before)
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::import).collect()
}

/// How many files of a person wait for something, or began to come after a moment.
pub async fn count_open(conn: &mut impl AsEx, of: &PersonId, begun_after: Millis) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*) FROM imports
          WHERE created_by = $1
            AND (state IN ('mapping', 'checking', 'checked', 'applying', 'undoing')
                 OR (state = 'uploading' AND asked_at > $2))"
    )
    .bind(of.as_str())
    .bind(begun_after.0)
    .fetch_one(c)
    .await)?)
}

/// What a file is when all of it has come.
#[derive(Debug, Clone, Copy)]
pub struct Uploaded<'a> {
    /// Its size.
    pub bytes: i64,
    /// Its columns, in JSON.
    pub header: &'a str,
    /// Which column means what, in JSON.
    pub mapping: &'a str,
    /// What comes next.
    pub state: ImportState,
    /// Why it cannot go on, in both languages.
    pub problem: (&'a str, &'a str),
}

/// All of a file has come; false when it was given up meanwhile.
pub async fn mark_uploaded(conn: &mut impl AsEx, id: &str, uploaded: &Uploaded<'_>, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports
            SET bytes = $2, header = $3, mapping = $4, state = $5, problem_vi = $6, problem_en = $7, asked_at = $8
          WHERE id = $1 AND state = 'uploading'",
    )
    .bind(id)
    .bind(uploaded.bytes)
    .bind(uploaded.header)
    .bind(uploaded.mapping)
    .bind(uploaded.state.word())
    .bind(uploaded.problem.0)
    .bind(uploaded.problem.1)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Sends the statement of a step that somebody asks for; false when the file was in no state for it. `$1` is the file, `$2`
/// what else the step rests on, and from `$3` to `$7` stand who asks, as what, from which address, in which request and when.
macro_rules! asked_for {
    ($conn:expr, $statement:expr, ($id:expr, $value:expr), $asked:expr) => {{
        let (asked, at): (&Asked, Millis) = $asked;
        let changed = sql!($conn, |c| sqlx::query($statement)
            .bind($id)
            .bind($value)
            .bind(asked.by.as_str())
            .bind(&asked.acting_as)
            .bind(&asked.address)
            .bind(&asked.request_id)
            .bind(at.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        changed == 1
    }};
}

/// Somebody said what the columns are: the rows are checked next. False in any other state than those in which that
/// can be said.
pub async fn mark_checking(conn: &mut impl AsEx, id: &str, mapping: &str, asked: (&Asked, Millis)) -> Result<bool, StoreError> {
    let statement = "UPDATE imports
            SET state = 'checking', mapping = $2, asked_by = $3, asked_as = $4, asked_address = $5, asked_request = $6,
                asked_at = $7, rows_read = 0, rows_bad = 0, counts = '{}', problem_vi = '', problem_en = '',
                holder = NULL, held_until = NULL
          WHERE id = $1 AND state IN ('mapping', 'checked')";
    Ok(asked_for!(conn, statement, (id, mapping), asked))
}

/// Somebody wants it applied; false unless it is there to be looked at.
pub async fn mark_applying(
    conn: &mut impl AsEx,
    id: &str,
    accept_good: bool,
    asked: (&Asked, Millis),
) -> Result<bool, StoreError> {
    let statement = "UPDATE imports
            SET state = 'applying', accept_good = $2, asked_by = $3, asked_as = $4, asked_address = $5,
                asked_request = $6, asked_at = $7, problem_vi = '', problem_en = '', holder = NULL, held_until = NULL
          WHERE id = $1 AND state = 'checked' AND (rows_bad = 0 OR $2 = 1)";
    Ok(asked_for!(conn, statement, (id, i64::from(accept_good)), asked))
}

/// Somebody wants it taken back; false unless it was applied after a moment.
pub async fn mark_undoing(
    conn: &mut impl AsEx,
    id: &str,
    applied_after: Millis,
    asked: (&Asked, Millis),
) -> Result<bool, StoreError> {
    let statement = "UPDATE imports
            SET state = 'undoing', asked_by = $3, asked_as = $4, asked_address = $5, asked_request = $6, asked_at = $7,
                problem_vi = '', problem_en = '', holder = NULL, held_until = NULL
          WHERE id = $1 AND state = 'applied' AND applied_at > $2";
    Ok(asked_for!(conn, statement, (id, applied_after.0), asked))
}

/// Gives a file up before it is applied; false in any other state.
pub async fn mark_discarded(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports SET state = 'discarded', asked_at = $2
          WHERE id = $1 AND state IN ('uploading', 'mapping', 'checked')"
    )
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Files that lie about since a moment, and those whose rows and pieces are kept no longer.
pub async fn list_over(conn: &mut impl AsEx, idle_since: Millis, applied_before: Millis) -> Result<Vec<Import>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM imports i
          WHERE (state IN ('uploading', 'mapping', 'checked') AND asked_at < $1)
             OR (state IN ('failed', 'discarded')
                 AND EXISTS (SELECT 1 FROM import_chunks k WHERE k.import_id = i.id))
             OR (state IN ('failed', 'discarded') AND asked_at < $1
                 AND EXISTS (SELECT 1 FROM import_rows r WHERE r.import_id = i.id))
             OR (state IN ('applied', 'undone')
                 AND EXISTS (SELECT 1 FROM import_chunks k WHERE k.import_id = i.id))
             OR (state IN ('applied', 'undone') AND applied_at < $2
                 AND EXISTS (SELECT 1 FROM import_rows r WHERE r.import_id = i.id))
          ORDER BY id LIMIT 100"
    )))
    .bind(idle_since.0)
    .bind(applied_before.0)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::import).collect()
}
