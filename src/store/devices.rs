//! Devices on which people have signed in, by the digest of a cookie of theirs.
//! A browser has one cookie, and a row for each person who used it.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, SignOnId};
use crate::model::device::Device;

/// A device as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDevice {
    /// Its number: of this device and this person.
    pub id: String,
    /// What it says it is.
    pub device: Device,
    /// When its person first signed in on it.
    pub first_at: Millis,
    /// When they last did.
    pub last_at: Millis,
    /// It stands for the second factor until then.
    pub remembered_until: Option<Millis>,
    /// The old system through which it is known; nothing once its person came in there by a way of their own.
    pub through: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    words: String,
    first_at: i64,
    last_at: i64,
    remembered_until: Option<i64>,
    legacy_source: Option<String>,
}

impl From<Row> for StoredDevice {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            device: Device::from_words(&row.words),
            first_at: Millis(row.first_at),
            last_at: Millis(row.last_at),
            remembered_until: row.remembered_until.map(Millis),
            through: row.legacy_source,
        }
    }
}

/// The device of a cookie, if this person used it.
pub async fn find(conn: &mut impl AsEx, cookie_digest: &[u8], person: &PersonId) -> Result<Option<StoredDevice>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, words, first_at, last_at, remembered_until, legacy_source
           FROM devices
          WHERE cookie_digest = $1 AND person_id = $2",
    )
    .bind(cookie_digest)
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(row.map(Into::into))
}

/// The number of a cookie's device, if the person of this folded user name came in there by a way of their own. One
/// question, whether or not somebody has the name.
pub async fn find_id_by_username(conn: &mut impl AsEx, cookie_digest: &[u8], folded: &str) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT d.id FROM devices d JOIN persons p ON p.id = d.person_id
          WHERE d.cookie_digest = $1 AND p.username_folded = $2 AND d.legacy_source IS NULL",
    )
    .bind(cookie_digest)
    .bind(folded)
    .fetch_optional(c)
    .await)?)
}

/// Gives a browser another cookie: everybody who used it is known by the new one; answers how many.
pub async fn replace_cookie(conn: &mut impl AsEx, before: &[u8], cookie_digest: &[u8]) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("UPDATE devices SET cookie_digest = $2 WHERE cookie_digest = $1")
        .bind(before)
        .bind(cookie_digest)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Adds a device; false when this person used it before.
pub async fn add(
    conn: &mut impl AsEx,
    cookie_digest: &[u8],
    person: &PersonId,
    device: &StoredDevice,
) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO devices (id, cookie_digest, person_id, words, first_at, last_at, remembered_until, legacy_source)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (cookie_digest, person_id) DO NOTHING",
    )
    .bind(&device.id)
    .bind(cookie_digest)
    .bind(person.as_str())
    .bind(device.device.words())
    .bind(device.first_at.0)
    .bind(device.last_at.0)
    .bind(device.remembered_until.map(|until| until.0))
    .bind(device.through.as_deref())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Says that a device was used again; with a day, that it stands for the second factor until then. One that is known by
/// a way of its person's own stays so.
pub async fn mark_used(
    conn: &mut impl AsEx,
    cookie_digest: &[u8],
    person: &PersonId,
    used: &StoredDevice,
) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "UPDATE devices
            SET words = $3, last_at = $4, remembered_until = COALESCE($5, remembered_until),
                legacy_source = CASE WHEN legacy_source IS NOT NULL THEN $6 END
          WHERE cookie_digest = $1 AND person_id = $2",
    )
    .bind(cookie_digest)
    .bind(person.as_str())
    .bind(used.device.words())
    .bind(used.last_at.0)
    .bind(used.remembered_until.map(|until| until.0))
    .bind(used.through.as_deref())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The devices of a person, the last used first; at most so many.
pub async fn list(conn: &mut impl AsEx, person: &PersonId, most: i64) -> Result<Vec<StoredDevice>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, words, first_at, last_at, remembered_until, legacy_source FROM devices
          WHERE person_id = $1 ORDER BY last_at DESC, id DESC LIMIT $2",
    )
    .bind(person.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The numbers of the devices of whoever has a folded user name.
pub async fn list_ids_by_username(conn: &mut impl AsEx, folded: &str) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT d.id FROM devices d JOIN persons p ON p.id = d.person_id WHERE p.username_folded = $1 ORDER BY d.id",
    )
    .bind(folded)
    .fetch_all(c)
    .await)?)
}

/// True when a person has signed in in any other way than this sign-on, as far as is kept.
pub async fn has_signed_in_before(conn: &mut impl AsEx, person: &PersonId, but: &SignOnId) -> Result<bool, StoreError> {
    let id: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT id FROM sign_ons WHERE person_id = $1 AND id <> $2 LIMIT 1")
            .bind(person.as_str())
            .bind(but.as_str())
            .fetch_optional(c)
            .await)?;
    Ok(id.is_some())
}

/// Removes one device of a person; false when they have no such device (any more).
pub async fn remove(conn: &mut impl AsEx, person: &PersonId, id: &str) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query("DELETE FROM devices WHERE id = $1 AND person_id = $2")
        .bind(id)
        .bind(person.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}

/// Removes, of a person's devices that are known through one old system, or by ways of their own, all but those that were
/// used last; answers how many.
pub async fn keep_newest(conn: &mut impl AsEx, person: &PersonId, through: Option<&str>, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM devices
          WHERE person_id = $1 AND COALESCE(legacy_source, '') = $2
            AND id NOT IN (SELECT id FROM devices
                            WHERE person_id = $1 AND COALESCE(legacy_source, '') = $2
                            ORDER BY last_at DESC, id DESC LIMIT $3)",
    )
    .bind(person.as_str())
    .bind(through.unwrap_or_default())
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Removes all devices of a person; answers how many.
pub async fn remove_all(conn: &mut impl AsEx, person: &PersonId) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM devices WHERE person_id = $1")
        .bind(person.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Removes the devices of a person that are known through an old system and nothing better; answers how many.
pub async fn remove_of_source(conn: &mut impl AsEx, person: &PersonId, source: &str) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM devices WHERE person_id = $1 AND legacy_source = $2")
        .bind(person.as_str())
        .bind(source)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// No device of a person stands for the second factor any more; answers how many did.
pub async fn forget_all(conn: &mut impl AsEx, person: &PersonId) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE devices SET remembered_until = NULL WHERE person_id = $1 AND remembered_until IS NOT NULL"
    )
    .bind(person.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Removes devices that were last used before a moment, some at a time; answers how many.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE last_at < $1 ORDER BY last_at LIMIT $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
