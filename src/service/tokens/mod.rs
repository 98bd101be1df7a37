//! Tokens: what a grant turns into, and what they are worth when they come back.

pub mod access;
pub mod bind;
pub mod circumstances;
pub mod claims;
pub mod grant;
pub mod identities;
pub mod introspect;
pub mod issue;
pub mod reach;
pub mod revoke;
pub mod target;
pub mod userinfo;
mod vouched;

use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::crypto::keyring::SigningKey;
use crate::model::signing_key::{Algorithm, Schedule};
use crate::store::signing_keys::{self, StoredKey};

/// When a stored key does what.
pub fn schedule_of(stored: &StoredKey) -> Schedule {
    Schedule {
        announced_at: Millis(stored.announced_at),
        active_at: Millis(stored.active_at),
        retiring_at: stored.retiring_at.map(Millis),
        gone_at: stored.gone_at.map(Millis),
        revoked_at: stored.revoked_at.map(Millis),
    }
}

/// Reads all keys from the store into this node's keyring.
pub async fn load_keys(services: &Services) -> Result<(), Failure> {
    let stored = signing_keys::list(&mut services.store.read().await?).await?;
    let mut keys = Vec::with_capacity(stored.len());
    for key in stored {
        let Some(algorithm) = Algorithm::parse(&key.algorithm) else { continue };
        let private = services.envelope.open(&key.private_key, key.kid.as_bytes())?;
        keys.push(SigningKey::read(&key.kid, algorithm, &private, &key.public_jwk, schedule_of(&key))?);
    }
    services.keyring.replace(keys);
    Ok(())
}
