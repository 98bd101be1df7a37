//! Sign-ins that are under way at another provider: each for one browser, one source, and once.
//!
//! What comes back names its state. Whoever brings it from another browser gets
//! nothing, and spoils it: the answer that it belongs to has been seen by others.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, same, sha256};

/// As long as people are given to sign in elsewhere.
pub const LIFETIME_SECONDS: i64 = 600;
/// A posted answer is fetched by the browser that posted it, at once.
const ANSWER_SECONDS: i64 = 60;

/// A sign-in that is under way.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct UnderWay {
    /// Where the person was sent.
    pub source: String,
    /// The issuer from which an answer is expected.
    pub issuer: String,
    /// The request that waits for it here.
    pub request: String,
    /// What its ID token has to repeat.
    pub nonce: String,
    /// What its code is redeemed with (RFC 7636); absent where the provider does not know it.
    pub verifier: Option<String>,
    /// The person has to prove themselves anew.
    pub fresh: bool,
    /// When they left.
    pub begun_at: Millis,
    /// A digest of the browser that they left with.
    browser: String,
    /// Not usable from here on.
    expires_at: Millis,
}

/// What makes a sign-in the one that it is.
pub struct Begun<'a> {
    /// Where the person is sent.
    pub source: &'a str,
    /// Its issuer.
    pub issuer: &'a str,
    /// The request that waits.
    pub request: &'a str,
    /// The nonce.
    pub nonce: String,
    /// The code verifier.
    pub verifier: Option<String>,
    /// The person has to prove themselves anew.
    pub fresh: bool,
}

/// What came back by a form that another site posted.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// The state.
    pub state: String,
    /// The code.
    pub code: Option<String>,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
    /// What went wrong there.
    pub error: Option<String>,
}

impl UnderWay {
    /// One that begins now, in a browser.
    pub fn new(begun: Begun<'_>, browser: &str, now: Millis) -> Self {
        Self {
            source: begun.source.to_owned(),
            issuer: begun.issuer.to_owned(),
            request: begun.request.to_owned(),
            nonce: begun.nonce,
            verifier: begun.verifier,
            fresh: begun.fresh,
            begun_at: now,
            browser: digest(browser),
            expires_at: now.plus_seconds(LIFETIME_SECONDS),
        }
    }
}

fn digest(text: &str) -> String {
    base64url(&sha256(text.as_bytes()))
}

/// Keeps a sign-in until its answer comes.
pub async fn put(transient: &Transient, state: &str, under_way: &UnderWay, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Federation, &digest(state), under_way, under_way.expires_at, now).await
}

/// True while an answer to a state is waited for from a source. It says nothing of whose it is.
pub async fn waits(transient: &Transient, state: &str, source: &str, now: Millis) -> Result<bool, TransientError> {
    let found: Option<UnderWay> = transient.get(Space::Federation, &digest(state), now).await?;
    Ok(found.is_some_and(|found| found.expires_at > now && found.source == source))
}

/// The sign-in of a state: for the first who asks, if this browser began it at this source. After that it is gone.
pub async fn take(
    transient: &Transient,
    state: &str,
    source: &str,
    browser: &str,
    now: Millis,
) -> Result<Option<UnderWay>, TransientError> {
    let taken: Option<UnderWay> = transient.take(Space::Federation, &digest(state), now).await?;
    let right = |found: &UnderWay| {
        found.expires_at > now && found.source == source && same(found.browser.as_bytes(), digest(browser).as_bytes())
    };
    Ok(taken.filter(right))
}

fn answer_key(handle: &str) -> String {
    format!("answer:{}", digest(handle))
}

/// Keeps a posted answer until its browser comes for it.
pub async fn put_answer(transient: &Transient, handle: &str, answer: &Answer, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Federation, &answer_key(handle), answer, now.plus_seconds(ANSWER_SECONDS), now).await
}

/// A posted answer, for the first who comes for it.
pub async fn take_answer(transient: &Transient, handle: &str, now: Millis) -> Result<Option<Answer>, TransientError> {
    transient.take(Space::Federation, &answer_key(handle), now).await
}

fn logout_key(source: &str, jti: &str) -> String {
    digest(&format!("logout\n{source}\n{jti}"))
}

