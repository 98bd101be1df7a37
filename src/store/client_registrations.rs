//! What clients registered themselves as, and the digest of the token that
//! lets each look after its registration (RFC 7592).

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use serde_json::{Map, Value};

/// A registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Whose.
    pub client_id: String,
    /// SHA-256 of the registration access token.
    pub token_digest: Vec<u8>,
    /// The metadata, as they were accepted.
    pub metadata: Map<String, Value>,
    /// Registered.
    pub registered_at: Millis,
}

fn unreadable() -> StoreError {
    StoreError::Corrupt("client_registrations.metadata".to_owned())
}

/// Records a registration.
pub async fn add(conn: &mut impl AsEx, registration: &Registration) -> Result<(), StoreError> {
    let metadata = serde_json::to_string(&registration.metadata).map_err(|_| unreadable())?;
    sql!(conn, |c| sqlx::query(
        "INSERT INTO client_registrations (client_id, token_digest, metadata, registered_at, changed_at)
         VALUES ($1, $2, $3, $4, $4)",
    )
    .bind(&registration.client_id)
    .bind(&registration.token_digest)
    .bind(&metadata)
    .bind(registration.registered_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The registration of a client.
pub async fn find(conn: &mut impl AsEx, client_id: &str) -> Result<Option<Registration>, StoreError> {
    let row: Option<(Vec<u8>, String, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT token_digest, metadata, registered_at FROM client_registrations WHERE client_id = $1"
    )
    .bind(client_id)
    .fetch_optional(c)
    .await)?;
    let Some((token_digest, metadata, registered_at)) = row else { return Ok(None) };
    Ok(Some(Registration {
        client_id: client_id.to_owned(),
        token_digest,
        metadata: serde_json::from_str(&metadata).map_err(|_| unreadable())?,
        registered_at: Millis(registered_at),
    }))
}

/// Replaces the metadata; false when the registration went, or has another token by now.
pub async fn replace(
    conn: &mut impl AsEx,
    client_id: &str,
    token_digest: &[u8],
    metadata: &Map<String, Value>,
    now: Millis,
) -> Result<bool, StoreError> {
    let metadata = serde_json::to_string(metadata).map_err(|_| unreadable())?;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE client_registrations SET metadata = $3, changed_at = $4 WHERE client_id = $1 AND token_digest = $2"
    )
    .bind(client_id)
    .bind(token_digest)
    .bind(&metadata)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes a registration, and its token with it; false when it went before.
pub async fn remove(conn: &mut impl AsEx, client_id: &str, token_digest: &[u8]) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("DELETE FROM client_registrations WHERE client_id = $1 AND token_digest = $2")
        .bind(client_id)
        .bind(token_digest)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
