//! Challenges that a passkey has to answer (Web Authentication §13.4.3): each
//! for one browser, for one purpose, and once.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, same, sha256};
use crate::base::id::{PersonId, SignOnId};

/// As long as browsers are told to wait for a person.
pub const LIFETIME_SECONDS: i64 = 300;

/// What an answer may be used for, and for nothing else.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Purpose {
    /// This person makes a passkey.
    Enrol(PersonId),
    /// Whoever the passkey belongs to signs in.
    SignIn,
    /// The person of this sign-on proves themselves once more.
    SecondFactor(SignOnId),
}

/// A challenge that was handed out.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Handed {
    purpose: Purpose,
    /// The browser that it was handed to.
    browser: String,
    /// What the answer is verified with.
    state: String,
    /// Not usable from here on.
    expires_at: Millis,
}

impl Handed {
    /// A challenge that was made just now.
    pub fn new(purpose: Purpose, browser: &str, state: String, now: Millis) -> Self {
        Self { purpose, browser: browser.to_owned(), state, expires_at: now.plus_seconds(LIFETIME_SECONDS) }
    }
}

fn key(challenge: &str) -> String {
    base64url(&sha256(challenge.as_bytes()))
}

/// Keeps a challenge until it is answered.
pub async fn put(transient: &Transient, challenge: &str, handed: &Handed, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Challenge, &key(challenge), handed, handed.expires_at, now).await
}

/// What an answer is verified with: for the first who asks, if this browser was handed the challenge for this purpose.
/// After that it is gone, whoever asked.
pub async fn take(
    transient: &Transient,
    challenge: &str,
    purpose: &Purpose,
    browser: &str,
    now: Millis,
) -> Result<Option<String>, TransientError> {
    let taken: Option<Handed> = transient.take(Space::Challenge, &key(challenge), now).await?;
    let right = |handed: &Handed| {
        handed.expires_at > now && handed.purpose == *purpose && same(handed.browser.as_bytes(), browser.as_bytes())
    };
    Ok(taken.filter(right).map(|handed| handed.state))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    fn kim() -> Purpose {
        Purpose::Enrol(PersonId("kim".to_owned()))
    }

    async fn handed() -> Transient {
        let transient = Transient::memory();
        put(&transient, "challenge", &Handed::new(kim(), "browser", "state".to_owned(), NOW), NOW).await.expect("kept");
        transient
    }

    #[tokio::test]
    async fn a_challenge_is_taken_once() {
        let transient = handed().await;

        let first = take(&transient, "challenge", &kim(), "browser", NOW).await.expect("an answer");
        let second = take(&transient, "challenge", &kim(), "browser", NOW).await.expect("an answer");

        assert_eq!((first.as_deref(), second), (Some("state"), None));
    }

    #[tokio::test]
    async fn a_challenge_is_for_one_browser_and_one_purpose_and_five_minutes() {
        let last = Millis(NOW.0 + LIFETIME_SECONDS * 1_000 - 1);
        let minh = Purpose::Enrol(PersonId("minh".to_owned()));
        let second = Purpose::SecondFactor(SignOnId("kim".to_owned()));
        let table = [
            ("the right one, late", "challenge", kim(), "browser", last, true),
            ("too late", "challenge", kim(), "browser", NOW.plus_seconds(LIFETIME_SECONDS), false),
            ("another browser", "challenge", kim(), "another", NOW, false),
            ("another person", "challenge", minh, "browser", NOW, false),
            ("to sign in", "challenge", Purpose::SignIn, "browser", NOW, false),
            ("a second factor", "challenge", second, "browser", NOW, false),
            ("another challenge", "another", kim(), "browser", NOW, false),
        ];
        for (case, challenge, purpose, browser, now, right) in table {
            let taken = take(&handed().await, challenge, &purpose, browser, now).await.expect("an answer");
            assert_eq!(taken.is_some(), right, "{case}");
        }
    }

    #[tokio::test]
    async fn whoever_asks_wrongly_spoils_the_challenge() {
        let transient = handed().await;

        assert_eq!(take(&transient, "challenge", &kim(), "another", NOW).await.expect("an answer"), None);
        assert_eq!(take(&transient, "challenge", &kim(), "browser", NOW).await.expect("an answer"), None);
    }
}
