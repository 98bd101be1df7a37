//! Passwords that a person had before, as hashes: so that none is taken again too soon.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// The hashes of the last passwords before the present one, newest first.
pub async fn list(conn: &mut impl AsEx, person: &PersonId, most: i64) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT hash FROM password_history WHERE person_id = $1 ORDER BY replaced_at DESC, hash LIMIT $2",
    )
    .bind(person.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Keeps the hash of a password that is replaced now.
pub async fn add(conn: &mut impl AsEx, person: &PersonId, hash: &str, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO password_history (person_id, hash, replaced_at) VALUES ($1, $2, $3)
         ON CONFLICT (person_id, hash) DO NOTHING",
    )
    .bind(person.as_str())
    .bind(hash)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Removes all but the newest of a person's.
pub async fn keep_newest(conn: &mut impl AsEx, person: &PersonId, most: i64) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "DELETE FROM password_history
          WHERE person_id = $1
            AND hash NOT IN (SELECT hash FROM password_history
                              WHERE person_id = $1 ORDER BY replaced_at DESC, hash LIMIT $2)",
    )
    .bind(person.as_str())
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}
