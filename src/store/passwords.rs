//! One password per person, as a hash that names its own scheme.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// A password as stored.
#[derive(Debug, Clone)]
pub struct StoredPassword {
    /// The hash with its scheme and parameters.
    pub hash: String,
    /// When it was set.
    pub changed_at: Millis,
    /// True when the person has to choose another at the next sign-in.
    pub must_change: bool,
}

/// The password of a person.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<StoredPassword>, StoreError> {
    let row: Option<(String, i64, i64)> =
        sql!(conn, |c| sqlx::query_as("SELECT hash, changed_at, must_change FROM passwords WHERE person_id = $1")
            .bind(person.as_str())
            .fetch_optional(c)
            .await)?;
    Ok(row.map(|(hash, changed_at, must_change)| StoredPassword {
        hash,
        changed_at: Millis(changed_at),
        must_change: must_change != 0,
    }))
}

/// Sets a person's password, whatever it was.
pub async fn set(conn: &mut impl AsEx, person: &PersonId, password: &StoredPassword) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO passwords (person_id, hash, changed_at, must_change) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id) DO UPDATE
         SET hash = excluded.hash, changed_at = excluded.changed_at, must_change = excluded.must_change",
    )
    .bind(person.as_str())
    .bind(&password.hash)
    .bind(password.changed_at.0)
    .bind(i64::from(password.must_change))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Puts another hash of the same password in place of `old`; false when the
/// password was changed meanwhile.
pub async fn replace(conn: &mut impl AsEx, person: &PersonId, old: &str, new: &str) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE passwords SET hash = $3 WHERE person_id = $1 AND hash = $2")
        .bind(person.as_str())
        .bind(old)
        .bind(new)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
