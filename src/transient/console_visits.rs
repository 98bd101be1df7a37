//! When a sign-on was last at the console: whoever was away from it for a while signs in again.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};
use crate::base::id::SignOnId;

fn key(sign_on: &SignOnId) -> String {
    base64url(&sha256(sign_on.as_str().as_bytes()))
}

/// Notes that it is there now, for so many seconds.
pub async fn mark(transient: &Transient, sign_on: &SignOnId, seconds: i64, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Console, &key(sign_on), &true, now.plus_seconds(seconds), now).await
}

/// True when it was there within the seconds that were given last.
pub async fn is_there(transient: &Transient, sign_on: &SignOnId, now: Millis) -> Result<bool, TransientError> {
    Ok(transient.get::<bool>(Space::Console, &key(sign_on), now).await?.is_some())
}
