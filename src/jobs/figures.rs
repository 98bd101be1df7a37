//! Figures: what happened is counted once a minute; and this process says that it is there.

use super::steady;
use crate::service::Services;
use crate::service::figures::count;
use crate::service::figures::nodes::{self, BEAT_SECONDS, Node};
use crate::service::reorganization::tell_waiting;
use std::time::Duration;

/// A minute, as the chain of records grows.
const COUNT_SECONDS: u64 = 60;

/// Counts what happened, on the node that holds the lease; and tells on each node how many plans could not be applied.
pub async fn count(services: Services) {
    let holder = services.entropy.token();
    let mut beat = steady(Duration::from_secs(COUNT_SECONDS));
    loop {
        beat.tick().await;
        if let Err(error) = count::run(&services, &holder).await {
            tracing::warn!(%error, "figures could not be counted; they are counted later");
        }
        if let Err(error) = tell_waiting(&services).await {
            tracing::warn!(%error, "how many plans wait could not be told");
        }
    }
}

/// Says that this process is there.
pub async fn beat(services: Services, node: Node) {
    let mut beat = steady(Duration::from_secs(BEAT_SECONDS));
    loop {
        beat.tick().await;
        if let Err(error) = nodes::beat(&services, &node).await {
            tracing::warn!(%error, "this node could not say that it is there");
        }
    }
}
