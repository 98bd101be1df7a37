//! What is remembered of providers: what they say of themselves (OpenID Connect Discovery §4) and their keys, as long as
//! that counts.

use super::UpstreamError;
use super::provider::{Metadata, Provider, discovery_address};
use crate::base::clock::Millis;
use crate::model::legacy_source::OidcSettings;
use crate::outbound::fetch::{FetchError, Wanted};
use crate::outbound::http::HttpClient;
use crate::outbound::places::{Place, Places, When};
use serde_json::Value;
use std::sync::Arc;

/// What a provider says of itself.
const METADATA: Wanted = Wanted { most_bytes: 256 * 1024, types: &["application/json"] };
/// Between two looks at the same address, whatever the first one brought.
const REFETCH_MS: i64 = 10_000;
/// What the other side does not give a life is believed this long.
const KEPT_MS: i64 = 600_000;
/// And never longer.
const LONGEST_MS: i64 = 86_400_000;
/// Addresses that are remembered.
const ADDRESSES: u64 = 256;

/// What a look brought, and how long that counts.
#[derive(Clone)]
struct Kept<T> {
    found: Result<Arc<T>, UpstreamError>,
    looked_at: Millis,
    until: Millis,
}

/// What this node remembers of other providers.
pub(in crate::outbound) struct Upstreams {
    /// By issuer: two that differ by a slash have one address, and are two.
    metadata: Places<Kept<Metadata>>,
    /// By address.
    keys: Places<Kept<Value>>,
}

impl Default for Upstreams {
    fn default() -> Self {
        Self { metadata: Places::with_room_for(ADDRESSES), keys: Places::with_room_for(ADDRESSES) }
    }
}

impl HttpClient {
    /// A provider with its endpoints: as it says them of itself, and as they are set.
    pub async fn upstream(&self, settings: &OidcSettings, now: Millis) -> Result<Provider, UpstreamError> {
        if !settings.discovery {
            return Provider::of(settings, None);
        }
        let address = discovery_address(&settings.issuer);
        let place = self.upstreams.metadata.at(&settings.issuer);
        let (http, set) = (self.clone(), settings.issuer.clone());
        let look = move |before: Option<Kept<Metadata>>| async move {
            let fetched = http.fetch(&address, METADATA).await;
            let fetched = fetched.map_err(|reason| UpstreamError::Unreachable { what: "its discovery", reason });
            let found = fetched.and_then(|fetched| {
                let metadata: Metadata =
                    serde_json::from_slice(&fetched.bytes).map_err(|_| UpstreamError::Unreadable("its discovery"))?;
                if metadata.issuer != set {
                    return Err(UpstreamError::Issuer("its discovery"));
                }
                Ok((metadata, fetched.max_age_seconds))
            });
            keep(found, before, now)
        };
        let metadata = looked(&place, now, |kept| kept.serves(now), look).await?;
        Provider::of(settings, Some(&metadata))
    }

    /// The keys of a provider. `anew` when none of those that are known fits.
    pub async fn upstream_keys(&self, provider: &Provider, anew: bool, now: Millis) -> Result<Arc<Value>, UpstreamError> {
        let address = provider.jwks_uri.clone();
        let place = self.upstreams.keys.at(&address);
        let http = self.clone();
        let look = move |before: Option<Kept<Value>>| async move {
            let fetched = http.fetch(&address, Wanted::KEYS).await;
            let found = fetched.map_err(|reason| UpstreamError::Unreachable { what: "its keys", reason }).and_then(|fetched| {
                let keys: Value = serde_json::from_slice(&fetched.bytes).map_err(|_| UpstreamError::Unreadable("its keys"))?;
                let are_there = keys.get("keys").and_then(Value::as_array).is_some_and(|keys| !keys.is_empty());
                if are_there { Ok((keys, fetched.max_age_seconds)) } else { Err(UpstreamError::Unreadable("its keys")) }
            });
            keep(found, before, now)
        };
        looked(&place, now, |kept| if anew { kept.is_of_late(now) } else { kept.serves(now) }, look).await
    }
}

impl<T> Kept<T> {
    /// True while it counts; a failure counts until the next look may be made.
    fn serves(&self, now: Millis) -> bool {
        match self.found {
            Ok(_) => self.until > now,
            Err(_) => self.is_of_late(now),
        }
    }

    fn is_of_late(&self, now: Millis) -> bool {
        now.since(self.looked_at) < REFETCH_MS
    }
}

/// What becomes of a look: where it failed, what was kept before counts to its end.
fn keep<T>(found: Result<(T, Option<i64>), UpstreamError>, before: Option<Kept<T>>, now: Millis) -> Kept<T> {
    match found {
        Ok((found, max_age)) => {
            let kept_ms = max_age.map_or(KEPT_MS, |seconds| seconds.saturating_mul(1_000)).clamp(REFETCH_MS, LONGEST_MS);
            Kept { found: Ok(Arc::new(found)), looked_at: now, until: Millis(now.0.saturating_add(kept_ms)) }
        }
        Err(error) => {
            tracing::warn!(%error, "another provider could not be asked");
            match before.filter(|before| before.until > now && before.found.is_ok()) {
                // Whoever says another issuer of themselves is no longer who they were.
                Some(before) if !matches!(error, UpstreamError::Issuer(_)) => Kept { looked_at: now, ..before },
                Some(_) | None => Kept { found: Err(error), looked_at: now, until: now },
            }
        }
    }
}

/// What is kept of a place, or what a look there brings.
async fn looked<T, F>(
    place: &Arc<Place<Kept<T>>>,
    now: Millis,
    serves: impl Fn(&Kept<T>) -> bool,
    look: impl FnOnce(Option<Kept<T>>) -> F,
) -> Result<Arc<T>, UpstreamError>
where
    T: Send + Sync + 'static,
    Kept<T>: Clone,
    F: Future<Output = Kept<T>> + Send + 'static,
{
    if let Some(kept) = place.kept().filter(|kept| kept.found.is_ok() && kept.until > now && serves(kept)) {
        return kept.found;
    }
    let good = |kept: &Kept<T>, when: When| serves(kept) || when == When::After;
    let broken = UpstreamError::Unreachable { what: "the provider", reason: FetchError::NoAnswer("the call was broken off") };
    place.look(good, look).await.map_or(Err(broken), |kept| kept.found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    #[test]
    fn what_was_kept_counts_to_its_end_when_a_look_fails_but_not_under_another_issuer() {
        let before = keep(Ok((1, Some(60))), None, NOW);
        let later = NOW.plus_seconds(30);
        let down = || UpstreamError::Unreachable { what: "its keys", reason: FetchError::Status(500) };

        assert_eq!(keep(Err(down()), Some(before.clone()), later).found, Ok(Arc::new(1)));
        assert_eq!(keep(Err(down()), Some(before.clone()), NOW.plus_seconds(60)).found, Err(down()));
        let other = UpstreamError::Issuer("its discovery");
        assert_eq!(keep(Err(other.clone()), Some(before.clone()), later).found, Err(other));
        let failed = keep::<i32>(Err(down()), None, NOW);
        assert!(failed.serves(NOW.plus_seconds(9)) && !failed.serves(NOW.plus_seconds(10)));
        assert!(before.serves(NOW.plus_seconds(59)) && !before.serves(NOW.plus_seconds(60)));
    }
}
