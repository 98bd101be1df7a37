//! Files of legacy accounts that were sent to the console: one row a file, the file in sealed pieces, and who works on it.
//!
//! Every step is one conditional statement: it names the state that it begins in, and a step of the work names who holds
//! the file too, so that a process which was thought dead changes nothing when it wakes up.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FileRow {
    /// Its identity.
    pub id: String,
    /// The source whose accounts it tells of.
    pub source: String,
    /// Its name, as it was sent.
    pub file_name: String,
    /// Its size.
    pub bytes: i64,
    /// The encoding that was named; empty where it is found out.
    pub encoding: String,
    /// How far it is.
    pub state: String,
    /// Not 0 when the good rows are brought in although others are bad.
    pub accept_good: i64,
    /// Who sent it.
    pub created_by: String,
    /// When.
    pub created_at: i64,
    /// Who pressed last.
    pub asked_by: String,
    /// As what.
    pub asked_as: String,
    /// From which address.
    pub asked_address: String,
    /// In which request.
    pub asked_request: String,
    /// Rows of this step so far.
    pub rows_read: i64,
    /// Of those, rows with a mistake.
    pub rows_bad: i64,
    /// What it came to, as JSON; empty as long as nothing did.
    pub report: String,
    /// Why it cannot go on, in Vietnamese.
    pub problem_vi: String,
    /// The same in English.
    pub problem_en: String,
}

const COLUMNS: &str = "id, source, file_name, bytes, encoding, state, accept_good, created_by, created_at, asked_by, asked_as,
       asked_address, asked_request, rows_read, rows_bad, report, problem_vi, problem_en";

/// Who presses, as what, from which address and in which request.
#[derive(Debug, Clone, Copy)]
pub struct Pressed<'a> {
    /// Who.
    pub by: &'a str,
    /// As what.
    pub acting_as: &'a str,
    /// From which address.
    pub address: &'a str,
    /// In which request.
    pub request_id: &'a str,
    /// When.
    pub at: Millis,
}

/// Adds a file that begins to come.
pub async fn add(
    conn: &mut impl AsEx,
    (id, source, file_name): (&str, &str, &str),
    encoding: &str,
    pressed: &Pressed<'_>,
) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO legacy_files
             (id, source, file_name, bytes, encoding, state, accept_good, created_by, created_at, asked_by, asked_as,
              asked_address, asked_request, asked_at, rows_read, rows_bad, report, problem_vi, problem_en)
         VALUES ($1, $2, $3, 0, $4, 'uploading', 0, $5, $9, $5, $6, $7, $8, $9, 0, 0, '', '', '')",
    )
    .bind(id)
    .bind(source)
    .bind(file_name)
    .bind(encoding)
    .bind(pressed.by)
    .bind(pressed.acting_as)
    .bind(pressed.address)
    .bind(pressed.request_id)
    .bind(pressed.at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Adds a piece of a file that is coming; false when it was given up meanwhile.
pub async fn add_chunk(conn: &mut impl AsEx, id: &str, place: i64, sealed: &[u8]) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO legacy_file_chunks (file_id, place, sealed)
         SELECT f.id, $2, $3 FROM legacy_files f WHERE f.id = $1 AND f.state = 'uploading'"
    )
    .bind(id)
    .bind(place)
    .bind(sealed)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// One piece of a file.
pub async fn find_chunk(conn: &mut impl AsEx, id: &str, place: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT sealed FROM legacy_file_chunks WHERE file_id = $1 AND place = $2")
        .bind(id)
        .bind(place)
        .fetch_optional(c)
        .await)?)
}

/// Removes some pieces of a file; 0 when none is left.
pub async fn remove_some_chunks(conn: &mut impl AsEx, id: &str, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM legacy_file_chunks WHERE file_id = $1
            AND place IN (SELECT k.place FROM legacy_file_chunks k WHERE k.file_id = $1 ORDER BY k.place LIMIT $2)",
    )
    .bind(id)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// One file.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<FileRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM legacy_files WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// The newest files, at most so many.
pub async fn list(conn: &mut impl AsEx, most: i64) -> Result<Vec<FileRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM legacy_files WHERE state <> 'uploading' ORDER BY id DESC LIMIT $1"
    )))
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// How many files wait for something, or began to come after a moment.
pub async fn count_open(conn: &mut impl AsEx, begun_after: Millis) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*) FROM legacy_files
          WHERE state IN ('checking', 'checked', 'importing') OR (state = 'uploading' AND asked_at > $1)"
    )
    .bind(begun_after.0)
    .fetch_one(c)
    .await)?)
}

/// All of a file has come, and it is checked next; false when it was given up meanwhile.
pub async fn mark_uploaded(conn: &mut impl AsEx, id: &str, bytes: i64, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_files SET state = 'checking', bytes = $2, asked_at = $3 WHERE id = $1 AND state = 'uploading'"
    )
    .bind(id)
    .bind(bytes)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Somebody wants it checked in another encoding (empty: found out); false unless it was checked.
pub async fn mark_checking(conn: &mut impl AsEx, id: &str, encoding: &str, pressed: &Pressed<'_>) -> Result<bool, StoreError> {
    let statement = "UPDATE legacy_files
            SET state = 'checking', encoding = $2, asked_by = $3, asked_as = $4, asked_address = $5, asked_request = $6,
                asked_at = $7, rows_read = 0, rows_bad = 0, report = '', problem_vi = '', problem_en = '', holder = NULL,
                held_until = NULL
          WHERE id = $1 AND state = 'checked'";
    step(conn, statement, (id, encoding), pressed).await
}

