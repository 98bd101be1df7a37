//! When a role last let its owner in: read off the grants by a job, so that no sign-in waits for it.

use crate::base::clock::Millis;
use crate::service::{Failure, Services, leases};
use crate::store::right_uses;

const LEASE: &str = "right-uses";
const LEASE_SECONDS: i64 = 900;
/// Grants that were made in the last minute may still come into sight.
const SETTLED_SECONDS: i64 = 60;
/// Grants of one stretch, and stretches of one round.
const AT_ONCE: i64 = 20_000;
const STRETCHES: usize = 50;

/// Notes the uses since the last time; answers how many roles were in use. Only the node that holds the lease does so.
pub async fn run(services: &Services, holder: &str) -> Result<usize, Failure> {
    let now = services.clock.now();
    if !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
        return Ok(0);
    }
    let below = first_id_of(now.plus_seconds(-SETTLED_SECONDS));
    let mut noted = 0;
    for _ in 0..STRETCHES {
        let mut conn = services.store.read().await?;
        let from = right_uses::read_to(&mut conn).await?;
        let Some(to) = right_uses::end_of_stretch(&mut conn, &from, &below, AT_ONCE).await? else { break };
        let used = right_uses::list_used(&mut conn, &from, &to).await?;
        drop(conn);
        let mut tx = services.store.write().await?;
        if !right_uses::mark_read(&mut tx, &from, &to).await? {
            break;
        }
        for (id, at) in &used {
            right_uses::mark_used(&mut tx, id, *at).await?;
        }
        tx.commit().await?;
        noted += used.len();
    }
    Ok(noted)
}

/// What every id that was made at a moment, or later, sorts after: the time stands in front (RFC 9562 §5.7).
fn first_id_of(moment: Millis) -> String {
    let millis = u64::try_from(moment.0).unwrap_or_default();
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;
    use crate::base::id::uuid_v7;

    #[test]
    fn ids_of_a_moment_sort_by_it() {
        let (before, moment) = (Millis(1_795_309_199_999), Millis(1_795_309_200_000));
        let entropy = SeededEntropy::new(7);

        assert!(uuid_v7(before, &entropy) < first_id_of(moment));
        assert!(uuid_v7(moment, &entropy) > first_id_of(moment));
    }
}
