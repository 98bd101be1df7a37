//! What is kept no longer: rows that nobody can use any more and that are no
//! part of the record. Grants and audit rows are the record, and stay; so do
//! dead letters, which somebody has to look at.
//!
//! Short writes, one after another, so that sign-ins go on beside them.

use super::devices::KEPT_SECONDS;
use super::{Failure, Services, leases};
use crate::model::lifetimes::{
    MAILS_KEPT_SECONDS, NOTICES_KEPT_SECONDS, RECEIPTS_KEPT_SECONDS, RECOVERIES_KEPT_SECONDS, SIGN_ONS_KEPT_SECONDS,
};
use crate::store::{devices, logout_deliveries, mails, notices, recoveries, refresh_tokens, sign_ons, upstream_sign_ons};

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
    /// Devices that nobody used for as long as a browser keeps what it is known by.
    Devices,
    /// Mails of long ago.
    Mails,
    /// Notices of long ago.
    Notices,
    /// Ways back that were over long ago.
    Recoveries,
}

/// In this order.
const ALL: [Kind; 7] =
    [Kind::RefreshTokens, Kind::Receipts, Kind::SignOns, Kind::Devices, Kind::Mails, Kind::Notices, Kind::Recoveries];

/// Removes what its time has come for; answers how many rows. Only the node
/// that holds the lease does anything.
pub async fn remove_old(services: &Services, holder: &str) -> Result<u64, Failure> {
    if !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
        return Ok(0);
    }
    let mut removed = 0;
    for kind in ALL {
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

async fn remove_some(services: &Services, kind: Kind) -> Result<u64, Failure> {
    let now = services.clock.now();
    let kept = match kind {
        Kind::RefreshTokens => services.settings.lifetimes.refresh_tokens_kept_seconds(),
        Kind::Receipts => RECEIPTS_KEPT_SECONDS,
        Kind::SignOns => SIGN_ONS_KEPT_SECONDS,
        Kind::Devices => KEPT_SECONDS,
        Kind::Mails => MAILS_KEPT_SECONDS,
        Kind::Notices => NOTICES_KEPT_SECONDS,
        Kind::Recoveries => RECOVERIES_KEPT_SECONDS,
    };
    let before = now.plus_seconds(-kept);
    // Looked for beside the writer, since sign-ons that are still needed are looked at too.
    let over = match kind {
        Kind::SignOns => sign_ons::list_over(&mut services.store.read().await?, before, AT_ONCE).await?,
        Kind::RefreshTokens | Kind::Receipts | Kind::Devices | Kind::Mails | Kind::Notices | Kind::Recoveries => Vec::new(),
    };
    let mut tx = services.store.write().await?;
    let removed = match kind {
        Kind::RefreshTokens => refresh_tokens::remove_before(&mut tx, before, AT_ONCE).await?,
        Kind::Receipts => logout_deliveries::remove_before(&mut tx, before, AT_ONCE).await?,
        Kind::SignOns => {
            let removed = sign_ons::remove(&mut tx, &over, before).await?;
            // Where they came from goes with them; of others it was removed in the rounds before.
            upstream_sign_ons::remove_lost(&mut tx, before, AT_ONCE).await?;
            removed
        }
        Kind::Devices => devices::remove_before(&mut tx, before, AT_ONCE).await?,
        Kind::Mails => mails::remove_before(&mut tx, before, AT_ONCE).await?,
        Kind::Notices => notices::remove_before(&mut tx, before, AT_ONCE).await?,
        Kind::Recoveries => recoveries::remove_before(&mut tx, before, AT_ONCE).await?,
    };
    tx.commit().await?;
    Ok(removed)
}
