//! One password per person, as a hash that names its own scheme.

use super::{AsEx, Ex, StoreError, sql};
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

type Row = (String, i64, i64);

impl From<Row> for StoredPassword {
    fn from((hash, changed_at, must_change): Row) -> Self {
        Self { hash, changed_at: Millis(changed_at), must_change: must_change != 0 }
    }
}

/// The password of a person.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<StoredPassword>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as("SELECT hash, changed_at, must_change FROM passwords WHERE person_id = $1")
            .bind(person.as_str())
            .fetch_optional(c)
            .await)?;
    Ok(row.map(Into::into))
}

/// The password of a person; nobody changes it before this transaction ends
/// (on SQLite the one writer sees to it).
pub async fn hold(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<StoredPassword>, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR UPDATE",
    };
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT hash, changed_at, must_change FROM passwords WHERE person_id = $1{lock}"
    )))
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(row.map(Into::into))
}

/// Since when a person has the password that they have; it does not change before this transaction ends.
pub async fn hold_since(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<Millis>, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR SHARE",
    };
    let since: Option<i64> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT changed_at FROM passwords WHERE person_id = $1{lock}"
    )))
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(since.map(Millis))
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

/// Puts a new password in place of the one whose hash is `old`; false when it
/// was changed meanwhile.
pub async fn change(conn: &mut impl AsEx, person: &PersonId, old: &str, new: &StoredPassword) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE passwords SET hash = $3, changed_at = $4, must_change = $5 WHERE person_id = $1 AND hash = $2"
    )
    .bind(person.as_str())
    .bind(old)
    .bind(&new.hash)
    .bind(new.changed_at.0)
    .bind(i64::from(new.must_change))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
