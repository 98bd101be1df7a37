//! Two persons who are one: the merges, with what each of them moved, and the statements by which things move.
//!
//! Whatever moves is moved by one statement that says whose it was: what is somebody else's by then stays where it is,
//! and the caller hears of it.

mod accounts;
pub mod ways;

pub use accounts::{AccountRow, Mark, last_used_at, list_accounts, mark_open, move_account, return_account};

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId};

/// A merge as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredMerge {
    /// Its identity.
    pub id: String,
    /// Who is left.
    pub kept_id: String,
    /// Who was merged into them.
    pub merged_id: String,
    /// What moved, as JSON.
    pub journal: String,
    /// Why.
    pub reason: String,
    /// Who did it: a person's id, or somebody at the command line.
    pub merged_by: String,
    /// When.
    pub merged_at: i64,
    /// The version that the people came to by it.
    pub version: i64,
    /// Who undid it.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<i64>,
    /// Why.
    pub undone_why: String,
    /// What was changed since, as JSON.
    pub stayed: String,
}

/// What a sector knows somebody as.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SubjectRow {
    /// The sector.
    pub sector: String,
    /// The subject.
    pub sub: String,
    /// The old system that called somebody so; nothing for a subject of our own.
    pub source: Option<String>,
}

/// What is kept of somebody beside what is known of them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StandingRow {
    /// Since when they may not sign in.
    pub disabled_at: Option<i64>,
    /// Into whom they were merged.
    pub merged_into: Option<String>,
    /// When what was known of them was removed.
    pub erased_at: Option<i64>,
    /// When they last signed in.
    pub last_signed_in_at: Option<i64>,
}

const COLUMNS: &str = "id, kept_id, merged_id, journal, reason, merged_by, merged_at, version, undone_by, undone_at, \
                       undone_why, stayed";

/// Writes a merge down; false when that person is merged already.
pub async fn add(conn: &mut impl AsEx, merge: &StoredMerge) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO person_merges (id, kept_id, merged_id, journal, reason, merged_by, merged_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(&merge.id)
    .bind(&merge.kept_id)
    .bind(&merge.merged_id)
    .bind(&merge.journal)
    .bind(&merge.reason)
    .bind(&merge.merged_by)
    .bind(merge.merged_at)
    .bind(merge.version)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// One merge.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<StoredMerge>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM person_merges WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// The merge by which somebody is merged now.
pub async fn find_of_merged(conn: &mut impl AsEx, merged: &PersonId) -> Result<Option<StoredMerge>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM person_merges WHERE merged_id = $1 AND undone_at IS NULL"
    )))
    .bind(merged.as_str())
    .fetch_optional(c)
    .await)?)
}

/// Who is merged into somebody now, the last one first.
pub async fn list_of_kept(conn: &mut impl AsEx, kept: &PersonId) -> Result<Vec<StoredMerge>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM person_merges WHERE kept_id = $1 AND undone_at IS NULL ORDER BY version DESC, id DESC"
    )))
    .bind(kept.as_str())
    .fetch_all(c)
    .await)?)
}

/// Whether somebody else was merged into the same person after a merge, and still is.
pub async fn has_later(conn: &mut impl AsEx, merge: &StoredMerge) -> Result<bool, StoreError> {
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT id FROM person_merges WHERE kept_id = $1 AND version > $2 AND undone_at IS NULL LIMIT 1"
    )
    .bind(&merge.kept_id)
    .bind(merge.version)
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Merges, the last one first, before one of them (its version and id), at most so many.
pub async fn list(conn: &mut impl AsEx, before: (i64, &str), most: i64) -> Result<Vec<StoredMerge>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM person_merges WHERE (version, id) < ($1, $2) ORDER BY version DESC, id DESC LIMIT $3"
    )))
    .bind(before.0)
    .bind(before.1)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Notes that a merge was undone; false when it was before.
pub async fn mark_undone(
    conn: &mut impl AsEx,
    id: &str,
    (by, now): (&str, Millis),
    (why, stayed): (&str, &str),
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE person_merges SET undone_by = $2, undone_at = $3, undone_why = $4, stayed = $5
          WHERE id = $1 AND undone_at IS NULL",
    )
    .bind(id)
    .bind(by)
    .bind(now.0)
    .bind(why)
    .bind(stayed)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// How somebody stands, once their row is held until this transaction ends (on SQLite the one writer sees to it);
