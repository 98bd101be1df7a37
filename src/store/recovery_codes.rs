//! Recovery codes: one printed sheet for each person. What is kept of a code
//! tells nothing about it.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// A sheet as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSheet {
    /// When it was made.
    pub created_at: Millis,
    /// Codes that were not used.
    pub left: i64,
}

/// The sheet of a person.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<StoredSheet>, StoreError> {
    let (created_at, all, used): (Option<i64>, i64, i64) = sql!(conn, |c| sqlx::query_as(
        "SELECT MAX(created_at), COUNT(*), COUNT(used_at) FROM recovery_codes WHERE person_id = $1",
    )
    .bind(person.as_str())
    .fetch_one(c)
    .await)?;
    Ok(created_at.map(|created_at| StoredSheet { created_at: Millis(created_at), left: all - used }))
}

/// Puts a sheet in place of the one before. Two at once follow each other, so
/// that codes of one sheet only are left (on SQLite the one writer sees to it).
pub async fn replace(conn: &mut impl AsEx, person: &PersonId, digests: &[[u8; 32]], now: Millis) -> Result<(), StoreError> {
    if matches!(conn.ex(), Ex::Pg(_)) {
        let _: Option<String> = sql!(conn, |c| sqlx::query_scalar("SELECT id FROM persons WHERE id = $1 FOR UPDATE")
            .bind(person.as_str())
            .fetch_optional(c)
            .await)?;
    }
    sql!(conn, |c| sqlx::query("DELETE FROM recovery_codes WHERE person_id = $1")
        .bind(person.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if digests.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO recovery_codes (person_id, digest, created_at) ");
        query.push_values(digests, |mut row, digest| {
            row.push_bind(person.as_str()).push_bind(digest.as_slice()).push_bind(now.0);
        });
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// Uses a code; false when it is none of this person's, or was used before.
pub async fn mark_used(conn: &mut impl AsEx, person: &PersonId, digest: &[u8], now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE recovery_codes SET used_at = $3 WHERE person_id = $1 AND digest = $2 AND used_at IS NULL",
    )
    .bind(person.as_str())
    .bind(digest)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
