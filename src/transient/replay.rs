//! Marks of things that may be used once: client assertions (RFC 7523 §3) and
//! DPoP proofs (RFC 9449 §11.1), each in room of its own.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};

/// More of one client in a minute would take the room of others: an assertion lives an hour at most, and so does its mark.
const MOST_OF_ONE: i64 = 3_000;
const MINUTE_MS: i64 = 60_000;

/// The first use of a client's assertion, by its `jti`.
pub async fn assertion(
    transient: &Transient,
    client_id: &str,
    jti: &str,
    until: Millis,
    now: Millis,
) -> Result<bool, TransientError> {
    let (marks, _) = transient.count(&format!("assertions:{client_id}"), MINUTE_MS, now).await?;
    if marks > MOST_OF_ONE {
        return Err(TransientError("one client sends too many assertions".to_owned()));
    }
    first_use(transient, Space::Once, client_id, jti, until, now).await
}

/// The first use of a proof, by its key and its `jti`.
pub async fn proof(transient: &Transient, key: &str, jti: &str, until: Millis, now: Millis) -> Result<bool, TransientError> {
    first_use(transient, Space::Proof, key, jti, until, now).await
}

/// True the first time; fails closed when the memory does not answer or is full.
async fn first_use(
    transient: &Transient,
    space: Space,
    owner: &str,
    jti: &str,
    until: Millis,
    now: Millis,
) -> Result<bool, TransientError> {
    let mark = base64url(&sha256(format!("{owner}\n{jti}").as_bytes()));
    transient.put_once(space, &mark, until, now).await
}
