//! What may be lost at the price of signing in again: pending requests, codes'
//! data, counts of failures, replay marks.
//!
//! Redis when several nodes share it, memory in a single process. Nothing here
//! decides single use of a code: the store does. A Redis command whose answer
//! was lost has an unknown outcome, and the caller fails closed.

mod memory;
mod redis;

pub mod attempts;
pub mod authorization_codes;
pub mod console_visits;
pub mod email_codes;
pub mod federation_states;
pub mod pending_requests;
pub mod pushed_requests;
pub mod replay;
pub mod self_checks;
pub mod webauthn_challenges;

use crate::base::clock::Millis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The other side did not answer, or its answer cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the shared short-term memory does not answer: {0}")]
pub struct TransientError(String);

/// What kind of thing is kept; each kind has room of its own, so that a flood
/// of one cannot push out another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Pending,
    Pushed,
    Code,
    Count,
    /// Marks of client assertions.
    Once,
    /// Marks of DPoP proofs: anybody with a key can leave them.
    Proof,
    /// Marks of answered pushed requests.
    Answered,
    /// Challenges that passkeys answer.
    Challenge,
    /// Codes that were sent by e-mail.
    EmailCode,
    /// Sign-ons that are at the console.
    Console,
    /// Sign-ins that administrators run to check a client, and what came of them.
    Check,
    /// Sign-ins that are under way at another provider.
    Federation,
}

impl Space {
    fn prefix(self) -> &'static str {
        match self {
            Self::Pending => "pending:",
            Self::Pushed => "pushed:",
            Self::Code => "code:",
            Self::Count => "count:",
            Self::Once => "once:",
            Self::Proof => "proof:",
            Self::Answered => "answered:",
            Self::Challenge => "challenge:",
            Self::EmailCode => "email-code:",
            Self::Console => "console:",
            Self::Check => "check:",
            Self::Federation => "federation:",
        }
    }
}

/// The short-term memory.
#[derive(Clone)]
pub struct Transient {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Memory(Arc<memory::Memory>),
    Redis(redis::Redis),
}

impl Transient {
    /// Memory of this process.
    pub fn memory() -> Self {
        Self { kind: Kind::Memory(Arc::default()) }
    }

    /// Redis at `redis://…` or `rediss://…`; every key begins with the prefix.
    pub async fn redis(url: &str, prefix: &str) -> Result<Self, TransientError> {
        Ok(Self { kind: Kind::Redis(redis::Redis::connect(url, prefix).await?) })
    }

    /// For messages.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Memory(_) => "memory",
            Kind::Redis(_) => "Redis",
        }
    }

    /// True when it answers.
    pub async fn is_ready(&self) -> bool {
        match &self.kind {
            Kind::Memory(_) => true,
            Kind::Redis(redis) => redis.ping().await.is_ok(),
        }
    }

    async fn put<T: Serialize>(
        &self,
        space: Space,
        key: &str,
        value: &T,
        until: Millis,
        now: Millis,
    ) -> Result<(), TransientError> {
        let bytes = serde_json::to_vec(value).map_err(|error| TransientError(error.to_string()))?;
        match &self.kind {
            Kind::Memory(memory) => {
                memory.put(space, key, bytes, until, now);
                Ok(())
            }
            Kind::Redis(redis) => redis.put(space, key, bytes, until.since(now)).await,
        }
    }

    async fn get<T: DeserializeOwned>(&self, space: Space, key: &str, now: Millis) -> Result<Option<T>, TransientError> {
        let bytes = match &self.kind {
            Kind::Memory(memory) => memory.get(space, key, now),
            Kind::Redis(redis) => redis.get(space, key).await?,
        };
        bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose().map_err(|error| TransientError(error.to_string()))
    }

    async fn remove(&self, space: Space, key: &str) -> Result<(), TransientError> {
        match &self.kind {
            Kind::Memory(memory) => {
                memory.remove(space, key);
                Ok(())
            }
            Kind::Redis(redis) => redis.remove(space, key).await,
        }
    }

    /// Takes a value out: nobody gets it after the first. A lost answer is nobody's.
    async fn take<T: DeserializeOwned>(&self, space: Space, key: &str, now: Millis) -> Result<Option<T>, TransientError> {
        let bytes = match &self.kind {
            Kind::Memory(memory) => memory.take(space, key, now),
            Kind::Redis(redis) => redis.take(space, key).await?,
        };
        bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose().map_err(|error| TransientError(error.to_string()))
    }

    /// True for the first caller with a key until it expires; everyone after is told false.
    async fn put_once(&self, space: Space, key: &str, until: Millis, now: Millis) -> Result<bool, TransientError> {
        match &self.kind {
            Kind::Memory(memory) => memory.put_once(space, key, until, now).ok_or_else(|| TransientError("full".to_owned())),
            Kind::Redis(redis) => redis.put_once(space, key, until.since(now)).await,
        }
    }

    /// Adds one to a count that starts anew `window_ms` after its first one; answers the count and its end.
    async fn count(&self, key: &str, window_ms: i64, now: Millis) -> Result<(i64, Millis), TransientError> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.count(key, window_ms, now)),
            Kind::Redis(redis) => redis.count(key, window_ms, now).await,
        }
    }

    /// Takes one back from a count that has not ended.
    async fn uncount(&self, key: &str, now: Millis) -> Result<(), TransientError> {
        match &self.kind {
            Kind::Memory(memory) => {
                memory.uncount(key, now);
                Ok(())
            }
            Kind::Redis(redis) => redis.uncount(key).await,
        }
    }

    /// Lets a count that has not ended go on for `window_ms` from now.
    async fn prolong(&self, key: &str, window_ms: i64, now: Millis) -> Result<(), TransientError> {
        match &self.kind {
            Kind::Memory(memory) => {
                memory.prolong(key, Millis(now.0 + window_ms), now);
                Ok(())
            }
            Kind::Redis(redis) => redis.prolong(key, window_ms, now).await,
        }
    }

    /// The count and its end, unchanged.
    async fn counted(&self, key: &str, now: Millis) -> Result<Option<(i64, Millis)>, TransientError> {
        match &self.kind {
            Kind::Memory(memory) => Ok(memory.counted(key, now)),
            Kind::Redis(redis) => redis.counted(key, now).await,
        }
    }
}
