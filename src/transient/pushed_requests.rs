//! Authorization requests that a client pushed ahead of its person (RFC 9126).
//!
//! A request may be read again while it lives, since people reload pages. It
//! is used up when it leads to an answer, and that happens once.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};
use crate::protocol::parameters::Parameters;

/// What a `request_uri` of ours begins with (RFC 9126 §2.2); a random part follows.
pub const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// The person's browser follows at once. FAPI 2.0 allows less than 600.
pub const LIFETIME_SECONDS: i64 = 60;

/// A mark outlives every page that was opened while the request lived: those wait half an hour.
const MARK_SECONDS: i64 = 3_600;

/// How a client proves itself at the endpoint; no part of what it asks.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// What a client pushed. Its parameters are about a person: this is not printed.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Pushed {
    /// Who pushed it, proven; nobody else may use it.
    pub client_id: String,
    /// What it asks.
    pub parameters: Vec<(String, String)>,
    /// The thumbprint of the key that its code will be bound to (RFC 9449 §10.1).
    pub key: Option<String>,
    /// Not usable from here on.
    pub expires_at: Millis,
}

impl Pushed {
    /// A request that was found in order, without what the client proved itself by.
    pub fn new(client_id: &str, asked: &Parameters, key: Option<String>, now: Millis) -> Self {
        let kept = asked.pairs().filter(|(name, _)| !CREDENTIALS.contains(name));
        Self {
            client_id: client_id.to_owned(),
            parameters: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            key,
            expires_at: now.plus_seconds(LIFETIME_SECONDS),
        }
    }

    /// Its parameters, to be read like those of any request.
    pub fn asked(&self) -> Parameters {
        Parameters::from_pairs(self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

/// The `request_uri` of a reference that nobody can guess.
pub fn request_uri(reference: &str) -> String {
    format!("{PREFIX}{reference}")
}

/// True when a `request_uri` is one of ours rather than an address to fetch.
pub fn is_pushed(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

fn key(request_uri: &str) -> String {
    base64url(&sha256(request_uri.as_bytes()))
}

/// Keeps a request.
pub async fn put(transient: &Transient, request_uri: &str, pushed: &Pushed, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Pushed, &key(request_uri), pushed, pushed.expires_at, now).await
}

/// A request that lives, if this client pushed it (RFC 9126 §4).
pub async fn find(
    transient: &Transient,
    request_uri: &str,
    client_id: &str,
    now: Millis,
) -> Result<Option<Pushed>, TransientError> {
    let found: Option<Pushed> = transient.get(Space::Pushed, &key(request_uri), now).await?;
    Ok(found.filter(|pushed| pushed.expires_at > now && pushed.client_id == client_id))
}

/// True exactly once for a request, also after it ended; then it is forgotten.
/// Fails closed when the memory does not answer or is full.
pub async fn use_up(transient: &Transient, request_uri: &str, now: Millis) -> Result<bool, TransientError> {
    let key = key(request_uri);
    let first = transient.put_once(Space::Answered, &key, now.plus_seconds(MARK_SECONDS), now).await?;
    if first {
        transient.remove(Space::Pushed, &key).await?;
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    async fn pushed(transient: &Transient) -> String {
        let asked = Parameters::decode(b"scope=openid&resource=https://a&resource=https://b&client_secret=s&client_assertion=a");
        let uri = request_uri("reference");
        put(transient, &uri, &Pushed::new("c", &asked, Some("jkt".to_owned()), NOW), NOW).await.expect("kept");
        uri
    }

    #[tokio::test]
    async fn a_pushed_request_is_read_by_its_client_until_it_ends() {
        let transient = Transient::memory();
        let uri = pushed(&transient).await;
        let last = Millis(NOW.0 + LIFETIME_SECONDS * 1_000 - 1);

        for _ in 0..2 {
            let found = find(&transient, &uri, "c", last).await.expect("an answer").expect("the request");
            assert_eq!(found.asked().get("scope"), Some("openid"));
            assert_eq!(found.asked().all("resource").collect::<Vec<_>>(), ["https://a", "https://b"]);
            assert_eq!(found.key.as_deref(), Some("jkt"));
        }
        let other = find(&transient, &uri, "d", NOW).await.expect("an answer");
        let unknown = find(&transient, &request_uri("guess"), "c", NOW).await.expect("an answer");
        let over = find(&transient, &uri, "c", NOW.plus_seconds(LIFETIME_SECONDS)).await.expect("an answer");
        assert!(other.is_none() && unknown.is_none() && over.is_none());
    }

    #[tokio::test]
    async fn what_a_client_proved_itself_by_is_not_kept() {
        let transient = Transient::memory();
        let uri = pushed(&transient).await;

        let found = find(&transient, &uri, "c", NOW).await.expect("an answer").expect("the request");

        assert!(found.parameters.iter().all(|(name, _)| !name.starts_with("client_")));
    }

    #[tokio::test]
    async fn a_pushed_request_is_used_up_once() {
        let transient = Transient::memory();
        let uri = pushed(&transient).await;

        assert!(use_up(&transient, &uri, NOW).await.expect("an answer"));
        assert!(!use_up(&transient, &uri, NOW).await.expect("an answer"));
        assert!(find(&transient, &uri, "c", NOW).await.expect("an answer").is_none());

        // A page that was opened before still cannot answer it a second time, long after.
        let later = NOW.plus_seconds(LIFETIME_SECONDS + 1_800);
        assert!(!use_up(&transient, &uri, later).await.expect("an answer"));
        assert!(use_up(&transient, &request_uri("another"), later).await.expect("an answer"));
    }

    #[test]
    fn our_own_addresses_are_told_from_those_to_fetch() {
        let table = [
            (request_uri("x"), true),
            ("https://app.example/request".to_owned(), false),
            ("urn:ietf:params:oauth:request".to_owned(), false),
            ("URN:ietf:params:oauth:request_uri:x".to_owned(), false),
        ];
        for (uri, ours) in table {
            assert_eq!(is_pushed(&uri), ours, "{uri}");
        }
    }
}
