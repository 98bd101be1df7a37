//! Systems that asked for it are told when somebody holds the post no more in which they entered.

use super::steady;
use crate::service::Services;
use crate::service::movers::{self, Memory};
use std::time::Duration;

/// It is looked this often who moved.
const LOOK_MS: u64 = 1_000;

/// Every node looks, and whoever is first tells: nobody waits for the turn of one that was killed.
pub async fn tell(services: Services) {
    let mut memory = Memory::default();
    let mut beat = steady(Duration::from_millis(LOOK_MS));
    let mut failing = false;
    loop {
        beat.tick().await;
        loop {
            match movers::run(&services, &mut memory).await {
                Ok(more) => {
                    failing = false;
                    if !more {
                        break;
                    }
                }
                Err(error) => {
                    if !failing {
                        failing = true;
                        tracing::error!(%error, "systems cannot be told of whoever moved; it is tried again each second");
                    }
                    break;
                }
            }
        }
    }
}
