//! Directories that are read now and then: each by itself, so that one that hangs holds up no other.

use crate::service::Services;
use crate::service::legacy::directories::{offline, sync};
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::MissedTickBehavior;

/// It is looked this often whose time has come.
const LOOK_SECONDS: u64 = 30;

/// Reads directories whose time has come, and forgets what was learnt at sign-ins too long ago.
pub async fn read(services: Services) {
    let holder = services.entropy.token();
    let mut beat = tokio::time::interval(Duration::from_secs(LOOK_SECONDS));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // They end with this job.
    let mut at_work = JoinSet::new();
    let mut sources: HashMap<String, AbortHandle> = HashMap::new();
    loop {
        beat.tick().await;
        while at_work.try_join_next().is_some() {}
        sources.retain(|_, work| !work.is_finished());
        if let Err(error) = offline::forget_old(&services).await {
            tracing::warn!(%error, "what was learnt at sign-ins could not be forgotten");
        }
        let due = match sync::due(&services).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "it could not be found out which directories are to be read");
                continue;
            }
        };
        for source in due {
            if sources.contains_key(&source) {
                continue;
            }
            let (services, holder, id) = (services.clone(), holder.clone(), source.clone());
            let work = at_work.spawn(async move {
                if let Err(error) = sync::run_scheduled(&services, &id, &holder).await {
                    tracing::warn!(%error, source = %id, "a directory was not read; it is tried again");
                }
            });
            sources.insert(source, work);
        }
    }
}
