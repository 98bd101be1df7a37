//! Sign-ins that administrators run to check a client: what the answer has to match, and afterwards what came of it.
//!
//! What waits for an answer belongs to one browser and one sign-on, for ten
//! minutes and once: whoever brings its state from elsewhere spoils it.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, same, sha256};
use crate::base::id::{PersonId, SignOnId};
use serde_json::Value;

/// From the first page to the last; what came of it can be read as long again.
pub const LIFETIME_SECONDS: i64 = 600;

/// A check that was begun. It holds the verifier of its code: this is not printed.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Begun {
    /// Which client is checked.
    pub client_id: String,
    /// Who checks.
    pub person: PersonId,
    /// In which sign-on.
    pub sign_on: SignOnId,
    /// In which browser.
    pub browser: String,
    /// What proves at the redemption who asked (RFC 7636).
    pub verifier: String,
    /// Must come back in the ID token.
    pub nonce: String,
    /// What was asked for, space-separated.
    pub scopes: String,
    /// Not usable from here on.
    pub expires_at: Millis,
}

/// Where an answer came.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// At which client's page.
    pub client_id: &'a str,
    /// In which sign-on.
    pub sign_on: &'a SignOnId,
    /// In which browser.
    pub browser: &'a str,
}

/// What came of a check, for whoever ran it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    client_id: String,
    sign_on: SignOnId,
    report: Value,
    expires_at: Millis,
}

fn key(kind: &str, id: &str) -> String {
    format!("{kind}:{}", base64url(&sha256(id.as_bytes())))
}

/// Keeps what an answer with this state has to match.
pub async fn put(transient: &Transient, state: &str, begun: &Begun, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Check, &key("begun", state), begun, begun.expires_at, now).await
}

/// What an answer with this state has to match: for the first who asks, if it comes where it was begun. After that it is
/// gone, whoever asked.
pub async fn take(transient: &Transient, state: &str, at: Place<'_>, now: Millis) -> Result<Option<Begun>, TransientError> {
    let taken: Option<Begun> = transient.take(Space::Check, &key("begun", state), now).await?;
    let here = |begun: &Begun| {
        begun.expires_at > now
            && begun.client_id == at.client_id
            && begun.sign_on == *at.sign_on
            && same(begun.browser.as_bytes(), at.browser.as_bytes())
    };
    Ok(taken.filter(here))
}

/// Keeps what came of a check.
pub async fn keep(transient: &Transient, id: &str, of: &Begun, report: Value, now: Millis) -> Result<(), TransientError> {
    let expires_at = now.plus_seconds(LIFETIME_SECONDS);
    let kept = Kept { client_id: of.client_id.clone(), sign_on: of.sign_on.clone(), report, expires_at };
    transient.put(Space::Check, &key("report", id), &kept, expires_at, now).await
}

/// What came of a check of this client that was run in this sign-on.
pub async fn find(
    transient: &Transient,
    id: &str,
    client_id: &str,
    sign_on: &SignOnId,
    now: Millis,
) -> Result<Option<Value>, TransientError> {
    let kept: Option<Kept> = transient.get(Space::Check, &key("report", id), now).await?;
    let own = |kept: &Kept| kept.expires_at > now && kept.client_id == client_id && kept.sign_on == *sign_on;
    Ok(kept.filter(own).map(|kept| kept.report))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    fn begun() -> Begun {
        Begun {
            client_id: "tthc".to_owned(),
            person: PersonId("kim".to_owned()),
            sign_on: SignOnId("kims".to_owned()),
            browser: "browser".to_owned(),
            verifier: "verifier".to_owned(),
            nonce: "nonce".to_owned(),
            scopes: "openid".to_owned(),
            expires_at: NOW.plus_seconds(LIFETIME_SECONDS),
        }
    }

    #[tokio::test]
    async fn an_answer_counts_once_where_it_was_asked_and_for_ten_minutes() {
        let (kims, minhs) = (SignOnId("kims".to_owned()), SignOnId("minhs".to_owned()));
        let right = Place { client_id: "tthc", sign_on: &kims, browser: "browser" };
        let table = [
            ("the right one", "state", right, NOW.plus_seconds(LIFETIME_SECONDS - 1), true),
            ("too late", "state", right, NOW.plus_seconds(LIFETIME_SECONDS), false),
            ("another state", "other", right, NOW, false),
            ("another client's page", "state", Place { client_id: "qlvb", ..right }, NOW, false),
            ("another sign-on", "state", Place { sign_on: &minhs, ..right }, NOW, false),
            ("another browser", "state", Place { browser: "other", ..right }, NOW, false),
        ];
        for (case, state, place, now, expected) in table {
            let transient = Transient::memory();
            put(&transient, "state", &begun(), NOW).await.expect("kept");
            let taken = take(&transient, state, place, now).await.expect("an answer");
            assert_eq!(taken.is_some(), expected, "{case}");
            if state == "state" {
                assert!(take(&transient, "state", right, NOW).await.expect("an answer").is_none(), "{case}: once");
            }
        }
    }

    #[tokio::test]
    async fn what_came_of_it_is_for_whoever_ran_it() {
        let transient = Transient::memory();
        keep(&transient, "id", &begun(), Value::Bool(true), NOW).await.expect("kept");
        let (kims, minhs) = (SignOnId("kims".to_owned()), SignOnId("minhs".to_owned()));
        let table = [
            ("id", "tthc", &kims, true),
            ("id", "tthc", &minhs, false),
            ("id", "qlvb", &kims, false),
            ("x", "tthc", &kims, false),
        ];
        for (id, client, sign_on, expected) in table {
            let found = find(&transient, id, client, sign_on, NOW).await.expect("an answer");
            assert_eq!(found.is_some(), expected, "{id} {client} {sign_on}");
        }
    }
}
