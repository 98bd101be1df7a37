//! Wrapping: no weak hash of an old system stays as it came.
//!
//! An import seals weak hashes at once, and here Argon2id is laid over them,
//! one after another, on the one node whose turn it is and behind whoever
//! signs in. What an import brings meanwhile, or a first sign-in rewrites, is
//! left as it is: the old text is part of the condition.

use super::sign_in::associated;
use crate::base::clock::Millis;
use crate::crypto::password::legacy::LegacyHash;
use crate::crypto::password::{HashError, Line};
use crate::service::leases::Turn;
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::store::legacy_accounts::passwords::{self, Waiting};

const LEASE: &str = "legacy_wrap";
/// Where the work stands in the line of the password pool.
const PARTY: &str = "old passwords";
/// Hashes that go in one unit of work.
const BATCH: i64 = 20;
/// How fast it goes is told this often.
const TOLD_EVERY_MS: i64 = 60_000;

/// How far this node has come.
#[derive(Debug, Default)]
pub struct Memory {
    turn: Turn,
    /// The account before the next one.
    after: (String, String),
    /// Since when what is told next is counted.
    since: Option<Millis>,
    /// How many were wrapped since then.
    wrapped: i64,
}

/// Wraps some hashes; false when there is nothing to do here, or no room to do it.
pub async fn run(services: &Services, memory: &mut Memory, holder: &str) -> Result<bool, Failure> {
    if !memory.turn.is_mine(services, LEASE, holder).await? {
        return Ok(false);
    }
    let after = (memory.after.0.as_str(), memory.after.1.as_str());
    let waiting = passwords::list_sealed(&mut services.store.read().await?, after, BATCH).await?;
    let Some(last) = waiting.last() else {
        tell(services, memory, true).await?;
        // From the beginning the next time: files bring more.
        memory.after = (String::new(), String::new());
        return Ok(false);
    };
    let next = (last.source.clone(), last.legacy_id.clone());
    memory.since.get_or_insert_with(|| services.clock.now());
    let Some(wrapped) = wrap_all(services, &waiting).await? else { return Ok(false) };
    let mut tx = services.store.write().await?;
    let mut count = 0;
    for (old, text) in &wrapped {
        count += i64::from(passwords::wrap(&mut tx, old, text, services.clock.now()).await?);
    }
    tx.commit().await?;
    metrics::counter!("motlan_legacy_hashes_wrapped_total").increment(u64::try_from(count).unwrap_or_default());
    memory.wrapped += count;
    memory.after = next;
    tell(services, memory, false).await?;
    Ok(true)
}

/// Wraps what can be read; nothing when there is no room in the password pool now.
async fn wrap_all<'a>(services: &Services, waiting: &'a [Waiting]) -> Result<Option<Vec<(&'a Waiting, String)>>, Failure> {
    let hasher = services.hasher.standing(Line::Anyone, PARTY);
    let mut wrapped = Vec::with_capacity(waiting.len());
    for old in waiting {
        let hash = match read(services, old) {
            Ok(hash) => hash,
            Err(failure) => {
                // It opens nothing until somebody has looked at it; the others go on.
                tracing::error!(legacy.source = %old.source, error = %failure, "an old password hash cannot be read");
                continue;
            }
        };
        match hasher.wrap(hash).await {
            Ok(made) => wrapped.push((old, made.encode())),
            Err(HashError::Busy { .. }) => return Ok(None),
            Err(error @ HashError::Unusable) => return Err(error.into()),
        }
    }
    Ok(Some(wrapped))
}

fn read(services: &Services, old: &Waiting) -> Result<LegacyHash, Failure> {
    let opened = services.envelope.open(&old.sealed, associated(&old.source, &old.legacy_id).as_bytes())?;
    let text = std::str::from_utf8(&opened).ok();
    let hash = text.and_then(|text| LegacyHash::decode(text).ok());
    hash.ok_or_else(|| StoreError::Corrupt("legacy_passwords.sealed".to_owned()).into())
}

/// Tells how fast it goes and how much is left: once a minute, and at the end.
async fn tell(services: &Services, memory: &mut Memory, at_end: bool) -> Result<(), Failure> {
    let now = services.clock.now();
    let Some(since) = memory.since else { return Ok(()) };
    let took_ms = now.since(since);
    if !at_end && took_ms < TOLD_EVERY_MS {
        return Ok(());
    }
    let left = passwords::count_sealed(&mut services.store.read().await?).await?;
    metrics::gauge!("motlan_legacy_hashes_sealed").set(u32::try_from(left).map_or(f64::from(u32::MAX), f64::from));
    if memory.wrapped > 0 {
        let per_minute = memory.wrapped.saturating_mul(60_000) / took_ms.max(1);
        tracing::info!(wrapped = memory.wrapped, took_ms, per_minute, left, "weak password hashes of old systems were wrapped");
    }
    memory.since = (!at_end).then_some(now);
    memory.wrapped = 0;
    Ok(())
}
