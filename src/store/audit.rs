//! Audit rows: append-only, written in the transaction of the act.

use super::{AsEx, StoreError, sql};

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AuditRow {
    /// Identifier in time order.
    pub id: String,
    /// When.
    pub at: i64,
    /// What, dotted.
    pub event: String,
    /// Who did it.
    pub actor: Option<String>,
    /// To whom.
    pub person_id: Option<String>,
    /// At which client.
    pub client_id: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The rest, as JSON.
    pub detail: String,
    /// Keyed hash over all of it.
    pub mac: Vec<u8>,
}

/// Appends a row.
pub async fn add(conn: &mut impl AsEx, row: &AuditRow) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO audit (id, at, event, actor, person_id, client_id, address, request_id, detail, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&row.id)
    .bind(row.at)
    .bind(&row.event)
    .bind(&row.actor)
    .bind(&row.person_id)
    .bind(&row.client_id)
    .bind(&row.address)
    .bind(&row.request_id)
    .bind(&row.detail)
    .bind(&row.mac)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Rows in time order from an id on, some at a time.
pub async fn list_after(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<AuditRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT id, at, event, actor, person_id, client_id, address, request_id, detail, mac
           FROM audit WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// When the newest row was written.
pub async fn newest(conn: &mut impl AsEx) -> Result<Option<i64>, StoreError> {
    let row: (Option<i64>,) = sql!(conn, |c| sqlx::query_as("SELECT MAX(at) FROM audit").fetch_one(c).await)?;
    Ok(row.0)
}
