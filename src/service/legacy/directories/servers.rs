//! The servers of a directory, one after another, and as whom they are read.

use crate::model::legacy_source::{LdapSettings, LegacySource};
use crate::outbound::ldap::{Code, Directory, LdapFault, Trust};
use crate::service::legacy::sources;
use crate::service::{Failure, Services};
use crate::transient::attempts;
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A server that was away is not asked for so long, and not before all of them could have been asked.
const AWAY_MS: i64 = 15_000;
const AWAY: &str = "directory-away";
/// Whoever signs in waits no longer for all servers together, and as long again for the one that has their password: the
/// page is given up after half a minute.
const PATIENCE: Duration = Duration::from_secs(12);

/// Whether a server that was away a moment ago is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// It is not.
    Heeded,
    /// It is.
    Ignored,
}

/// What comes of it in the time for which somebody waits.
pub(super) async fn in_time<T>(asking: impl Future<Output = Result<T, LdapFault>>) -> Result<T, LdapFault> {
    timeout(PATIENCE, asking).await.unwrap_or(Err(LdapFault::Silent))
}

/// What is needed to speak with a directory.
pub(super) struct Way<'a> {
    pub(super) services: &'a Services,
    pub(super) source: &'a LegacySource,
    pub(super) settings: &'a LdapSettings,
    pub(super) trust: Trust,
    /// The password of the entry that reads, when there is one.
    pub(super) reader: Option<SecretString>,
}

impl<'a> Way<'a> {
    /// Opens what is kept of the source. A certificate that cannot be read is a fault of the directory's settings.
    pub(super) async fn new(
        services: &'a Services,
        source: &'a LegacySource,
        settings: &'a LdapSettings,
    ) -> Result<Result<Self, LdapFault>, Failure> {
        let secret = sources::secret(services, &source.id).await?.filter(|_| !settings.reader_dn.is_empty());
        let reader = secret.and_then(|bytes| std::str::from_utf8(&bytes).ok().map(SecretString::from));
        Ok(Trust::of(settings.ca.as_deref()).map(|trust| Self { services, source, settings, trust, reader }))
    }

    /// A connection to one server.
    pub(super) async fn open(&self, server: &str) -> Result<Directory, LdapFault> {
        Directory::open(server, &self.trust, self.silence()).await
    }

    /// A server that is silent for so long is away.
    fn silence(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.settings.timeout_seconds).unwrap_or(1))
    }

    /// Lets the entry that reads be the one that asks. That its password is refused is no outage.
    pub(super) async fn as_reader(&self, directory: &mut Directory) -> Result<(), LdapFault> {
        let Some(password) = &self.reader else {
            return Err(LdapFault::Setup("the source has no secret: reader_dn needs its password".to_owned()));
        };
        if directory.bind(&self.settings.reader_dn, password).await? { Ok(()) } else { Err(LdapFault::Refused(Code(49))) }
    }

    /// What the first server brings that is there. Where its being away is remembered, somebody waits: then there is one time
    /// for all of them.
    pub(super) async fn first<T, F>(&self, memory: Memory, ask: impl Fn(String) -> F) -> Result<T, LdapFault>
    where
        F: Future<Output = Result<T, LdapFault>>,
    {
        let mut last = LdapFault::Unreachable("it was away a moment ago".to_owned());
        let begun = Instant::now();
        for server in &self.settings.servers {
            if memory == Memory::Heeded && self.is_away(server).await {
                continue;
            }
            let left = match memory {
                Memory::Heeded => PATIENCE.saturating_sub(begun.elapsed()),
                Memory::Ignored => Duration::MAX,
            };
            if left.is_zero() {
                break;
            }
            match timeout(left, ask(server.clone())).await.unwrap_or(Err(LdapFault::Silent)) {
                Ok(brought) => return Ok(brought),
                Err(fault) => {
                    // Of one that had less time than it may take nothing is known.
                    if fault.is_away() && left >= self.silence() {
                        self.note_away(server).await;
                    }
                    tracing::warn!(source = %self.source.id, server = %server, %fault, "a directory server does not serve");
                    last = fault;
                }
            }
        }
        Err(last)
    }

    /// Notes that a server is away. That it cannot be noted is no reason to stop.
    pub(super) async fn note_away(&self, server: &str) {
        let (name, now) = (self.name_of(server), self.services.clock.now());
        let all = i64::try_from(self.settings.servers.len()).unwrap_or(1) * self.settings.timeout_seconds * 1_000;
        if let Err(error) = attempts::hold(&self.services.transient, AWAY, &name, AWAY_MS.max(all), now).await {
            tracing::debug!(%error, "it could not be noted that a directory server is away");
        }
    }

    async fn is_away(&self, server: &str) -> bool {
        let held = attempts::held_until(&self.services.transient, AWAY, &self.name_of(server), self.services.clock.now()).await;
        held.is_ok_and(|until| until.is_some())
    }

    /// With other settings it is another server.
    fn name_of(&self, server: &str) -> String {
        format!("{}\n{}\n{server}", self.source.id, self.source.version)
    }
}
