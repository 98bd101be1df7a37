//! Plans of re-organization that are approved come on their day, and what a killed process left is taken up again.

use crate::service::{Services, reorganization};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// It is looked this often whose day has come.
const LOOK_SECONDS: u64 = 2;

/// Applies what is due, on one node at a time.
pub async fn apply(services: Services) {
    let holder = services.entropy.token();
    let mut beat = tokio::time::interval(Duration::from_secs(LOOK_SECONDS));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        beat.tick().await;
        match reorganization::due(&services, &holder).await {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "plans that are due cannot be applied; it is tried again");
            }
            Err(_) => {}
        }
    }
}
