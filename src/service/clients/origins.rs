//! The origins that browser clients have registered, all of them: for refusals that come before a client is known.

use crate::protocol::redirect_uri::origin_or_scheme;
use crate::service::{Failure, Services};
use crate::store::clients;
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The origins, as of the last time that they were read.
#[derive(Default)]
pub struct Origins {
    known: RwLock<Arc<Known>>,
    reading: Mutex<()>,
}

#[derive(Default)]
struct Known {
    /// Of the node's memory: a change of a client raises it.
    generation: Option<u64>,
    origins: HashSet<String>,
}

impl Origins {
    /// True when some client that may be used has registered this origin.
    ///
    /// One caller at a time reads anew what has changed; others, and everybody
    /// while the store is away, go by what was read before.
    pub async fn hold(&self, services: &Services, origin: &str) -> bool {
        let generation = services.known.generation();
        let mut known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.generation != Some(generation)
            && let Ok(_reading) = self.reading.try_lock()
            && let Ok(origins) = list(services).await
        {
            known = Arc::new(Known { generation: Some(generation), origins });
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = known.clone();
        }
        known.origins.contains(origin)
    }
}

async fn list(services: &Services) -> Result<HashSet<String>, Failure> {
    let all = clients::list(&mut services.store.read().await?).await?;
    let mut origins = HashSet::new();
    for client in all.iter().filter(|client| client.disabled_at.is_none()) {
        let settings = &client.settings;
        let of_redirects = settings.redirect_uris.iter().map(|uri| origin_or_scheme(uri));
        let candidates = settings.allowed_origins.iter().cloned().chain(of_redirects);
        origins.extend(candidates.filter(|origin| client.allows_origin(origin)));
    }
    Ok(origins)
}
