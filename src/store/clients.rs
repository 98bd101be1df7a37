//! Registered clients and their secrets.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::model::client::{Client, ClientSettings, SecretDigest};

const COLUMNS: &str = "id, name, settings, disabled_at, version";

type Row = (String, String, String, Option<i64>, i64);

fn read(row: Row, secrets: Vec<SecretDigest>) -> Result<(Client, i64), StoreError> {
    let (id, name, settings, disabled_at, version) = row;
    let settings = serde_json::from_str(&settings).map_err(|_| unreadable_settings())?;
    Ok((Client { id, name, settings, secrets, disabled_at: disabled_at.map(Millis) }, version))
}

fn write(settings: &ClientSettings) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|_| unreadable_settings())
}

fn unreadable_settings() -> StoreError {
    StoreError::Corrupt("clients.settings".to_owned())
}

/// One client with its secrets.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Client>, StoreError> {
    Ok(find_versioned(conn, id).await?.map(|(client, _)| client))
}

/// One client with its secrets and its version, for a change of what was read.
pub async fn find_versioned(conn: &mut impl AsEx, id: &str) -> Result<Option<(Client, i64)>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM clients WHERE id = $1")))
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
    let rows: Vec<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM clients ORDER BY name, id")))
            .fetch_all(c)
            .await)?;
    rows.into_iter().map(|row| Ok(read(row, Vec::new())?.0)).collect()
}

/// Adds a client; `Stale` when the id is taken.
pub async fn add(conn: &mut impl AsEx, client: &Client, now: Millis) -> Result<(), StoreError> {
    let settings = write(&client.settings)?;
    sql!(conn, |c| sqlx::query(
        "INSERT INTO clients (id, name, settings, version, created_at, updated_at) VALUES ($1, $2, $3, 1, $4, $4)"
    )
    .bind(&client.id)
    .bind(&client.name)
    .bind(&settings)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Replaces name and settings of the version that was read; false when someone
/// else changed the client since, or there is none.
pub async fn replace(conn: &mut impl AsEx, client: &Client, version: i64, now: Millis) -> Result<bool, StoreError> {
    let settings = write(&client.settings)?;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE clients SET name = $2, settings = $3, version = version + 1, updated_at = $4 WHERE id = $1 AND version = $5"
    )
    .bind(&client.id)
    .bind(&client.name)
    .bind(&settings)
    .bind(now.0)
    .bind(version)
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
