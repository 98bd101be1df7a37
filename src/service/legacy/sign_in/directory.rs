//! A password asked of a directory.
//!
//! How many that are wrong are passed on, so that nobody locks an account there,
//! is counted where they are passed on.

use super::{SignInError, Try, Verdict};
use crate::model::legacy_source::LdapSettings;
use crate::service::legacy::directories::bind::{self, BindAnswer, Typed};
use crate::service::throttle::Limit;

impl Try<'_> {
    /// Whether the directory takes the name and the password.
    pub(super) async fn ask_directory(&self, settings: &LdapSettings) -> Result<Verdict, SignInError> {
        let services = self.services;
        let typed = Typed { username: &self.name, password: &self.password, device: self.device, hasher: &self.hasher };
        match bind::check(services, self.source, settings, typed).await? {
            BindAnswer::Right { legacy_id, offline } => Ok(Verdict::Right { legacy_id, offline, replacing: None }),
            BindAnswer::Wrong => Ok(Verdict::Wrong),
            BindAnswer::Held { until } => {
                let seconds = (until.since(services.clock.now()) + 999).div_euclid(1_000).max(1);
                Err(SignInError::Locked { limit: Limit::Name, until, seconds })
            }
            BindAnswer::Unproven => Ok(Verdict::Unproven),
            BindAnswer::Down => Err(SignInError::Down),
        }
    }
}
