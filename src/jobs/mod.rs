//! Back doors: each job is a loop, a lease where only one node may act, and one call to a capability.

pub mod figures;
pub mod ldap_sync;
pub mod legacy_closing;
pub mod legacy_wrap;
pub mod movers;
pub mod notices;
pub mod reorganization_due;

use crate::service::{
    Services, administrators, directory, entitlements, keys, known, legacy, lifecycle, logout, mails, provisioning, retention,
    trail,
};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

/// Twice a second a node learns what others changed.
const REFRESH_MS: u64 = 500;
/// Deliveries are looked for this often when nothing rings.
const DELIVERY_MS: u64 = 1_000;
/// Deliveries at a time.
const IN_FLIGHT: usize = 200;
/// Records get their places in the chain.
const RECORDS_SECONDS: u64 = 60;
/// The list of people is at most so long behind.
const LISTED_MS: u64 = 1_000;
/// Between two short writes others have their turn.
const PAUSE_MS: u64 = 10;
/// Files that administrators brought are looked for this often.
const FILES_MS: u64 = 1_000;
/// Accounts follow posts.
const LIFECYCLE_MS: u64 = 1_000;
/// Keys and leftovers.
const HOUSEKEEPING_SECONDS: u64 = 300;
/// An import that nobody touched for this long was killed.
const ABANDONED_SECONDS: i64 = 900;

/// Starts all jobs; they end when `stop` turns true.
pub fn start(services: &Services, stop: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(until(stop.clone(), remember(services.clone())));
    jobs.spawn(until(stop.clone(), deliver_logouts(services.clone())));
    jobs.spawn(until(stop.clone(), deliver_mails(services.clone())));
    jobs.spawn(until(stop.clone(), keep_house(services.clone())));
    jobs.spawn(until(stop.clone(), follow_posts(services.clone())));
    jobs.spawn(until(stop.clone(), line_up_records(services.clone())));
    if services.syslog.is_on() {
        jobs.spawn(until(stop.clone(), stream_records(services.clone())));
    }
    jobs.spawn(until(stop.clone(), raise_alarms(services.clone())));
    jobs.spawn(until(stop.clone(), list_people(services.clone())));
    jobs.spawn(until(stop.clone(), notices::of_addresses(services.clone())));
    jobs.spawn(until(stop.clone(), bring_files(services.clone())));
    jobs.spawn(until(stop.clone(), ldap_sync::read(services.clone())));
    jobs.spawn(until(stop.clone(), bring_legacy_files(services.clone())));
    jobs.spawn(until(stop.clone(), figures::count(services.clone())));
    jobs.spawn(until(stop.clone(), legacy_wrap::wrap(services.clone())));
    jobs.spawn(until(stop.clone(), legacy_closing::end(services.clone())));
    jobs.spawn(until(stop.clone(), reorganization_due::apply(services.clone())));
    jobs.spawn(until(stop.clone(), movers::tell(services.clone())));
    jobs
}

async fn until(mut stop: watch::Receiver<bool>, job: impl Future<Output = ()>) {
    tokio::select! {
        () = job => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// A beat that makes up for nothing: after work that took longer, the next one comes a whole period later.
fn steady(period: Duration) -> Interval {
    let mut beat = tokio::time::interval(period);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat
}

async fn remember(services: Services) {
    let mut beat = steady(Duration::from_millis(REFRESH_MS));
    let mut failing = false;
    loop {
        beat.tick().await;
        match known::refresh(&services).await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "changes cannot be read: nothing is answered from memory meanwhile");
            }
            Err(_) => {}
        }
    }
}

/// One hanging system holds up its own delivery and no other.
async fn deliver_logouts(services: Services) {
    let mut in_flight = JoinSet::new();
    loop {
        while in_flight.try_join_next().is_some() {}
        if in_flight.len() < IN_FLIGHT {
            match logout::deliver::claim(&services).await {
                Ok(claimed) if !claimed.is_empty() => {
                    for delivery in claimed {
                        let services = services.clone();
                        in_flight.spawn(async move {
                            if let Err(error) = logout::deliver::deliver(&services, &delivery).await {
                                tracing::error!(%error, "a logout delivery could not be recorded; it is tried again");
                            }
                        });
                    }
                    continue;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "logout tokens could not be delivered; they stay in the outbox"),
            }
        }
        let rung = services.deliveries.notified();
        let _ = tokio::time::timeout(Duration::from_millis(DELIVERY_MS), rung).await;
    }
}

/// What the account for the worst day does is told within so many seconds.
const ALARM_SECONDS: u64 = 15;

async fn raise_alarms(services: Services) {
    let mut beat = steady(Duration::from_secs(ALARM_SECONDS));
    loop {
        beat.tick().await;
        if let Err(error) = administrators::alarm::run(&services).await {
            tracing::error!(%error, "what the account for the worst day did could not be told");
        }
    }
}

