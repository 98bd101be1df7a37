//! What a person agreed to share with a client that is not the city's own.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// The scopes agreed to, space-separated.
pub async fn find(conn: &mut impl AsEx, person: &PersonId, client_id: &str) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT scope FROM consents WHERE person_id = $1 AND client_id = $2")
        .bind(&person.0)
        .bind(client_id)
        .fetch_optional(c)
        .await)?)
}

/// An agreement that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// With which client.
    pub client_id: String,
    /// To what, space-separated.
    pub scope: String,
    /// Since when.
    pub granted_at: Millis,
}

/// All that a person agreed to, the newest agreement first.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Consent>, StoreError> {
    let rows: Vec<(String, String, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT client_id, scope, granted_at FROM consents WHERE person_id = $1 ORDER BY granted_at DESC, client_id",
    )
    .bind(&person.0)
    .fetch_all(c)
    .await)?;
    let consent = |(client_id, scope, granted_at)| Consent { client_id, scope, granted_at: Millis(granted_at) };
    Ok(rows.into_iter().map(consent).collect())
}

/// Takes an agreement back; answers the scopes that it was about, or nothing when there was none.
pub async fn remove(conn: &mut impl AsEx, person: &PersonId, client_id: &str) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("DELETE FROM consents WHERE person_id = $1 AND client_id = $2 RETURNING scope")
        .bind(&person.0)
        .bind(client_id)
        .fetch_optional(c)
        .await)?)
}

/// Remembers an agreement in place of the one before.
pub async fn replace(
    conn: &mut impl AsEx,
    person: &PersonId,
    client_id: &str,
    scope: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO consents (person_id, client_id, scope, granted_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at",
    )
    .bind(&person.0)
    .bind(client_id)
    .bind(scope)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}
