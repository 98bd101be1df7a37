//! The processes that answer, as each of them says of itself.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct NodeRow {
    /// Made anew at each start.
    pub id: String,
    /// Of the machine.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// Of the program.
    pub version: String,
    /// When it began.
    pub started_at: i64,
    /// When it last said so, by its own clock.
    pub seen_at: i64,
    /// How far its clock is ahead of the database's.
    pub skew_ms: i64,
}

/// The database's own clock.
pub async fn clock(conn: &mut impl AsEx) -> Result<Millis, StoreError> {
    // The one thing that no text asks of both engines.
    let text = match conn.ex() {
        Ex::Sqlite(_) => "SELECT CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)",
        Ex::Pg(_) => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    };
    let now: i64 = sql!(conn, |c| sqlx::query_scalar(text).fetch_one(c).await)?;
    Ok(Millis(now))
}

/// Says that a process is there.
pub async fn put(conn: &mut impl AsEx, node: &NodeRow) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO nodes (id, name, address, version, started_at, seen_at, skew_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, skew_ms = excluded.skew_ms",
    )
    .bind(node.id.as_str())
    .bind(node.name.as_str())
    .bind(node.address.as_str())
    .bind(node.version.as_str())
    .bind(node.started_at)
    .bind(node.seen_at)
    .bind(node.skew_ms)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The ones that were seen last, newest first.
pub async fn list(conn: &mut impl AsEx, most: i64) -> Result<Vec<NodeRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT id, name, address, version, started_at, seen_at, skew_ms
           FROM nodes ORDER BY seen_at DESC, id LIMIT $1",
    )
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Removes those that were not seen since a moment.
pub async fn remove_before(conn: &mut impl AsEx, seen: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM nodes WHERE seen_at < $1")
        .bind(seen.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
