//! Protected resources that tokens are for.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::model::resource::Resource;

/// All resources, by identifier.
pub async fn list(conn: &mut impl AsEx) -> Result<Vec<Resource>, StoreError> {
    let rows: Vec<(String,)> =
        sql!(conn, |c| sqlx::query_as("SELECT settings FROM resources ORDER BY identifier").fetch_all(c).await)?;
    rows.into_iter().map(|(settings,)| Ok(serde_json::from_str(&settings)?)).collect()
}

/// Adds a resource; `Stale` when the identifier is taken.
pub async fn add(conn: &mut impl AsEx, resource: &Resource, now: Millis) -> Result<(), StoreError> {
    let settings = serde_json::to_string(resource)?;
    sql!(conn, |c| sqlx::query("INSERT INTO resources (identifier, settings, updated_at) VALUES ($1, $2, $3)")
        .bind(&resource.identifier)
        .bind(&settings)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Replaces a resource that is still as it was read; `Stale` when it changed or is gone.
pub async fn replace(conn: &mut impl AsEx, before: &Resource, after: &Resource, now: Millis) -> Result<(), StoreError> {
    let (old, new) = (serde_json::to_string(before)?, serde_json::to_string(after)?);
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE resources SET settings = $1, updated_at = $2 WHERE identifier = $3 AND settings = $4",
    )
    .bind(&new)
    .bind(now.0)
    .bind(&before.identifier)
    .bind(&old)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Removes a resource; false when there was none.
pub async fn remove(conn: &mut impl AsEx, identifier: &str) -> Result<bool, StoreError> {
    let gone = sql!(conn, |c| sqlx::query("DELETE FROM resources WHERE identifier = $1")
        .bind(identifier)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(gone == 1)
}

/// Holds a resource until the unit of work ends: nobody else changes or removes it meanwhile. False when there is none.
pub async fn hold(conn: &mut impl AsEx, identifier: &str) -> Result<bool, StoreError> {
    let held = sql!(conn, |c| sqlx::query("UPDATE resources SET updated_at = updated_at WHERE identifier = $1")
        .bind(identifier)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(held == 1)
}
