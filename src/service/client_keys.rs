//! Public keys of clients, by value or by address (RFC 7591 §2 `jwks`, `jwks_uri`).
//!
//! Keys behind an address are kept for a while. A token that none of them
//! verifies may be signed by a new one, so they are fetched again, but not more
//! often than every ten seconds: a stranger who sends forged tokens must not
//! make us call the client's server for each.

use super::Services;
use crate::base::clock::Millis;
use crate::crypto::certificate::Certificate;
use crate::crypto::jwt::{BadToken, Verified, refuse_jwks, verify_with_jwks};
use crate::model::client::Client;
use crate::outbound::fetch::Wanted;
use crate::outbound::places::{Places, When};
use crate::protocol::jws::Algorithm;
use serde_json::Value;
use std::sync::Arc;

/// Between two looks at the same address, whatever the first one brought.
const REFETCH_MS: i64 = 10_000;
/// Keys are believed this long when the other side does not say how long.
const KEPT_MS: i64 = 600_000;
/// And never longer.
const LONGEST_MS: i64 = 86_400_000;
/// Addresses that are remembered.
const ADDRESSES: u64 = 1_000;

#[derive(Debug, Clone)]
struct Kept {
    /// Nothing when the last look brought nothing.
    jwks: Option<Arc<Value>>,
    looked_at: Millis,
    until: Millis,
}

/// What this node remembers of clients' keys.
pub struct ClientKeys {
    places: Places<Kept>,
}

impl Default for ClientKeys {
    fn default() -> Self {
        Self { places: Places::with_room_for(ADDRESSES) }
    }
}

/// Verifies a token with the keys of a client and one of the allowed algorithms.
pub async fn verify(services: &Services, client: &Client, token: &str, allowed: &[Algorithm]) -> Result<Verified, BadToken> {
    attempt(services, client, |jwks| verify_with_jwks(jwks, token, allowed)).await
}

/// True when a certificate, or its key, is among the keys of a client (RFC 8705 §2.2).
pub async fn holds(services: &Services, client: &Client, certificate: &Certificate) -> bool {
    let among = |jwks: &Value| if certificate.is_among(jwks) { Ok(()) } else { Err(BadToken("it is none of the client's")) };
    attempt(services, client, among).await.is_ok()
}

/// Tries something with the keys that are known, and once more with fresh ones.
async fn attempt<T>(
    services: &Services,
    client: &Client,
    attempt: impl Fn(&Value) -> Result<T, BadToken>,
) -> Result<T, BadToken> {
    if let Some(jwks) = &client.settings.jwks {
        return attempt(jwks);
    }
    let Some(address) = &client.settings.jwks_uri else { return Err(BadToken("the client has no keys")) };
    let now = services.clock.now();
    let place = services.client_keys.places.at(address);
    let with_known = || match place.kept().filter(|kept| kept.until > now).and_then(|kept| kept.jwks) {
        Some(jwks) => attempt(&jwks),
        None => Err(BadToken("the client's keys cannot be fetched")),
    };
    // A token that known keys verify waits for nobody.
    if let Ok(done) = with_known() {
        return Ok(done);
    }
    let lately = |kept: &Kept, _: When| now.since(kept.looked_at) < REFETCH_MS;
    let (services, address) = (services.clone(), address.clone());
    place.look(lately, move |before| async move { look(&services, &address, before, now).await }).await;
    with_known()
}

/// Fetches keys; when that fails, the ones before stay in use until their end.
async fn look(services: &Services, address: &str, before: Option<Kept>, now: Millis) -> Kept {
    let fetched = services.outbound.fetch(address, Wanted::KEYS).await;
    let read = fetched.map_err(|error| error.to_string()).and_then(|fetched| {
        let jwks: Value = serde_json::from_slice(&fetched.bytes).map_err(|_| "it is not JSON".to_owned())?;
        refuse_jwks(&jwks).map_or(Ok((jwks, fetched.max_age_seconds)), Err)
    });
    match read {
        Ok((jwks, max_age)) => {
            let kept_ms = max_age.map_or(KEPT_MS, |seconds| seconds.saturating_mul(1_000)).clamp(REFETCH_MS, LONGEST_MS);
            Kept { jwks: Some(Arc::new(jwks)), looked_at: now, until: Millis(now.0.saturating_add(kept_ms)) }
        }
        Err(reason) => {
            tracing::warn!(jwks_uri = address, reason, "a client's keys could not be fetched");
            let still = before.filter(|before| before.until > now);
            let (jwks, until) = still.map_or((None, now), |before| (before.jwks, before.until));
            Kept { jwks, looked_at: now, until }
        }
    }
}
