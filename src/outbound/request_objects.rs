//! Request objects by reference (RFC 9101 §5.2). Whoever follows a link makes
//! us call the address in it, again and again, so it is called sparingly:
//!
//! - There is one call in the air for an address. Those who come meanwhile with
//!   the very same address share what it brings. Another fragment names another
//!   version (OpenID Connect Core §6.2) that may be newer than what is under way:
//!   those wait for the next call, one for all of them.
//! - No object is kept. A client may lay a new one at the same address for every
//!   request, each good for one use and one person, without a fragment to tell
//!   them apart. One of ten seconds ago would be the request of somebody else.
//!   What is shared is as fresh for all as for the one who called.
//! - A failure is kept for [`FAILURE_MS`], for the address whatever its fragment,
//!   which never leaves this house.
//!
//! What comes back is bytes: each request reads and verifies them for itself.

use super::fetch::{FetchError, Fetched, Wanted};
use super::http::HttpClient;
use super::places::{Places, When};
use crate::base::clock::Millis;
use crate::base::digest::sha256;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// An address that failed is left alone this long: a server that is down or
/// overrun is called six times a minute, however many links a stranger follows,
/// and a person whose client was mended meanwhile waits no longer than it takes
/// to try again. Keys of clients are looked for as seldom.
pub const FAILURE_MS: i64 = 10_000;
/// Addresses that are called at one time.
const AT_ONCE: usize = 32;
/// Addresses that are remembered. One holds at most an object, which
/// [`Wanted::REQUEST_OBJECT`] caps at 16 KiB: 4 MiB for all.
const ADDRESSES: u64 = 256;

/// What a call brought.
#[derive(Clone)]
struct Found {
    /// The digest of the whole address, as it was asked for.
    version: [u8; 32],
    at: Millis,
    object: Result<Arc<Fetched>, FetchError>,
}

impl Found {
    /// True when it may answer somebody who asks for a version.
    fn answers(&self, version: &[u8; 32], when: When, now: Millis) -> bool {
        let is_shared = match when {
            When::Before => false,
            When::Meanwhile => self.version == *version,
            When::After => true,
        };
        // That we had no turn to give says nothing of the address.
        let failed = self.object.as_ref().is_err_and(|reason| *reason != FetchError::Busy);
        is_shared || (failed && now.since(self.at) < FAILURE_MS)
    }
}

/// What this node knows of the addresses of request objects.
pub(super) struct RequestObjects {
    turns: Semaphore,
    places: Places<Found>,
}

impl Default for RequestObjects {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), places: Places::with_room_for(ADDRESSES) }
    }
}

/// The part of an address that is called.
pub fn without_fragment(address: &str) -> &str {
    address.split_once('#').map_or(address, |(called, _)| called)
}

impl HttpClient {
    /// Gets the request object behind an address that the client registered.
    pub async fn fetch_request_object(&self, address: &str, now: Millis) -> Result<Arc<Fetched>, FetchError> {
        let version = sha256(address.as_bytes());
        let called = without_fragment(address);
        let place = self.request_objects.places.at(called);
        let serves = |found: &Found, when: When| found.answers(&version, when, now);
        let (http, called) = (self.clone(), called.to_owned());
        let look = move |_: Option<Found>| async move {
            let object = http.call_for_object(&called).await.map(Arc::new);
            Found { version, at: now, object }
        };
        let found = place.look(serves, look).await;
        found.map_or(Err(FetchError::NoAnswer("the call was broken off")), |found| found.object)
    }

    async fn call_for_object(&self, address: &str) -> Result<Fetched, FetchError> {
        let Ok(_turn) = self.request_objects.turns.try_acquire() else { return Err(FetchError::Busy) };
        let fetched = self.fetch(address, Wanted::REQUEST_OBJECT).await;
        if let Err(reason) = &fetched {
            tracing::warn!(request_uri = address, %reason, "a request object could not be fetched");
        }
        fetched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://127.0.0.1:1/r.jwt";

    #[test]
    fn failures_are_kept_for_a_while_and_objects_only_for_those_who_wait() {
        let fetched = Fetched { bytes: Vec::new(), media_type: "application/jwt".to_owned(), max_age_seconds: Some(60) };
        let (object, failed, busy) = (Ok(Arc::new(fetched)), Err(FetchError::Status(404)), Err(FetchError::Busy));
        let table = [
            ("an object that is over", &object, When::Before, "#1", 0, false),
            ("an object under way", &object, When::Meanwhile, "#1", 0, true),
            ("an object under way, for another version", &object, When::Meanwhile, "#2", 0, false),
            ("an object that was called for later", &object, When::After, "#2", 0, true),
            ("a failure", &failed, When::Before, "#1", 9_999, true),
            ("a failure, for another version", &failed, When::Before, "#2", 9_999, true),
            ("a failure under way, for another version", &failed, When::Meanwhile, "#2", 0, true),
            ("a failure of long ago", &failed, When::Before, "#1", 10_000, false),
            ("no turn, which is over", &busy, When::Before, "#1", 0, false),
            ("no turn for those who wait", &busy, When::After, "#1", 0, true),
        ];
        let version = |fragment: &str| sha256(format!("{ADDRESS}{fragment}").as_bytes());
        for (case, object, when, fragment, later, expected) in table {
            let found = Found { version: version("#1"), at: Millis(5_000), object: object.clone() };
            assert_eq!(found.answers(&version(fragment), when, Millis(5_000 + later)), expected, "{case}");
        }
    }

    #[tokio::test]
    async fn having_no_turn_to_give_is_not_held_against_an_address() {
        let http = HttpClient::new(Vec::new(), None).expect("a client");
        let taken = http.request_objects.turns.try_acquire_many(32).expect("all turns");
        assert_eq!(http.fetch_request_object(ADDRESS, Millis(0)).await, Err(FetchError::Busy));

        drop(taken);

        // Private, so nobody is called; and it got as far as to find that.
        assert_eq!(http.fetch_request_object(ADDRESS, Millis(0)).await, Err(FetchError::Forbidden));
    }

    #[test]
    fn what_is_called_ends_at_the_fragment() {
        let table = [
            ("https://a.example/r?x=1#v", "https://a.example/r?x=1"),
            ("https://a.example/#", "https://a.example/"),
            ("https://a.example/r", "https://a.example/r"),
        ];
        for (address, called) in table {
            assert_eq!(without_fragment(address), called);
        }
    }
}
