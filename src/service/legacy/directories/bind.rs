//! Whether a directory finds a password right: a bind as whoever signs in (RFC 4513 §5.1.3).
//!
//! An empty password never gets there: to many servers it is nobody at all, and
//! they say yes. Who is not known there, who is disabled, who typed a wrong
//! password and who typed too many of them hear the same.

use super::entry;
use super::limits::{Held, Room};
use super::offline::{self, Typing};
use super::servers::{Memory, Way, in_time};
use crate::base::clock::Millis;
use crate::base::text::fold;
use crate::crypto::password::HashPool;
use crate::model::device::Device;
use crate::model::legacy_source::{BindBy, LdapSettings, LegacySource};
use crate::outbound::ldap::{Code, Directory, Entry, LdapFault, Wanted};
use crate::service::legacy::arrivals::{self, Arrival};
use crate::service::{Failure, Origin, Services};
use secrecy::{ExposeSecret as _, SecretString};

/// Nobody types more, in bytes.
const LONGEST_PASSWORD: usize = 1_024;
/// Two entries of one name are one too many.
const MOST_ENTRIES: usize = 2;
/// A directory is unwilling (RFC 4511 appendix A): so many answer for whom they have disabled, or locked.
const UNWILLING: Code = Code(53);

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindAnswer {
    /// The password is that of an account.
    Right {
        /// What the source calls it.
        legacy_id: String,
        /// The directory is away: it was right when the directory was last there.
        offline: bool,
    },
    /// It is not.
    Wrong,
    /// So many of the name were wrong that nothing of it is passed on, whosever it is, until then.
    Held {
        /// When to try again.
        until: Millis,
    },
    /// The directory is away, or does not serve us; nothing was looked at.
    Down,
    /// The directory is away, and the password is not what was learnt of whoever is meant, or nothing was learnt of them.
    /// It is a failure; whoever typed it hears of an outage.
    Unproven,
}

/// What somebody typed, and where.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    /// The name, as the directory knows it.
    pub username: &'a str,
    /// The password.
    pub password: &'a SecretString,
    /// The number of the device, where whoever has the name has used it before.
    pub device: Option<&'a str>,
    /// As whom they wait for hashes.
    pub hasher: &'a HashPool,
}

/// What the directory said.
enum Said {
    Right(Box<Arrival>),
    Wrong,
    /// The account has no failure left: nothing was passed on.
    Held(Millis),
    Fault {
        fault: LdapFault,
        /// The password was passed on: nobody knows whether it counts there as a failure.
        passed_on: bool,
    },
}

/// A connection on which a password may be tried.
struct Ready {
    directory: Directory,
    server: String,
    /// Whom it is tried for, where that is known. Of others it is tried for nobody.
    name: Option<String>,
    /// Their entry, where it was searched for.
    entry: Option<Entry>,
}

/// Asks the directory of a source. Whoever is found right by it is known as an account afterwards.
pub async fn check(
    services: &Services,
    source: &LegacySource,
    settings: &LdapSettings,
    typed: Typed<'_>,
) -> Result<BindAnswer, Failure> {
    let Typed { username, password, device, hasher } = typed;
    let length = password.expose_secret().len();
    if !(1..=LONGEST_PASSWORD).contains(&length) || !settings.is_name(username) {
        count("wrong");
        return Ok(BindAnswer::Wrong);
    }
    let trying = Trying {
        services: services.clone(),
        source: source.clone(),
        settings: settings.clone(),
        username: username.to_owned(),
        password: password.clone(),
        device: device.map(str::to_owned),
        hasher: hasher.clone(),
    };
    // It goes on where nobody waits for it any more: a password that was passed on is counted.
    match tokio::spawn(async move { trying.run().await }).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(source = %source.id, %error, "asking a directory broke off");
            count("refused");
            Ok(BindAnswer::Down)
        }
    }
}

/// A password that is tried.
struct Trying {
    services: Services,
    source: LegacySource,
    settings: LdapSettings,
    username: String,
    password: SecretString,
    device: Option<String>,
    hasher: HashPool,
}