/// nothing when there is nobody.
pub async fn hold(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<StandingRow>, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR UPDATE",
    };
    let held: Option<String> =
        sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT id FROM persons WHERE id = $1{lock}")))
            .bind(person.as_str())
            .fetch_optional(c)
            .await)?;
    if held.is_none() {
        return Ok(None);
    }
    // Read by a statement of its own: what the lock waited for is seen.
    standing(conn, person).await
}

/// How somebody stands.
pub async fn standing(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<StandingRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT p.disabled_at, p.merged_into, l.erased_at, l.last_signed_in_at
           FROM persons p LEFT JOIN lifecycles l ON l.person_id = p.id
          WHERE p.id = $1",
    )
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?)
}

/// Says that somebody was merged into another one, who may sign in and was not merged themselves; false when any of
/// that is not so, or whoever is merged may still sign in.
pub async fn mark_merged(conn: &mut impl AsEx, merged: &PersonId, kept: &PersonId) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE persons SET merged_into = $2
          WHERE id = $1 AND id <> $2 AND merged_into IS NULL AND disabled_at IS NOT NULL
            AND EXISTS (SELECT 1 FROM persons k WHERE k.id = $2 AND k.merged_into IS NULL AND k.disabled_at IS NULL)",
    )
    .bind(merged.as_str())
    .bind(kept.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes that back, and gives them the status that they had; false when they are not merged into that one.
pub async fn mark_apart(
    conn: &mut impl AsEx,
    merged: &PersonId,
    kept: &PersonId,
    disabled_at: Option<i64>,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE persons SET merged_into = NULL, disabled_at = $3 WHERE id = $1 AND merged_into = $2"
    )
    .bind(merged.as_str())
    .bind(kept.as_str())
    .bind(disabled_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// What every sector knows somebody as.
pub async fn list_subjects(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<SubjectRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT sector, sub, source FROM subjects WHERE person_id = $1 ORDER BY sector")
        .bind(person.as_str())
        .fetch_all(c)
        .await)?)
}

/// Makes a subject another person's, who has none in that sector; false when they have one, or it is not whose it was.
pub async fn move_subject(
    conn: &mut impl AsEx,
    (sector, sub): (&str, &str),
    (from, to): (&PersonId, &PersonId),
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE subjects SET person_id = $4
          WHERE sector = $1 AND sub = $2 AND person_id = $3
            AND NOT EXISTS (SELECT 1 FROM subjects o WHERE o.sector = $1 AND o.person_id = $4)",
    )
    .bind(sector)
    .bind(sub)
    .bind(from.as_str())
    .bind(to.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Makes a personal number (its keyed hash) another person's; false when it is not whose it was.
pub async fn move_number(conn: &mut impl AsEx, digest: &[u8], (from, to): (&PersonId, &PersonId)) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE personal_numbers SET person_id = $3 WHERE digest = $1 AND person_id = $2")
        .bind(digest)
        .bind(from.as_str())
        .bind(to.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Gives somebody a personal number that nobody has; false when somebody else has it.
pub async fn take_number(conn: &mut impl AsEx, digest: &[u8], person: &PersonId, set: &ChangeSetId) -> Result<bool, StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO personal_numbers (digest, person_id, change_set) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    )
    .bind(digest)
    .bind(person.as_str())
    .bind(set.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    let holder: Option<String> = sql!(conn, |c| sqlx::query_scalar("SELECT person_id FROM personal_numbers WHERE digest = $1")
        .bind(digest)
        .fetch_optional(c)
        .await)?;
    Ok(holder.as_deref() == Some(person.as_str()))
}

/// When a set of changes came to count.
pub async fn applied_at(conn: &mut impl AsEx, set: &ChangeSetId) -> Result<Option<Millis>, StoreError> {
    let at: Option<Option<i64>> = sql!(conn, |c| sqlx::query_scalar("SELECT applied_at FROM change_sets WHERE id = $1")
        .bind(set.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(at.flatten().map(Millis))
}
