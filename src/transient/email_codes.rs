//! Codes that were sent by e-mail and wait to be typed: one for each sign-on,
//! the newest, and once. What is kept of a code tells nothing about it.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, same, sha256};
use crate::base::id::SignOnId;

/// A code that was sent.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Sent {
    /// Its keyed digest, in base64url.
    digest: String,
    /// Not usable from here on.
    expires_at: Millis,
}

impl Sent {
    fn is(&self, digest: &[u8; 32], now: Millis) -> bool {
        self.expires_at > now && same(self.digest.as_bytes(), base64url(digest).as_bytes())
    }
}

fn key(sign_on: &SignOnId) -> String {
    base64url(&sha256(sign_on.as_str().as_bytes()))
}

/// Keeps a code in place of the one before.
pub async fn put(
    transient: &Transient,
    sign_on: &SignOnId,
    digest: &[u8; 32],
    expires_at: Millis,
    now: Millis,
) -> Result<(), TransientError> {
    let sent = Sent { digest: base64url(digest), expires_at };
    transient.put(Space::EmailCode, &key(sign_on), &sent, expires_at, now).await
}

/// True while a code waits to be typed.
pub async fn waits(transient: &Transient, sign_on: &SignOnId, now: Millis) -> Result<bool, TransientError> {
    let sent: Option<Sent> = transient.get(Space::EmailCode, &key(sign_on), now).await?;
    Ok(sent.is_some_and(|sent| sent.expires_at > now))
}

/// Uses a code: true for the first who brings the right one. A wrong one leaves it where it is.
pub async fn use_up(transient: &Transient, sign_on: &SignOnId, digest: &[u8; 32], now: Millis) -> Result<bool, TransientError> {
    let key = key(sign_on);
    let sent: Option<Sent> = transient.get(Space::EmailCode, &key, now).await?;
    if !sent.is_some_and(|sent| sent.is(digest, now)) {
        return Ok(false);
    }
    // Of many who bring it one takes it out.
    let taken: Option<Sent> = transient.take(Space::EmailCode, &key, now).await?;
    Ok(taken.is_some_and(|sent| sent.is(digest, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);
    const RIGHT: [u8; 32] = [1; 32];

    fn of(name: &str) -> SignOnId {
        SignOnId(name.to_owned())
    }

    async fn sent() -> Transient {
        let transient = Transient::memory();
        put(&transient, &of("kim"), &RIGHT, NOW.plus_seconds(600), NOW).await.expect("kept");
        transient
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_a_wrong_one_does_not_spoil_it() {
        let transient = sent().await;
        let tried = async |digest: [u8; 32]| use_up(&transient, &of("kim"), &digest, NOW).await.expect("an answer");

        assert!(!tried([2; 32]).await);
        assert!(tried(RIGHT).await);
        assert!(!tried(RIGHT).await);
        assert!(!waits(&transient, &of("kim"), NOW).await.expect("an answer"));
    }

    #[tokio::test]
    async fn a_code_is_for_one_sign_on_and_ten_minutes_and_the_newest_counts() {
        let transient = sent().await;
        let late = NOW.plus_seconds(600);

        assert!(!use_up(&transient, &of("minh"), &RIGHT, NOW).await.expect("an answer"));
        assert!(!use_up(&transient, &of("kim"), &RIGHT, late).await.expect("an answer"));
        put(&transient, &of("kim"), &[3; 32], late, NOW).await.expect("kept");
        assert!(!use_up(&transient, &of("kim"), &RIGHT, NOW).await.expect("an answer"), "another was sent");
        assert!(use_up(&transient, &of("kim"), &[3; 32], NOW).await.expect("an answer"));
    }
}
