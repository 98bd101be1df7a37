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
