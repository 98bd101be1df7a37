//! Counts of failed sign-ins in a window. Successes are never counted.

use super::{Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};

/// Failures counted for a key, and when the count starts anew.
pub type Counted = (i64, Millis);

fn key(bucket: &str, name: &str) -> String {
    format!("{bucket}:{}", base64url(&sha256(name.as_bytes())))
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

/// Forgets the failures of a key, after a success.
pub async fn clear(transient: &Transient, bucket: &str, name: &str) -> Result<(), TransientError> {
    transient.remove(super::Space::Count, &key(bucket, name)).await
}
