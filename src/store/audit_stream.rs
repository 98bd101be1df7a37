//! How far the chain was told to a collector elsewhere.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// The one stream that there is.
const SYSLOG: &str = "syslog";

/// Who moves the cursor, and by which lease.
#[derive(Debug, Clone, Copy)]
pub struct Mover<'a> {
    /// The lease.
    pub lease: &'a str,
    /// Its holder.
    pub holder: &'a str,
}

/// The last number that is known to have got there.
pub async fn cursor(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT seq FROM audit_streams WHERE name = $1").bind(SYSLOG).fetch_one(c).await)?)
}

/// Moves on from a number; false when another node did so first, or holds the lease by now.
pub async fn advance(conn: &mut impl AsEx, (from, to): (i64, i64), mover: Mover<'_>, now: Millis) -> Result<bool, StoreError> {
    let moved = sql!(conn, |c| sqlx::query(
        "UPDATE audit_streams SET seq = $1, moved_at = $2
          WHERE name = $3 AND seq = $4
            AND EXISTS (SELECT 1 FROM job_leases l WHERE l.name = $5 AND l.holder = $6 AND l.held_until > $2)",
    )
    .bind(to)
    .bind(now.0)
    .bind(SYSLOG)
    .bind(from)
    .bind(mover.lease)
    .bind(mover.holder)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}
