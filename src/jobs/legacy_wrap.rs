//! Lays Argon2id over the weak password hashes that files of old systems brought.

use super::{PAUSE_MS, steady};
use crate::service::Services;
use crate::service::legacy::wrapping::{self, Memory};
use std::time::Duration;

/// What files brought is looked for this often.
const LOOK_SECONDS: u64 = 30;

/// Some at a time; others have their turn between.
pub async fn wrap(services: Services) {
    let holder = services.entropy.token();
    let mut memory = Memory::default();
    let mut beat = steady(Duration::from_secs(LOOK_SECONDS));
    loop {
        beat.tick().await;
        loop {
            match wrapping::run(&services, &mut memory, &holder).await {
                Ok(true) => tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await,
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "old password hashes could not be wrapped; it is tried again");
                    break;
                }
            }
        }
    }
}