async fn line_up_records(services: Services) {
    let holder = services.entropy.token();
    let mut beat = steady(Duration::from_secs(RECORDS_SECONDS));
    loop {
        beat.tick().await;
        if let Err(error) = trail::chain::run(&services, &holder).await {
            tracing::error!(%error, "records could not be chained; it is tried again");
        }
        if let Err(error) = trail::segments::archive(&services, &holder).await {
            tracing::error!(%error, "an old month of records could not be moved; it is tried again");
        }
    }
}

/// Whoever left is out within a second, at midnight and after every set of changes.
async fn follow_posts(services: Services) {
    let holder = services.entropy.token();
    let mut memory = lifecycle::Memory::default();
    let mut beat = steady(Duration::from_millis(LIFECYCLE_MS));
    let mut failing = false;
    loop {
        beat.tick().await;
        loop {
            match lifecycle::run(&services, &mut memory, &holder).await {
                Ok(true) => failing = false,
                Ok(false) => {
                    failing = false;
                    break;
                }
                Err(error) => {
                    if !failing {
                        failing = true;
                        tracing::error!(%error, "accounts cannot follow posts; it is tried again each second");
                    }
                    break;
                }
            }
        }
    }
}

/// New entries are told to the collector this often.
const STREAM_SECONDS: u64 = 2;

/// A collector that is away, or slow, holds up nothing else.
async fn stream_records(services: Services) {
    let mut stream = trail::stream::Stream::new(services.entropy.token());
    let mut beat = steady(Duration::from_secs(STREAM_SECONDS));
    loop {
        beat.tick().await;
        if let Err(error) = stream.run(&services).await {
            tracing::warn!(%error, "records could not be told to the collector; it is tried again");
        }
    }
}

async fn keep_house(services: Services) {
    let holder = services.entropy.token();
    let mut beat = tokio::time::interval(Duration::from_secs(HOUSEKEEPING_SECONDS));
    loop {
        beat.tick().await;
        if let Err(error) = keys::rotate_due(&services, &holder).await {
            tracing::error!(%error, "keys could not be looked after");
        }
        if let Err(error) = entitlements::uses::run(&services, &holder).await {
            tracing::warn!(%error, "which roles are in use could not be noted");
        }
        if let Err(error) = known::remove_old(&services).await {
            tracing::warn!(%error, "old changes could not be removed");
        }
        if let Err(error) = retention::remove_old(&services, &holder).await {
            tracing::warn!(%error, "records whose time has come could not be removed");
        }
        if let Err(error) = provisioning::change_set::clean_abandoned(&services, ABANDONED_SECONDS).await {
            tracing::warn!(%error, "an abandoned import could not be removed");
        }
        if let Err(error) = legacy::files::tidy(&services).await {
            tracing::error!(%error, "files of old accounts could not be tidied up; it is tried again");
        }
        if let Err(error) = provisioning::imports::tidy::tidy(&services).await {
            tracing::warn!(%error, "files that are over could not be removed");
        }
    }
}

/// Mails at a time: mail servers let few connections in.
const MAILS_IN_FLIGHT: usize = 8;

/// One mail server that hangs holds up its own mails and no page.
async fn deliver_mails(services: Services) {
    let mut in_flight = JoinSet::new();
    loop {
        while in_flight.try_join_next().is_some() {}
        if in_flight.len() < MAILS_IN_FLIGHT {
            match mails::claim(&services).await {
                Ok(claimed) if !claimed.is_empty() => {
                    for mail in claimed {
                        if in_flight.len() >= MAILS_IN_FLIGHT {
                            in_flight.join_next().await;
                        }
                        let services = services.clone();
                        in_flight.spawn(async move {
                            if let Err(error) = mails::deliver(&services, &mail).await {
                                tracing::error!(%error, "what came of a mail could not be recorded; it is sent again");
                            }
                        });
                    }
                    continue;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "mail could not be sent; it stays in the outbox"),
            }
        }
        let rung = services.letters.notified();
        let _ = tokio::time::timeout(Duration::from_millis(DELIVERY_MS), rung).await;
    }
}

/// Keeps the list of people, a few of them at a time.
async fn list_people(services: Services) {
    let holder = services.entropy.token();
    let mut memory = directory::Memory::default();
    let mut beat = steady(Duration::from_millis(LISTED_MS));
    loop {
        beat.tick().await;
        loop {
            match directory::reindex(&services, &mut memory, &holder).await {
                Ok(true) => tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await,
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "the list of people could not be brought up to date; it is tried again");
                    break;
                }
            }
        }
    }
}

/// One file after another; the node that takes one holds it as long as it says so.
async fn bring_legacy_files(services: Services) {
    let holder = services.entropy.token();
    loop {
        match legacy::files::work::run(&services, &holder).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the work on a file of old accounts stopped; it is taken up again"),
        }
        tokio::time::sleep(Duration::from_millis(FILES_MS)).await;
    }
}

async fn bring_files(services: Services) {
    let holder = services.entropy.token();
    loop {
        match provisioning::imports::run::run(&services, &holder).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the work on a file stopped; it is taken up again"),
        }
        tokio::time::sleep(Duration::from_millis(FILES_MS)).await;
    }
}
