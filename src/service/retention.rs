//! What is kept no longer: rows that nobody can use any more and that are no
//! part of the record. Grants and audit rows are the record, and stay; so do
//! dead letters, which somebody has to look at.
//!
//! Short writes, one after another, so that sign-ins go on beside them.

use super::{Failure, Services};
use crate::model::lifetimes::{RECEIPTS_KEPT_SECONDS, SIGN_ONS_KEPT_SECONDS};
use crate::store::{job_leases, logout_deliveries, refresh_tokens, sign_ons};

const LEASE: &str = "retention";
/// The node that tidied last does so again, unless it was away for this long.
const LEASE_SECONDS: i64 = 900;
/// Rows of one short write.
const AT_ONCE: i64 = 500;
/// Writes of one kind in one round; what is left waits for the next one.
const WRITES: usize = 100;

/// What is removed, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Refresh tokens that ended long ago.
    RefreshTokens,
    /// Receipts of logout tokens.
    Receipts,
    /// Sign-ons that are over; after the refresh tokens that lived on them.
    SignOns,
}

/// Removes what its time has come for; answers how many rows. Only the node
/// that holds the lease does anything.
pub async fn remove_old(services: &Services, holder: &str) -> Result<u64, Failure> {
    if !is_mine(services, holder).await? {
        return Ok(0);
    }
    let mut removed = 0;
    for kind in [Kind::RefreshTokens, Kind::Receipts, Kind::SignOns] {
        for _ in 0..WRITES {
            let some = remove_some(services, kind).await?;
            removed += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(removed)
}

async fn is_mine(services: &Services, holder: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let mine = job_leases::take(&mut tx, LEASE, holder, now.plus_seconds(LEASE_SECONDS), now).await?;
    tx.commit().await?;
    Ok(mine)
}

async fn remove_some(services: &Services, kind: Kind) -> Result<u64, Failure> {
    let now = services.clock.now();
    let removed = match kind {
        Kind::RefreshTokens => {
            let before = now.plus_seconds(-services.settings.lifetimes.refresh_tokens_kept_seconds());
            let mut tx = services.store.write().await?;
            let removed = refresh_tokens::remove_before(&mut tx, before, AT_ONCE).await?;
            tx.commit().await?;
            removed
        }
        Kind::Receipts => {
            let before = now.plus_seconds(-RECEIPTS_KEPT_SECONDS);
            let mut tx = services.store.write().await?;
            let removed = logout_deliveries::remove_before(&mut tx, before, AT_ONCE).await?;
            tx.commit().await?;
            removed
        }
        Kind::SignOns => {
            let before = now.plus_seconds(-SIGN_ONS_KEPT_SECONDS);
            // Looked for beside the writer, since sign-ons that are still needed are looked at too.
            let over = sign_ons::list_over(&mut services.store.read().await?, before, AT_ONCE).await?;
            let mut tx = services.store.write().await?;
            let removed = sign_ons::remove(&mut tx, &over, before).await?;
            tx.commit().await?;
            removed
        }
    };
    Ok(removed)
}
