//! Whether the ways in which a person signs in may be changed. Whoever says
//! "this was not me" locks that, until an administrator has seen the person.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// True for a person whose methods may be changed; nobody locks them before
/// this transaction ends (on SQLite the one writer sees to it).
pub async fn hold_changeable(conn: &mut impl AsEx, person: &PersonId) -> Result<bool, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR SHARE",
    };
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM persons WHERE id = $1 AND changes_locked_at IS NULL{lock}"
    )))
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Since when nothing may be changed.
pub async fn changes_locked(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<Millis>, StoreError> {
    let row: Option<(Option<i64>,)> = sql!(conn, |c| sqlx::query_as("SELECT changes_locked_at FROM persons WHERE id = $1")
        .bind(person.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.and_then(|(at,)| at).map(Millis))
}

/// Locks; false when that is so already.
pub async fn lock_changes(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query("UPDATE persons SET changes_locked_at = $2 WHERE id = $1 AND changes_locked_at IS NULL")
            .bind(person.as_str())
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Unlocks; false when nothing was locked.
pub async fn unlock_changes(conn: &mut impl AsEx, person: &PersonId) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE persons SET changes_locked_at = NULL WHERE id = $1 AND changes_locked_at IS NOT NULL"
    )
    .bind(person.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
