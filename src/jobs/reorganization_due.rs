//! Plans of re-organization that are approved come on their day, staged some minutes ahead, and what a killed process left is
//! taken up again.

use crate::service::{Services, reorganization};
use std::time::Duration;

/// It is looked this often whose day has come; and at the moment of what is staged ahead.
const LOOK_SECONDS: u64 = 2;

/// Applies what is due, on one node at a time.
pub async fn apply(services: Services) {
    let holder = services.entropy.token();
    let mut ahead = reorganization::Ahead::default();
    let mut failing = false;
    loop {
        match Box::pin(reorganization::due_with(&services, &holder, &mut ahead)).await {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "plans that are due cannot be applied; it is tried again");
            }
            Err(_) => {}
        }
        tokio::time::sleep(ahead.rest(services.clock.now(), Duration::from_secs(LOOK_SECONDS))).await;
    }
}
