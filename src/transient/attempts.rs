//! Counts of failed sign-ins in a window, and holds that they lead to. Successes are never counted.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};

/// Failures counted for a key, and when the count starts anew.
pub type Counted = (i64, Millis);

fn key(bucket: &str, name: &str) -> String {
    format!("{bucket}:{}", base64url(&sha256(name.as_bytes())))
}

/// A hold is kept as a count that somebody began: it has an end of its own.
fn hold_key(bucket: &str, name: &str) -> String {
    key(&format!("hold-{bucket}"), name)
}

/// The failures so far.
pub async fn so_far(transient: &Transient, bucket: &str, name: &str, now: Millis) -> Result<Option<Counted>, TransientError> {
    transient.counted(&key(bucket, name), now).await
}

/// Counts one more failure.
pub async fn add(
    transient: &Transient,
    bucket: &str,
    name: &str,
    window_ms: i64,
    now: Millis,
) -> Result<Counted, TransientError> {
    transient.count(&key(bucket, name), window_ms, now).await
}

/// Takes one back: it was no failure.
pub async fn take_back(transient: &Transient, bucket: &str, name: &str, now: Millis) -> Result<(), TransientError> {
    transient.uncount(&key(bucket, name), now).await
}

/// Lets what is counted go on for a whole window from now: it ends when there was no failure for so long.
pub async fn prolong(transient: &Transient, bucket: &str, name: &str, window_ms: i64, now: Millis) -> Result<(), TransientError> {
    transient.prolong(&key(bucket, name), window_ms, now).await
}

/// Forgets the failures of a key, after a success.
pub async fn clear(transient: &Transient, bucket: &str, name: &str) -> Result<(), TransientError> {
    transient.remove(Space::Count, &key(bucket, name)).await
}

/// Lets the next try wait for so long from now, whatever was held before; answers until when.
pub async fn hold(transient: &Transient, bucket: &str, name: &str, for_ms: i64, now: Millis) -> Result<Millis, TransientError> {
    let key = hold_key(bucket, name);
    transient.remove(Space::Count, &key).await?;
    let (_, until) = transient.count(&key, for_ms, now).await?;
    Ok(until)
}

/// Until when the next try has to wait.
pub async fn held_until(transient: &Transient, bucket: &str, name: &str, now: Millis) -> Result<Option<Millis>, TransientError> {
    Ok(transient.counted(&hold_key(bucket, name), now).await?.map(|(_, until)| until))
}

/// Lets the next try come at once.
pub async fn release(transient: &Transient, bucket: &str, name: &str) -> Result<(), TransientError> {
    transient.remove(Space::Count, &hold_key(bucket, name)).await
}