impl Trying {
    async fn run(&self) -> Result<BindAnswer, Failure> {
        let (services, source, settings) = (&self.services, &self.source, &self.settings);
        let mut room = Room::new(services, settings, self.device.is_some());
        if let Err(Held { until }) = room.reserve(source, "name", &fold(&self.username)).await? {
            count("held");
            return Ok(BindAnswer::Held { until });
        }
        let said = match Way::new(services, source, settings).await {
            Ok(Ok(way)) => ask(&way, &mut room, &self.username, &self.password).await?,
            Ok(Err(fault)) => Said::Fault { fault, passed_on: false },
            Err(error) => {
                room.give_back().await?;
                return Err(error);
            }
        };
        match said {
            Said::Right(arrival) => {
                room.succeed().await?;
                let legacy_id = arrival.legacy_id.clone();
                arrivals::arrive(services, source, *arrival, &origin()).await?;
                if let Err(error) = offline::learn(services, (source, settings), &legacy_id, self.typing()).await {
                    tracing::warn!(source = %source.id, %error, "nothing was learnt at a good sign-in with a directory");
                }
                count("right");
                Ok(BindAnswer::Right { legacy_id, offline: false })
            }
            Said::Wrong => {
                room.fail().await?;
                if let Err(error) = offline::refused(services, (source, settings), self.typing()).await {
                    tracing::warn!(source = %source.id, %error, "it was not looked at whether a learnt password is over");
                }
                count("wrong");
                Ok(BindAnswer::Wrong)
            }
            Said::Held(until) => {
                // What was typed is no failure that the directory knows of.
                room.give_back().await?;
                count("held");
                Ok(BindAnswer::Held { until })
            }
            Said::Fault { fault, passed_on } => {
                if passed_on {
                    room.fail().await?;
                } else {
                    room.give_back().await?;
                }
                if fault.is_away() {
                    return self.away().await;
                }
                tracing::warn!(source = %source.id, %fault, "a directory answers, and does not serve us");
                count("refused");
                Ok(BindAnswer::Down)
            }
        }
    }

    fn typing(&self) -> Typing<'_> {
        Typing { username: &self.username, password: &self.password, hasher: &self.hasher }
    }

    /// What was learnt when the directory was there. A wrong password is told as an outage: of whom something was learnt is
    /// nobody's to find out. What is tried here counts by itself, as the directory knows nothing of it; and by itself on a
    /// device of the person's own, so that no stranger keeps them out.
    async fn away(&self) -> Result<BindAnswer, Failure> {
        let (services, source, settings) = (&self.services, &self.source, &self.settings);
        let mut room = Room::new(services, settings, self.device.is_some());
        let name = format!("{}\n{}", fold(&self.username), self.device.as_deref().unwrap_or_default());
        if !offline::counts(services, (source, settings)).await? || room.reserve(source, "offline", &name).await?.is_err() {
            count("down");
            return Ok(BindAnswer::Down);
        }
        match offline::check(services, (source, settings), self.typing()).await {
            Ok(Some(legacy_id)) => {
                room.succeed().await?;
                count("offline");
                Ok(BindAnswer::Right { legacy_id, offline: true })
            }
            Ok(None) => {
                room.fail().await?;
                count("down");
                Ok(BindAnswer::Unproven)
            }
            Err(error) => {
                // Nothing was looked at.
                room.give_back().await?;
                Err(error)
            }
        }
    }
}

async fn ask(way: &Way<'_>, room: &mut Room<'_>, username: &str, password: &SecretString) -> Result<Said, Failure> {
    // Up to here another server may be asked; a password is passed on once.
    let ready = match way.first(Memory::Heeded, |server| prepare(way, username, server)).await {
        Ok(ready) => ready,
        Err(fault) => return Ok(Said::Fault { fault, passed_on: false }),
    };
    let told = ready.entry.as_ref().and_then(|found| entry::arrival(way.settings, found));
    if let Some(told) = &told {
        // Whatever they are called by: a directory knows one account by several names.
        if let Err(Held { until }) = room.reserve(way.source, "account", &told.legacy_id).await? {
            return Ok(Said::Held(until));
        }
    }
    let server = ready.server.clone();
    match in_time(tried(way, ready, username, password)).await {
        Ok(said) => Ok(said),
        Err(fault) => {
            if fault.is_away() {
                way.note_away(&server).await;
            }
            Ok(Said::Fault { fault, passed_on: true })
        }
    }
}

