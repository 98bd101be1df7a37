//! Registered clients and their secrets.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::model::client::{Client, SecretDigest};

type Row = (String, String, String, Option<i64>);

fn read(row: Row, secrets: Vec<SecretDigest>) -> Result<Client, StoreError> {
    let (id, name, settings, disabled_at) = row;
    Ok(Client { id, name, settings: serde_json::from_str(&settings)?, secrets, disabled_at: disabled_at.map(Millis) })
}

/// One client with its secrets.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Client>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as("SELECT id, name, settings, disabled_at FROM clients WHERE id = $1")
        .bind(id)
        .fetch_optional(c)
        .await)?;
    let Some(row) = row else { return Ok(None) };
    let secrets: Vec<(Vec<u8>, Option<i64>)> =
        sql!(conn, |c| sqlx::query_as("SELECT digest, expires_at FROM client_secrets WHERE client_id = $1 ORDER BY created_at")
            .bind(id)
            .fetch_all(c)
            .await)?;
    let secrets = secrets.into_iter().map(|(digest, end)| SecretDigest { digest, expires_at: end.map(Millis) }).collect();
    read(row, secrets).map(Some)
}

/// All clients by name, without their secrets.
pub async fn list(conn: &mut impl AsEx) -> Result<Vec<Client>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as("SELECT id, name, settings, disabled_at FROM clients ORDER BY name, id")
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|row| read(row, Vec::new())).collect()
}

/// Adds a client; `Stale` when the id is taken.
pub async fn add(conn: &mut impl AsEx, client: &Client, now: Millis) -> Result<(), StoreError> {
    let settings = serde_json::to_string(&client.settings)?;
    sql!(conn, |c| sqlx::query("INSERT INTO clients (id, name, settings, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)")
        .bind(&client.id)
        .bind(&client.name)
        .bind(&settings)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Replaces name and settings; false when there is no such client.
pub async fn replace(conn: &mut impl AsEx, client: &Client, now: Millis) -> Result<bool, StoreError> {
    let settings = serde_json::to_string(&client.settings)?;
    let changed = sql!(conn, |c| sqlx::query("UPDATE clients SET name = $2, settings = $3, updated_at = $4 WHERE id = $1")
        .bind(&client.id)
        .bind(&client.name)
        .bind(&settings)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Refuses a client from now on; false when there is none or it was refused before.
pub async fn mark_disabled(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE clients SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL")
        .bind(id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Adds a secret's digest.
pub async fn add_secret(conn: &mut impl AsEx, id: &str, digest: &[u8], now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO client_secrets (client_id, digest, created_at) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(digest)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Gives every secret without an end this end.
pub async fn expire_secrets(conn: &mut impl AsEx, id: &str, end: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "UPDATE client_secrets SET expires_at = $2 WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2)"
    )
    .bind(id)
    .bind(end.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}
