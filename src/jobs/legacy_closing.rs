//! Ends what was entered through old systems that were closed.

use super::{PAUSE_MS, steady};
use crate::service::Services;
use crate::service::legacy::sources::closing::{self, Memory};
use std::time::Duration;

/// It is looked this often whether one was closed. Nothing is asked of the records while none was.
const LOOK_SECONDS: u64 = 2;

/// Some at a time; others have their turn between.
pub async fn end(services: Services) {
    let holder = services.entropy.token();
    let mut memory = Memory::default();
    let mut beat = steady(Duration::from_secs(LOOK_SECONDS));
    loop {
        beat.tick().await;
        loop {
            match closing::run(&services, &mut memory, &holder).await {
                Ok(true) => tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await,
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(%error, "what was entered through a closed system could not be ended; it is tried again");
                    break;
                }
            }
        }
    }
}
