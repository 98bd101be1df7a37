//! The ways to sign in of whoever is kept: what a merge writes down of them, and how an undo takes away what came since.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::person_merge::Ways;
use crate::store::{AsEx, StoreError, sql};

/// What somebody signs in with, and since when. An app that did not prove itself is none.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Ways, StoreError> {
    let (password, app, codes): (Option<i64>, Option<i64>, Option<i64>) = sql!(conn, |c| sqlx::query_as(
        "SELECT (SELECT p.changed_at FROM passwords p WHERE p.person_id = $1),
                (SELECT t.created_at FROM totp_secrets t WHERE t.person_id = $1 AND t.confirmed_at IS NOT NULL),
                (SELECT MAX(r.created_at) FROM recovery_codes r WHERE r.person_id = $1)",
    )
    .bind(person.as_str())
    .fetch_one(c)
    .await)?;
    let passkeys: Vec<(String, i64)> =
        sql!(conn, |c| sqlx::query_as("SELECT credential_id, created_at FROM passkeys WHERE person_id = $1")
            .bind(person.as_str())
            .fetch_all(c)
            .await)?;
    Ok(Ways { passkeys: passkeys.into_iter().collect(), password, app, codes })
}

/// Removes the password that somebody has since a moment; false when they have another one by now, or none.
pub async fn remove_password(conn: &mut impl AsEx, person: &PersonId, changed_at: i64) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query("DELETE FROM passwords WHERE person_id = $1 AND changed_at = $2")
        .bind(person.as_str())
        .bind(changed_at)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}

/// Removes the devices on which somebody first signed in at a moment or later; answers how many.
pub async fn remove_devices(conn: &mut impl AsEx, person: &PersonId, since: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM devices WHERE person_id = $1 AND first_at >= $2")
        .bind(person.as_str())
        .bind(since.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Takes back the ways back that were made for somebody at a moment or later, and not used; answers how many.
pub async fn revoke_recoveries(conn: &mut impl AsEx, person: &PersonId, since: Millis, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE recoveries SET revoked_at = $3
          WHERE person_id = $1 AND issued_at >= $2 AND used_at IS NULL AND revoked_at IS NULL",
    )
    .bind(person.as_str())
    .bind(since.0)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
