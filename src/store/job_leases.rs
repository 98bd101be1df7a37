//! Leases: a job runs on the node that holds its lease.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// A lease may end so long after the one that is asked for and be within its time: the clocks of nodes differ a little, and not
/// everybody asks for the same lease for equally long.
const APART_SECONDS: i64 = 900;

/// Takes or renews a lease; false while another node holds it. One that lies further ahead than any node asks for was taken
/// by a clock that was set back since: it is taken over too.
pub async fn take(conn: &mut impl AsEx, name: &str, holder: &str, until: Millis, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "INSERT INTO job_leases (name, holder, held_until) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
          WHERE job_leases.holder = excluded.holder OR job_leases.held_until <= $4 OR job_leases.held_until > $5",
    )
    .bind(name)
    .bind(holder)
    .bind(until.0)
    .bind(now.0)
    .bind(until.plus_seconds(APART_SECONDS).0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Lets nobody take or renew a lease before this unit of work ends, whoever holds it.
pub async fn hold(conn: &mut impl AsEx, name: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE job_leases SET name = name WHERE name = $1")
        .bind(name)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}
