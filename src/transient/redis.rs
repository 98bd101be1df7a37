//! The short-term memory that nodes share.

use super::{Space, TransientError};
use crate::base::clock::Millis;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, ExistenceCheck, Script, SetExpiry, SetOptions};
use std::time::Duration;

#[derive(Clone)]
pub(super) struct Redis {
    manager: ConnectionManager,
}

impl From<redis::RedisError> for TransientError {
    fn from(error: redis::RedisError) -> Self {
        Self(error.kind().to_string_lossy())
    }
}

/// The kind of an error without its text, which may hold a key.
trait KindText {
    fn to_string_lossy(&self) -> String;
}

impl KindText for redis::ErrorKind {
    fn to_string_lossy(&self) -> String {
        format!("{self:?}")
    }
}

fn lifetime(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or_default().max(1)
}

impl Redis {
    pub(super) async fn connect(url: &str) -> Result<Self, TransientError> {
        let client = redis::Client::open(url).map_err(|_| TransientError("the address is not redis://… or rediss://…".to_owned()))?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(Duration::from_secs(2)))
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_number_of_retries(2);
        Ok(Self { manager: client.get_connection_manager_with_config(config).await? })
    }

    pub(super) async fn ping(&self) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        Ok(redis::cmd("PING").query_async::<()>(&mut manager).await?)
    }

    pub(super) async fn put(&self, space: Space, key: &str, value: Vec<u8>, for_ms: i64) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        Ok(manager.pset_ex::<_, _, ()>(format!("{}{key}", space.prefix()), value, lifetime(for_ms)).await?)
    }

    pub(super) async fn get(&self, space: Space, key: &str) -> Result<Option<Vec<u8>>, TransientError> {
        let mut manager = self.manager.clone();
        Ok(manager.get(format!("{}{key}", space.prefix())).await?)
    }

    pub(super) async fn remove(&self, space: Space, key: &str) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        Ok(manager.del::<_, ()>(format!("{}{key}", space.prefix())).await?)
    }

    pub(super) async fn put_once(&self, key: &str, for_ms: i64) -> Result<bool, TransientError> {
        let mut manager = self.manager.clone();
        let options = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::PX(lifetime(for_ms)));
        let answer: Option<String> = manager.set_options(format!("{}{key}", Space::Once.prefix()), 1, options).await?;
        Ok(answer.is_some())
    }

    pub(super) async fn count(&self, key: &str, window_ms: i64, now: Millis) -> Result<(i64, Millis), TransientError> {
        let mut manager = self.manager.clone();
        let script = Script::new(
            "local n = redis.call('INCR', KEYS[1])
             if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
             return {n, redis.call('PTTL', KEYS[1])}",
        );
        let (count, left): (i64, i64) =
            script.key(format!("{}{key}", Space::Count.prefix())).arg(window_ms).invoke_async(&mut manager).await?;
        Ok((count, Millis(now.0 + left.max(0))))
    }

    pub(super) async fn counted(&self, key: &str, now: Millis) -> Result<Option<(i64, Millis)>, TransientError> {
        let mut manager = self.manager.clone();
        let key = format!("{}{key}", Space::Count.prefix());
        let (count, left): (Option<i64>, i64) = redis::pipe().get(&key).pttl(&key).query_async(&mut manager).await?;
        Ok(count.map(|count| (count, Millis(now.0 + left.max(0)))))
    }
}
