//! Authenticator apps: at most one for each person, its secret sealed. A row is
//! written when an app has proven itself; one that is not confirmed counts for nothing.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

type Row = (Vec<u8>, i64, Option<i64>, Option<i64>);

/// An app as stored.
#[derive(Debug, Clone)]
pub struct StoredTotp {
    /// The secret, sealed for this person.
    pub secret: Vec<u8>,
    /// The highest time step that was taken.
    pub last_step: i64,
    /// When it proved itself; it counts from then on.
    pub confirmed_at: Option<Millis>,
    /// When a code of it was last taken.
    pub used_at: Option<Millis>,
}

/// The app of a person, confirmed or not.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<StoredTotp>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| {
        sqlx::query_as("SELECT secret, last_step, confirmed_at, used_at FROM totp_secrets WHERE person_id = $1")
            .bind(person.as_str())
            .fetch_optional(c)
            .await
    })?;
    Ok(row.map(|(secret, last_step, confirmed_at, used_at)| StoredTotp {
        secret,
        last_step,
        confirmed_at: confirmed_at.map(Millis),
        used_at: used_at.map(Millis),
    }))
}

/// Adds an app that has proven itself, and takes the step of the code that did
/// so; false when the person has one already.
pub async fn add(conn: &mut impl AsEx, person: &PersonId, secret: &[u8], step: i64, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "INSERT INTO totp_secrets (person_id, secret, last_step, created_at, confirmed_at, used_at)
         VALUES ($1, $2, $3, $4, $4, $4)
         ON CONFLICT (person_id) DO UPDATE
         SET secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at,
             confirmed_at = excluded.confirmed_at, used_at = excluded.used_at
         WHERE totp_secrets.confirmed_at IS NULL",
    )
    .bind(person.as_str())
    .bind(secret)
    .bind(step)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes a step of a confirmed secret: a code is good once, and none is good
/// after a later one (RFC 6238 §5.2). False when it was taken before.
pub async fn mark_used(
    conn: &mut impl AsEx,
    person: &PersonId,
    secret: &[u8],
    step: i64,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE totp_secrets SET last_step = $3, used_at = $4
          WHERE person_id = $1 AND secret = $2 AND confirmed_at IS NOT NULL AND last_step < $3",
    )
    .bind(person.as_str())
    .bind(secret)
    .bind(step)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes a confirmed app; false when there is none.
pub async fn remove(conn: &mut impl AsEx, person: &PersonId) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("DELETE FROM totp_secrets WHERE person_id = $1 AND confirmed_at IS NOT NULL")
        .bind(person.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
