//! Passkeys: the public keys that people's devices answer for.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// A passkey as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPasskey {
    /// The credential's id, in base64url: no other passkey has it.
    pub id: String,
    /// Whose.
    pub person: PersonId,
    /// What the person calls it.
    pub name: String,
    /// The public key and the counter, in the library's own form.
    pub credential: String,
    /// Raised whenever the credential changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last used.
    pub used_at: Option<Millis>,
}

#[derive(sqlx::FromRow)]
struct Row {
    credential_id: String,
    person_id: String,
    name: String,
    credential: String,
    version: i64,
    created_at: i64,
    used_at: Option<i64>,
}

impl From<Row> for StoredPasskey {
    fn from(row: Row) -> Self {
        Self {
            id: row.credential_id,
            person: PersonId(row.person_id),
            name: row.name,
            credential: row.credential,
            version: row.version,
            created_at: Millis(row.created_at),
            used_at: row.used_at.map(Millis),
        }
    }
}

/// True for a person who may sign in. Whoever else holds them waits for the end of this transaction, so that two who
/// count their passkeys count one after the other (on SQLite the one writer sees to it).
pub async fn hold_person(conn: &mut impl AsEx, person: &PersonId) -> Result<bool, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR UPDATE",
    };
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM persons WHERE id = $1 AND disabled_at IS NULL{lock}"
    )))
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Adds a passkey; false when its person has `most` already. `Stale` when the credential is somebody's.
pub async fn add(conn: &mut impl AsEx, passkey: &StoredPasskey, most: i64) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO passkeys (credential_id, person_id, name, credential, version, created_at, used_at)
         SELECT $1, $2, $3, $4, $5, $6, $7
          WHERE (SELECT COUNT(*) FROM passkeys WHERE person_id = $2) < $8",
    )
    .bind(&passkey.id)
    .bind(passkey.person.as_str())
    .bind(&passkey.name)
    .bind(&passkey.credential)
    .bind(passkey.version)
    .bind(passkey.created_at.0)
    .bind(passkey.used_at.map(|at| at.0))
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// The passkeys of a person, oldest first.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<StoredPasskey>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT credential_id, person_id, name, credential, version, created_at, used_at
           FROM passkeys
          WHERE person_id = $1
          ORDER BY created_at, credential_id",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many passkeys a person has.
pub async fn count(conn: &mut impl AsEx, person: &PersonId) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM passkeys WHERE person_id = $1")
        .bind(person.as_str())
        .fetch_one(c)
        .await)?)
}

/// The passkey of a credential, whosever it is.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<StoredPasskey>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT credential_id, person_id, name, credential, version, created_at, used_at
           FROM passkeys
          WHERE credential_id = $1",
    )
    .bind(id)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(Into::into))
}

/// Notes a use, with the credential's new form when the use changed it. False when the passkey was removed, or its
/// credential changed, since it was read: what was verified counts no more.
pub async fn mark_used(
    conn: &mut impl AsEx,
    read: &StoredPasskey,
    changed: Option<&str>,
    now: Millis,
) -> Result<bool, StoreError> {
    let updated = sql!(conn, |c| sqlx::query(
        "UPDATE passkeys SET credential = $4, version = version + $5, used_at = $6
          WHERE credential_id = $1 AND person_id = $2 AND version = $3",
    )
    .bind(&read.id)
    .bind(read.person.as_str())
    .bind(read.version)
    .bind(changed.unwrap_or(&read.credential))
    .bind(i64::from(changed.is_some()))
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(updated == 1)
}

/// Gives a passkey of this person another name; false when they have no such passkey.
pub async fn rename(conn: &mut impl AsEx, person: &PersonId, id: &str, name: &str) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE passkeys SET name = $3 WHERE credential_id = $1 AND person_id = $2")
        .bind(id)
        .bind(person.as_str())
        .bind(name)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes a passkey of this person; false when they have no such passkey.
pub async fn remove(conn: &mut impl AsEx, person: &PersonId, id: &str) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query("DELETE FROM passkeys WHERE credential_id = $1 AND person_id = $2")
        .bind(id)
        .bind(person.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}
