//! Files of legacy accounts that are being read, or were: where each stands, so that it can go on.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// The line of the last row that was written, or needed no writing.
    pub lines: i64,
    /// Accounts that are new.
    pub added: i64,
    /// Accounts of which something else is known now.
    pub changed: i64,
    /// Accounts of which all was known.
    pub same: i64,
    /// Rows with a mistake, in the whole file.
    pub bad: i64,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its identity.
    pub id: String,
    /// The source that its accounts are of.
    pub source: String,
    /// The digest of its bytes.
    pub file_digest: Vec<u8>,
    /// The encoding in which it is read.
    pub encoding: String,
    /// Who brings it.
    pub actor: String,
    /// How far it is.
    pub done: Done,
}

/// The same file of a source, read in the same encoding, that was stopped in the middle: its id and how far it came.
/// A file that came after it may say something else of the accounts at its beginning; then it does not go on. Nor does
/// it where the source was changed since: what its bare hashes are declared as may be another scheme.
pub async fn find_open(
    conn: &mut impl AsEx,
    source: &str,
    file_digest: &[u8],
    encoding: &str,
) -> Result<Option<(String, Done)>, StoreError> {
    let row: Option<(String, i64, i64, i64, i64, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT i.id, i.lines_done, i.added, i.changed, i.same, i.bad
           FROM legacy_imports i
          WHERE i.source = $1 AND i.file_digest = $2 AND i.encoding = $3 AND i.ended_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM legacy_imports later
                             WHERE later.source = i.source AND (later.started_at, later.id) > (i.started_at, i.id))
            AND EXISTS (SELECT 1 FROM legacy_sources s WHERE s.id = i.source AND s.changed_at <= i.touched_at)",
    )
    .bind(source)
    .bind(file_digest)
    .bind(encoding)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(id, lines, added, changed, same, bad)| (id, Done { lines, added, changed, same, bad })))
}

/// True when the last file of a source that was read to its end is this one, read in the same encoding, and the source
/// was not changed since.
pub async fn was_last(conn: &mut impl AsEx, source: &str, file_digest: &[u8], encoding: &str) -> Result<bool, StoreError> {
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT i.id
           FROM legacy_imports i
          WHERE i.source = $1 AND i.file_digest = $2 AND i.encoding = $3 AND i.ended_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM legacy_imports later
                             WHERE later.source = i.source AND (later.started_at, later.id) > (i.started_at, i.id))
            AND EXISTS (SELECT 1 FROM legacy_sources s WHERE s.id = i.source AND s.changed_at <= i.touched_at)",
    )
    .bind(source)
    .bind(file_digest)
    .bind(encoding)
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Begins a file.
pub async fn add(conn: &mut impl AsEx, import: &Import, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO legacy_imports
             (id, source, file_digest, encoding, actor, started_at, touched_at, lines_done, added, changed, same, bad)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11)",
    )
    .bind(import.id.as_str())
    .bind(import.source.as_str())
    .bind(import.file_digest.as_slice())
    .bind(import.encoding.as_str())
    .bind(import.actor.as_str())
    .bind(now.0)
    .bind(import.done.lines)
    .bind(import.done.added)
    .bind(import.done.changed)
    .bind(import.done.same)
    .bind(import.done.bad)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Notes how far a file is, and its end; `Stale` when another process went on with it meanwhile.
pub async fn mark_done(
    conn: &mut impl AsEx,
    id: &str,
    (before, done): (&Done, &Done),
    is_over: bool,
    now: Millis,
) -> Result<(), StoreError> {
    let marked = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_imports
            SET lines_done = $3, added = $4, changed = $5, same = $6, bad = $7, touched_at = $8, ended_at = $9
          WHERE id = $1 AND lines_done = $2 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(before.lines)
    .bind(done.lines)
    .bind(done.added)
    .bind(done.changed)
    .bind(done.same)
    .bind(done.bad)
    .bind(now.0)
    .bind(is_over.then_some(now.0))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if marked == 1 { Ok(()) } else { Err(StoreError::Stale) }
}
