//! The secrets of a client as administrators see them: when each began and ends, never what it is.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// When a secret began and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretSpan {
    /// Made.
    pub created_at: Millis,
    /// Not usable from here on.
    pub expires_at: Option<Millis>,
}

/// The secrets of a client that may still be used, newest first.
pub async fn list(conn: &mut impl AsEx, client_id: &str, now: Millis) -> Result<Vec<SecretSpan>, StoreError> {
    let rows: Vec<(i64, Option<i64>)> = sql!(conn, |c| sqlx::query_as(
        "SELECT created_at, expires_at FROM client_secrets
          WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2)
          ORDER BY created_at DESC",
    )
    .bind(client_id)
    .bind(now.0)
    .fetch_all(c)
    .await)?;
    let read = |(created, end): (i64, Option<i64>)| SecretSpan { created_at: Millis(created), expires_at: end.map(Millis) };
    Ok(rows.into_iter().map(read).collect())
}

/// Ends at once every secret that has an end already: those of the overlap. Answers how many.
pub async fn end_replaced(conn: &mut impl AsEx, client_id: &str, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE client_secrets SET expires_at = $2 WHERE client_id = $1 AND expires_at IS NOT NULL AND expires_at > $2"
    )
    .bind(client_id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Lets a client that was refused be used again; false when there is none or it was not refused.
pub async fn mark_enabled(conn: &mut impl AsEx, client_id: &str) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE clients SET disabled_at = NULL, version = version + 1 WHERE id = $1 AND disabled_at IS NOT NULL"
    )
    .bind(client_id)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
