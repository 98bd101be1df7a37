//! Leases of jobs: a job runs on the one node that holds its lease.

use super::Services;
use crate::base::clock::Millis;
use crate::store::{StoreError, job_leases};

/// How long a [`Turn`] holds its lease.
const HELD_SECONDS: i64 = 60;
/// Whoever does not hold it asks for it again after so long.
const ASK_SECONDS: i64 = 20;

/// Takes or renews a lease for some seconds; false while another node holds it.
pub async fn take(services: &Services, lease: &str, seconds: i64, holder: &str) -> Result<bool, StoreError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let mine = job_leases::take(&mut tx, lease, holder, now.plus_seconds(seconds), now).await?;
    tx.commit().await?;
    Ok(mine)
}

/// The lease of a job that beats often, as one node remembers it: idle beats write nothing.
#[derive(Debug, Default)]
pub struct Turn {
    held_until: Option<Millis>,
    ask_again_at: Option<Millis>,
}

impl Turn {
    /// True when this node holds the lease.
    pub async fn is_mine(&mut self, services: &Services, lease: &str, holder: &str) -> Result<bool, StoreError> {
        let now = services.clock.now();
        // Renewed when half of it is over. What lies further ahead than was ever asked for was noted by a clock that was set
        // back since, and says nothing any more.
        if self.held_until.is_some_and(|until| (HELD_SECONDS * 500 + 1..=HELD_SECONDS * 1_000).contains(&until.since(now))) {
            return Ok(true);
        }
        if self.ask_again_at.is_some_and(|at| (1..=ASK_SECONDS * 1_000).contains(&at.since(now))) {
            return Ok(false);
        }
        let mine = take(services, lease, HELD_SECONDS, holder).await?;
        self.held_until = mine.then(|| now.plus_seconds(HELD_SECONDS));
        self.ask_again_at = (!mine).then(|| now.plus_seconds(ASK_SECONDS));
        Ok(mine)
    }
}
