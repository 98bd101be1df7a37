//! Files of units' codes: checked, applied once, taken back once.

use super::onboardings::Hand;
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::iso;
use crate::base::id::UnitId;
use crate::model::unit::DatedCode;

/// A file as stored: what it changes, not its bytes.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredFile {
    /// Its identity.
    pub id: String,
    /// Its name, as it came.
    pub name: String,
    /// Of its bytes.
    pub digest: Vec<u8>,
    /// The version of the registry that it was compared with.
    pub based_on: i64,
    /// What it changes, as JSON.
    pub changes: String,
    /// Rows without a code.
    pub skipped: i64,
    /// When it came.
    pub made_at: i64,
    /// From whom.
    pub made_by: String,
    /// Nobody may apply it any more.
    pub discarded_at: Option<i64>,
    /// When it was applied.
    pub applied_at: Option<i64>,
    /// By whom.
    pub applied_by: Option<String>,
    /// When it was taken back.
    pub undone_at: Option<i64>,
    /// By whom.
    pub undone_by: Option<String>,
    /// What was changed since and therefore left, as JSON.
    pub kept: Option<String>,
}

const COLUMNS: &str = "id, name, digest, based_on, changes, skipped, made_at, made_by, discarded_at, applied_at, applied_by, \
                       undone_at, undone_by, kept";

/// Adds a file that was checked.
pub async fn add(conn: &mut impl AsEx, file: &StoredFile) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO code_files (id, name, digest, based_on, changes, skipped, made_at, made_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&file.id)
    .bind(&file.name)
    .bind(&file.digest)
    .bind(file.based_on)
    .bind(&file.changes)
    .bind(file.skipped)
    .bind(file.made_at)
    .bind(&file.made_by)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// One file.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<StoredFile>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM code_files WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// The newest files.
pub async fn list(conn: &mut impl AsEx, most: i64) -> Result<Vec<StoredFile>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM code_files ORDER BY made_at DESC, id DESC LIMIT $1"
    )))
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Says that a file counts; false when it does already, or nobody may apply it any more.
pub async fn mark_applied(conn: &mut impl AsEx, id: &str, by: Hand<'_>) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE code_files SET applied_at = $2, applied_by = $3 WHERE id = $1 AND applied_at IS NULL AND discarded_at IS NULL"
    )
    .bind(id)
    .bind(by.now.0)
    .bind(by.person.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says that a file is taken back; false when it is already, or was applied too long ago.
pub async fn mark_undone(conn: &mut impl AsEx, id: &str, applied_after: Millis, by: Hand<'_>) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE code_files SET undone_at = $2, undone_by = $3 WHERE id = $1 AND applied_at > $4 AND undone_at IS NULL"
    )
    .bind(id)
    .bind(by.now.0)
    .bind(by.person.as_str())
    .bind(applied_after.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Nobody may apply a file any more; false when it was applied or discarded before.
pub async fn mark_discarded(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE code_files SET discarded_at = $2 WHERE id = $1 AND applied_at IS NULL AND discarded_at IS NULL"
    )
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Notes what an undo left.
pub async fn replace_kept(conn: &mut impl AsEx, id: &str, kept: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE code_files SET kept = $2 WHERE id = $1")
        .bind(id)
        .bind(kept)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Removes a code that is still exactly as it was added; false when it is not.
pub async fn remove_code(conn: &mut impl AsEx, unit: &UnitId, code: &DatedCode) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query(
        "DELETE FROM unit_codes
          WHERE unit_id = $1 AND scheme = $2 AND code = $3 AND valid_from = $4 AND valid_to IS NOT DISTINCT FROM $5
            AND ended_by IS NULL",
    )
    .bind(unit.as_str())
    .bind(&code.scheme)
    .bind(&code.code)
    .bind(code.span.from.map(iso))
    .bind(code.span.to.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(removed > 0)
}

/// Opens a code again that still ends exactly as it was ended; false when it does not.
pub async fn reopen_code(conn: &mut impl AsEx, unit: &UnitId, code: &DatedCode) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE unit_codes SET valid_to = NULL
          WHERE unit_id = $1 AND scheme = $2 AND code = $3 AND valid_from IS NOT DISTINCT FROM $4 AND valid_to = $5
            AND NOT EXISTS (SELECT 1 FROM unit_codes later
                             WHERE later.unit_id = $1 AND later.scheme = $2 AND later.valid_from > $5)",
    )
    .bind(unit.as_str())
    .bind(&code.scheme)
    .bind(&code.code)
    .bind(code.span.from.map(iso))
    .bind(code.span.to.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
