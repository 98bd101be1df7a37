//! One running relying party: its settings, its sessions and its link to the provider.

use super::RelyingParty;
use super::dossier::Register;
use super::enter::EnterError;
use super::provider::Http;
use super::provider::Provider;
use super::session::Sessions;
use crate::base::clock::Clock;
use crate::base::clock::Millis;
use crate::base::clock::SystemClock;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::jwk::JwkSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often discovery is tried again before a sign-in is given up.
const RETRIES: u32 = 4;
/// The pause before the first of them; later ones wait longer.
const RETRY_PAUSE: Duration = Duration::from_millis(150);
/// What is known of the provider is read again after this time, so that its keys may rotate.
const PROVIDER_LIFE_MS: i64 = 5 * 60 * 1_000;
/// A flood of tokens with invented key ids must not become a flood of key requests.
const KEYS_PAUSE_MS: i64 = 1_000;

/// The shared state of all handlers.
pub(super) struct Party {
    pub(super) config: RelyingParty,
    pub(super) sessions: Sessions,
    pub(super) register: Register,
    pub(super) http: Http,
    provider: Mutex<Option<Arc<Provider>>>,
    keys: Mutex<Option<(Millis, JwkSet)>>,
}

impl Party {
    pub(super) fn new(mut config: RelyingParty) -> Result<Self, reqwest::Error> {
        config.base_url = config.base_url.trim_end_matches('/').to_owned();
        Ok(Self {
            config,
            sessions: Sessions::new(),
            register: Register::default(),
            http: Http::new()?,
            provider: Mutex::new(None),
            keys: Mutex::new(None),
        })
    }

    #[expect(clippy::unused_self, reason = "reads as the party's own clock")]
    pub(super) fn now(&self) -> Millis {
        SystemClock.now()
    }

    /// The provider as discovered at most five minutes ago.
    pub(super) async fn provider(&self) -> Result<Arc<Provider>, EnterError> {
        let mut kept = self.provider.lock().await;
        if let Some(provider) = kept.as_ref().filter(|known| self.now().since(known.seen_at) < PROVIDER_LIFE_MS) {
            return Ok(Arc::clone(provider));
        }
        let fresh = Arc::new(self.discover().await?);
        *kept = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// The provider discovered anew: a token may name a key that was not there before.
    pub(super) async fn fresh_provider(&self) -> Result<Arc<Provider>, EnterError> {
        *self.provider.lock().await = None;
        self.provider().await
    }

    async fn discover(&self) -> Result<Provider, EnterError> {
        let mut attempt = 0;
        loop {
            let failure = match Provider::discover(&self.config, &self.http, self.now()).await {
                Ok(provider) => return Ok(provider),
                Err(failure) => failure,
            };
            if attempt == RETRIES {
                return Err(failure);
            }
            attempt += 1;
            tracing::debug!(attempt, error = %failure, "discovery failed, trying again");
            tokio::time::sleep(RETRY_PAUSE * attempt).await;
        }
    }

    /// The provider's key of this id, asking for the key set again when it is not known.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<Jwk>, EnterError> {
        let provider = self.provider().await?;
        let mut kept = self.keys.lock().await;
        if let Some((read_at, keys)) = kept.as_ref() {
            let young = self.now().since(*read_at) < KEYS_PAUSE_MS;
            let usable = self.now().since(*read_at) < PROVIDER_LIFE_MS;
            match keys.find(kid) {
                Some(key) if usable => return Ok(Some(key.clone())),
                None if young => return Ok(None),
                Some(_) | None => {}
            }
        }
        let keys = self.http.keys(&provider.jwks_uri).await?;
        let found = keys.find(kid).cloned();
        *kept = Some((self.now(), keys));
        Ok(found)
    }
}
