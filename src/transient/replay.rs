//! Marks of things that may be used once: client assertions' `jti` (RFC 7523 §3).

use super::{Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};

/// True the first time; fails closed when the memory does not answer or is full.
pub async fn first_use(
    transient: &Transient,
    client_id: &str,
    jti: &str,
    until: Millis,
    now: Millis,
) -> Result<bool, TransientError> {
    let key = base64url(&sha256(format!("{client_id}\n{jti}").as_bytes()));
    transient.put_once(&key, until, now).await
}