/// Somebody wants it brought in, read in the encoding in which it was checked; false unless it was checked, and fine so far
/// as they accept.
pub async fn mark_importing(
    conn: &mut impl AsEx,
    (id, encoding): (&str, &str),
    accept_good: bool,
    pressed: &Pressed<'_>,
) -> Result<bool, StoreError> {
    // Another text for each: what is bound is numbered alike.
    let statement = if accept_good {
        "UPDATE legacy_files
            SET state = 'importing', encoding = $2, accept_good = 1, asked_by = $3, asked_as = $4, asked_address = $5,
                asked_request = $6, asked_at = $7, rows_read = 0, holder = NULL, held_until = NULL
          WHERE id = $1 AND state = 'checked' AND report <> ''"
    } else {
        "UPDATE legacy_files
            SET state = 'importing', encoding = $2, accept_good = 0, asked_by = $3, asked_as = $4, asked_address = $5,
                asked_request = $6, asked_at = $7, rows_read = 0, holder = NULL, held_until = NULL
          WHERE id = $1 AND state = 'checked' AND report <> '' AND rows_bad = 0"
    };
    step(conn, statement, (id, encoding), pressed).await
}

/// Sends a step that somebody asks for: `$1` is the file, `$2` its encoding, then who presses.
async fn step(
    conn: &mut impl AsEx,
    statement: &'static str,
    (id, encoding): (&str, &str),
    pressed: &Pressed<'_>,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(statement)
        .bind(id)
        .bind(encoding)
        .bind(pressed.by)
        .bind(pressed.acting_as)
        .bind(pressed.address)
        .bind(pressed.request_id)
        .bind(pressed.at.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Gives a file up before anything of it is brought in; false in any other state.
pub async fn mark_discarded(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_files SET state = 'discarded', asked_at = $2 WHERE id = $1 AND state IN ('uploading', 'checked')"
    )
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes the file that waits longest and that nobody works on.
pub async fn claim(conn: &mut impl AsEx, holder: &str, until: Millis, now: Millis) -> Result<Option<FileRow>, StoreError> {
    let id: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "UPDATE legacy_files SET holder = $1, held_until = $2
          WHERE id = (SELECT w.id FROM legacy_files w
                       WHERE w.state IN ('checking', 'importing') AND (w.held_until IS NULL OR w.held_until <= $3)
                       ORDER BY w.asked_at, w.id LIMIT 1)
            AND state IN ('checking', 'importing') AND (held_until IS NULL OR held_until <= $3)
         RETURNING id",
    )
    .bind(holder)
    .bind(until.0)
    .bind(now.0)
    .fetch_optional(c)
    .await)?;
    match id {
        Some(id) => find(conn, &id).await,
        None => Ok(None),
    }
}

/// Says how far the work is, and that it goes on; false when another one has taken it over.
pub async fn mark_far(
    conn: &mut impl AsEx,
    (id, holder): (&str, &str),
    (rows, bad): (i64, i64),
    until: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_files SET rows_read = $3, rows_bad = $4, held_until = $5 WHERE id = $1 AND holder = $2"
    )
    .bind(id)
    .bind(holder)
    .bind(rows)
    .bind(bad)
    .bind(until.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// What a step came to.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The state that it leaves the file in.
    pub state: &'a str,
    /// The report; empty for none.
    pub report: &'a str,
    /// Rows, and rows with a mistake.
    pub rows: (i64, i64),
    /// Why it cannot go on, in both languages.
    pub problem: (&'a str, &'a str),
}

/// Ends a step; false when another one has taken it over.
pub async fn mark_ended(
    conn: &mut impl AsEx,
    (id, holder): (&str, &str),
    ended: &Ended<'_>,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_files
            SET state = $3, report = $4, rows_read = $5, rows_bad = $6, problem_vi = $7, problem_en = $8, asked_at = $9,
                holder = NULL, held_until = NULL
          WHERE id = $1 AND holder = $2 AND state IN ('checking', 'importing')",
    )
    .bind(id)
    .bind(holder)
    .bind(ended.state)
    .bind(ended.report)
    .bind(ended.rows.0)
    .bind(ended.rows.1)
    .bind(ended.problem.0)
    .bind(ended.problem.1)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Lets a file go whose work could not be finished now; it is taken again at a moment.
pub async fn release(conn: &mut impl AsEx, (id, holder): (&str, &str), again_at: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE legacy_files SET held_until = $3 WHERE id = $1 AND holder = $2")
        .bind(id)
        .bind(holder)
        .bind(again_at.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Gives up what lies about since a moment, or broke off.
pub async fn mark_idle_discarded(conn: &mut impl AsEx, since: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE legacy_files SET state = 'discarded' WHERE state IN ('uploading', 'checked') AND asked_at < $1"
    )
    .bind(since.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Files that are over and still have pieces.
pub async fn list_over(conn: &mut impl AsEx) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT f.id FROM legacy_files f
          WHERE f.state IN ('done', 'failed', 'discarded')
            AND EXISTS (SELECT 1 FROM legacy_file_chunks k WHERE k.file_id = f.id)
          ORDER BY f.id LIMIT 100"
    )
    .fetch_all(c)
    .await)?)
}