/// Connects, and finds out who is meant.
async fn prepare(way: &Way<'_>, username: &str, server: String) -> Result<Ready, LdapFault> {
    let mut directory = way.open(&server).await?;
    if let Some(name) = way.settings.bind_name(username) {
        return Ok(Ready { directory, server, name: Some(name), entry: None });
    }
    way.as_reader(&mut directory).await?;
    let entry = the_one(way, &mut directory, username).await?;
    let name = entry.as_ref().map(|entry| entry.dn.clone()).filter(|dn| !dn.is_empty());
    Ok(Ready { directory, server, name, entry })
}

/// Tries the password, and reads whose it is.
async fn tried(way: &Way<'_>, ready: Ready, username: &str, password: &SecretString) -> Result<Said, LdapFault> {
    let Ready { mut directory, server: _, name, entry } = ready;
    // Nobody's password is tried as well: it takes as long as somebody's.
    let nobody = || format!("cn={},{}", way.services.entropy.token(), way.settings.base);
    let is_somebody = name.is_some();
    let name = name.unwrap_or_else(nobody);
    let is_right = match directory.bind(&name, password).await {
        Err(LdapFault::Refused(code)) if code == UNWILLING => false,
        answer => answer?,
    };
    if !(is_right && is_somebody) {
        directory.end().await;
        return Ok(Said::Wrong);
    }
    let entry = match entry {
        Some(entry) => Some(entry),
        None => own_entry(way, &mut directory, &name, username).await?,
    };
    directory.end().await;
    let told = entry.filter(|entry| !entry::is_disabled(entry)).and_then(|entry| entry::arrival(way.settings, &entry));
    if told.is_none() {
        tracing::warn!(source = %way.source.id, "a directory lets somebody in whose entry is disabled, or cannot be read");
    }
    Ok(told.map_or(Said::Wrong, |told| Said::Right(Box::new(told))))
}

/// The entry of whoever is bound, as the entry that reads sees it where there is one: as the scheduled reading does.
async fn own_entry(way: &Way<'_>, directory: &mut Directory, name: &str, username: &str) -> Result<Option<Entry>, LdapFault> {
    if way.reader.is_some() {
        way.as_reader(directory).await?;
    }
    match way.settings.bind {
        BindBy::Template => {
            let filter = way.settings.own_filter(username);
            let attributes = entry::attributes(way.settings);
            directory.read(&Wanted { base: name, filter: &filter, attributes: &attributes }).await
        }
        BindBy::Upn | BindBy::Search => the_one(way, directory, username).await,
    }
}

/// The one entry of a name; none where there are several.
async fn the_one(way: &Way<'_>, directory: &mut Directory, username: &str) -> Result<Option<Entry>, LdapFault> {
    let filter = way.settings.own_filter(username);
    let attributes = entry::attributes(way.settings);
    let wanted = Wanted { base: &way.settings.base, filter: &filter, attributes: &attributes };
    let found = directory.find(&wanted, MOST_ENTRIES).await?;
    if found.more || found.entries.len() > 1 {
        tracing::warn!(source = %way.source.id, "a name in a directory is that of several entries: nobody gets in by it");
        return Ok(None);
    }
    Ok(found.entries.into_iter().next())
}

/// What the directory tells of somebody is not what their browser does.
fn origin() -> Origin {
    Origin { address: "directory".to_owned(), request_id: String::new(), device: Device::default() }
}

fn count(outcome: &'static str) {
    metrics::counter!("motlan_directory_binds_total", "outcome" => outcome).increment(1);
}