/// True for the first use of a logout token of a source; fails closed when the memory does not answer or is full.
pub async fn first_logout_token(
    transient: &Transient,
    source: &str,
    jti: &str,
    until: Millis,
    now: Millis,
) -> Result<bool, TransientError> {
    transient.put_once(Space::Once, &logout_key(source, jti), until, now).await
}

/// Forgets that a logout token was used: what it asks for was not done, and its provider may bring it again.
pub async fn forget_logout_token(transient: &Transient, source: &str, jti: &str) -> Result<(), TransientError> {
    transient.remove(Space::Once, &logout_key(source, jti)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    async fn begun() -> Transient {
        let transient = Transient::memory();
        let begun = Begun {
            source: "bd",
            issuer: "https://cu.example",
            request: "r",
            nonce: "n".to_owned(),
            verifier: Some("v".to_owned()),
            fresh: false,
        };
        put(&transient, "state", &UnderWay::new(begun, "browser", NOW), NOW).await.expect("kept");
        transient
    }

    #[tokio::test]
    async fn a_state_is_for_one_browser_one_source_ten_minutes_and_once() {
        let last = Millis(NOW.0 + LIFETIME_SECONDS * 1_000 - 1);
        let table = [
            ("the right one, late", "state", "bd", "browser", last, true),
            ("too late", "state", "bd", "browser", NOW.plus_seconds(LIFETIME_SECONDS), false),
            ("another browser", "state", "bd", "another", NOW, false),
            ("another source", "state", "vt", "browser", NOW, false),
            ("another state", "another", "bd", "browser", NOW, false),
        ];
        for (case, state, source, browser, now, right) in table {
            let transient = begun().await;
            let taken = take(&transient, state, source, browser, now).await.expect("an answer");
            assert_eq!(taken.is_some(), right, "{case}");
            if state == "state" {
                assert!(take(&transient, state, "bd", "browser", NOW).await.expect("an answer").is_none(), "{case}: spoiled");
            }
        }
    }

    #[tokio::test]
    async fn looking_whether_a_state_waits_takes_nothing() {
        let transient = begun().await;

        assert!(waits(&transient, "state", "bd", NOW).await.expect("an answer"));
        assert!(!waits(&transient, "state", "vt", NOW).await.expect("an answer"));
        assert!(!waits(&transient, "another", "bd", NOW).await.expect("an answer"));
        assert!(take(&transient, "state", "bd", "browser", NOW).await.expect("an answer").is_some());
    }

    #[tokio::test]
    async fn a_posted_answer_and_a_logout_token_are_good_once() {
        let transient = Transient::memory();
        let answer = Answer { state: "state".to_owned(), code: Some("c".to_owned()), ..Answer::default() };
        put_answer(&transient, "handle", &answer, NOW).await.expect("kept");

        assert_eq!(take_answer(&transient, "handle", NOW).await.expect("an answer"), Some(answer));
        assert_eq!(take_answer(&transient, "handle", NOW).await.expect("an answer"), None);
        let until = NOW.plus_seconds(60);
        assert!(first_logout_token(&transient, "bd", "1", until, NOW).await.expect("an answer"));
        assert!(!first_logout_token(&transient, "bd", "1", until, NOW).await.expect("an answer"));
        assert!(first_logout_token(&transient, "vt", "1", until, NOW).await.expect("an answer"));
    }

    #[tokio::test]
    async fn a_logout_token_that_is_forgotten_counts_once_more() {
        let transient = Transient::memory();
        let until = NOW.plus_seconds(60);
        for source in ["bd", "vt"] {
            assert!(first_logout_token(&transient, source, "1", until, NOW).await.expect("an answer"));
        }

        forget_logout_token(&transient, "bd", "1").await.expect("forgotten");

        assert!(first_logout_token(&transient, "bd", "1", until, NOW).await.expect("an answer"));
        assert!(!first_logout_token(&transient, "bd", "1", until, NOW).await.expect("an answer"), "and no oftener");
        assert!(!first_logout_token(&transient, "vt", "1", until, NOW).await.expect("an answer"), "another's is as it was");
    }
}
