//! The short-term memory that nodes share.

use super::{Space, TransientError};
use crate::base::clock::Millis;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, ExistenceCheck, Script, SetExpiry, SetOptions};
use std::time::Duration;

#[derive(Clone)]
pub(super) struct Redis {
    manager: ConnectionManager,
    prefix: std::sync::Arc<str>,
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
    fn name(&self, space: Space, key: &str) -> String {
        format!("{}{}{key}", self.prefix, space.prefix())
    }

    pub(super) async fn connect(url: &str, prefix: &str) -> Result<Self, TransientError> {
        let client =
            redis::Client::open(url).map_err(|_| TransientError("the address is not redis://… or rediss://…".to_owned()))?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(Duration::from_secs(2)))
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_number_of_retries(2);
        Ok(Self { manager: client.get_connection_manager_with_config(config).await?, prefix: prefix.into() })
    }

    pub(super) async fn ping(&self) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        Ok(redis::cmd("PING").query_async::<()>(&mut manager).await?)
    }

    pub(super) async fn put(&self, space: Space, key: &str, value: Vec<u8>, for_ms: i64) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        Ok(manager.pset_ex::<_, _, ()>(self.name(space, key), value, lifetime(for_ms)).await?)
    }

    pub(super) async fn get(&self, space: Space, key: &str) -> Result<Option<Vec<u8>>, TransientError> {
        let mut manager = self.manager.clone();
        Ok(manager.get(self.name(space, key)).await?)
    }

    pub(super) async fn remove(&self, space: Space, key: &str) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        Ok(manager.del::<_, ()>(self.name(space, key)).await?)
    }

    /// One command (GETDEL): of many callers one is answered.
    pub(super) async fn take(&self, space: Space, key: &str) -> Result<Option<Vec<u8>>, TransientError> {
        let mut manager = self.manager.clone();
        Ok(manager.get_del(self.name(space, key)).await?)
    }

    pub(super) async fn put_once(&self, space: Space, key: &str, for_ms: i64) -> Result<bool, TransientError> {
        let mut manager = self.manager.clone();
        let options = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::PX(lifetime(for_ms)));
        let answer: Option<String> = manager.set_options(self.name(space, key), 1, options).await?;
        Ok(answer.is_some())
    }

    /// The end of a window is kept beside its count, so that the callers' clock
    /// decides; Redis' own only cleans up.
    pub(super) async fn count(&self, key: &str, window_ms: i64, now: Millis) -> Result<(i64, Millis), TransientError> {
        let mut manager = self.manager.clone();
        let script = Script::new(
            "local ends = tonumber(redis.call('HGET', KEYS[1], 'ends') or '0')
             if ends <= tonumber(ARGV[2]) then
                 redis.call('DEL', KEYS[1])
                 ends = tonumber(ARGV[2]) + tonumber(ARGV[1])
                 redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', ends))
                 redis.call('PEXPIRE', KEYS[1], ARGV[1])
             end
             return {redis.call('HINCRBY', KEYS[1], 'count', 1), ends}",
        );
        let (count, ends): (i64, i64) =
            script.key(self.name(Space::Count, key)).arg(window_ms).arg(now.0).invoke_async(&mut manager).await?;
        Ok((count, Millis(ends)))
    }

    pub(super) async fn uncount(&self, key: &str) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        let script = Script::new(
            "if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HINCRBY', KEYS[1], 'count', -1) <= 0 then
                 redis.call('DEL', KEYS[1])
             end
             return 1",
        );
        Ok(script.key(self.name(Space::Count, key)).invoke_async::<()>(&mut manager).await?)
    }

    pub(super) async fn prolong(&self, key: &str, window_ms: i64, now: Millis) -> Result<(), TransientError> {
        let mut manager = self.manager.clone();
        let script = Script::new(
            "local ends = tonumber(redis.call('HGET', KEYS[1], 'ends') or '0')
             if ends > tonumber(ARGV[2]) then
                 redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', tonumber(ARGV[2]) + tonumber(ARGV[1])))
                 redis.call('PEXPIRE', KEYS[1], ARGV[1])
             end
             return 1",
        );
        Ok(script.key(self.name(Space::Count, key)).arg(window_ms).arg(now.0).invoke_async::<()>(&mut manager).await?)
    }

    pub(super) async fn counted(&self, key: &str, now: Millis) -> Result<Option<(i64, Millis)>, TransientError> {
        let mut manager = self.manager.clone();
        let found: (Option<i64>, Option<i64>) = manager.hmget(self.name(Space::Count, key), &["count", "ends"]).await?;
        Ok(match found {
            (Some(count), Some(ends)) if ends > now.0 => Some((count, Millis(ends))),
            _ => None,
        })
    }
}
