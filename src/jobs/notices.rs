//! Notices that no act writes by itself: of e-mail addresses that became others.

use crate::service::Services;
use crate::service::notices::addresses;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Whoever has another address is told within so many seconds.
const ADDRESSES_SECONDS: u64 = 15;

/// Tells whoever has another address, on the node that holds the lease.
pub async fn of_addresses(services: Services) {
    let holder = services.entropy.token();
    let mut beat = tokio::time::interval(Duration::from_secs(ADDRESSES_SECONDS));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        if let Err(error) = addresses::run(&services, &holder).await {
            tracing::warn!(%error, "people could not be told of their new addresses; it is tried again");
        }
    }
}
