//! How many wrong passwords of one account are passed on: fewer than lock it there.
//!
//! A directory counts wrong passwords in a row, whoever types them, and begins
//! anew when there was none for a while. So do we: each one that is passed on
//! lengthens the time in which they are counted, and what is held back is no
//! failure and lengthens nothing. One of them is kept for a device that the
//! person has used before, at every time: strangers lock nobody out, there or here.
//!
//! This is the only place where they are counted.

use crate::base::clock::Millis;
use crate::model::legacy_source::{LdapSettings, LegacySource};
use crate::service::{Failure, Services};
use crate::transient::attempts;

/// Wrong passwords that were, or may be, passed on.
const PASSED_ON: &str = "directory-passed-on";
const MINUTE_MS: i64 = 60_000;

/// No failure of an account is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    /// Until then nothing is passed on.
    pub(super) until: Millis,
}

/// How many of them may be passed on.
fn most(allowed: i64, on_own_device: bool) -> i64 {
    if on_own_device { allowed } else { (allowed - 1).max(1) }
}

/// What counts the failures of one account.
pub(super) struct Room<'a> {
    services: &'a Services,
    most: i64,
    window_ms: i64,
    names: Vec<String>,
}

impl<'a> Room<'a> {
    /// Nothing is reserved yet.
    pub(super) fn new(services: &'a Services, settings: &LdapSettings, on_own_device: bool) -> Self {
        let (most, window_ms) = (most(settings.most_failures(), on_own_device), settings.failure_minutes * MINUTE_MS);
        Self { services, most, window_ms, names: Vec::new() }
    }

    /// Reserves one failure of an account, by what is typed or by what it is called there; where none is left, until when
    /// nothing is passed on.
    pub(super) async fn reserve(&mut self, source: &LegacySource, what: &str, name: &str) -> Result<Result<(), Held>, Failure> {
        let (transient, now) = (&self.services.transient, self.services.clock.now());
        let name = format!("{}\n{what}\n{name}", source.id);
        let (count, until) = attempts::add(transient, PASSED_ON, &name, self.window_ms, now).await?;
        if count > self.most {
            attempts::take_back(transient, PASSED_ON, &name, now).await?;
            return Ok(Err(Held { until }));
        }
        self.names.push(name);
        Ok(Ok(()))
    }

    /// The directory took it for a failure: its own time begins now.
    pub(super) async fn fail(self) -> Result<(), Failure> {
        for name in &self.names {
            let now = self.services.clock.now();
            attempts::prolong(&self.services.transient, PASSED_ON, name, self.window_ms, now).await?;
        }
        Ok(())
    }

    /// Nothing was passed on.
    pub(super) async fn give_back(self) -> Result<(), Failure> {
        for name in &self.names {
            attempts::take_back(&self.services.transient, PASSED_ON, name, self.services.clock.now()).await?;
        }
        Ok(())
    }

    /// It was right: the directory forgets what was wrong before, and so do we.
    pub(super) async fn succeed(self) -> Result<(), Failure> {
        for name in &self.names {
            attempts::clear(&self.services.transient, PASSED_ON, name).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_try_is_kept_for_a_device_of_the_persons_own() {
        for (allowed, own, stranger) in [(3, 3, 2), (2, 2, 1), (1, 1, 1)] {
            assert_eq!((most(allowed, true), most(allowed, false)), (own, stranger), "{allowed}");
        }
    }
}
