//! Tells the chain to a collector elsewhere, entry by entry and each at least once.
//!
//! One node does it, by a lease. It goes on behind the last number that is known to have got there. What was handed over
//! to the network counts when the connection still stands at the next beat; after a break, what came behind the last
//! number that counted is sent again. Nothing else waits for any of this.

use super::lines::time_of;
use super::pages::{self, Item};
use super::told::{masked, masked_detail};
use crate::base::clock::Millis;
use crate::outbound::syslog::{Connection, Message, Severity, SyslogError};
use crate::service::{Services, leases};
use crate::store::audit_stream::{self, Mover};
use crate::store::{StoreError, audit_chain};

const LEASE: &str = "audit_stream";
/// Longer than a connection and a batch may take together.
const LEASE_SECONDS: i64 = 60;
/// Entries of one batch.
const BATCH: i64 = 200;
/// Batches of one beat; what is left waits for the next one.
const BATCHES: usize = 20;
/// The first wait after a failure; each one after it is twice as long.
const FIRST_WAIT_SECONDS: i64 = 2;
/// No wait is longer.
const LONGEST_WAIT_SECONDS: i64 = 300;

/// Why a beat told nothing, or not all.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The collector, or the way there.
    #[error(transparent)]
    Syslog(#[from] SyslogError),
    /// Another node tells it by now.
    #[error("another node moved the cursor")]
    Overtaken,
}

/// A connection, and how far it was told.
struct Line {
    connection: Connection,
    /// Known to have got there.
    kept: i64,
    /// Handed over to the network.
    sent: i64,
}

/// The stream, as one node keeps it up.
pub struct Stream {
    holder: String,
    line: Option<Line>,
    failures: u32,
    retry_at: Millis,
    /// This node's gauge shows something.
    shown: bool,
}

impl Stream {
    /// One that has not begun.
    pub fn new(holder: String) -> Self {
        Self { holder, line: None, failures: 0, retry_at: Millis(i64::MIN), shown: false }
    }

    /// One beat. Answers how many entries were handed over.
    pub async fn run(&mut self, services: &Services) -> Result<u64, StreamError> {
        if !services.syslog.is_on() {
            return Ok(0);
        }
        if !leases::take(services, LEASE, LEASE_SECONDS, &self.holder).await? {
            self.stop();
            return Ok(0);
        }
        let told = self.go_on(services).await;
        if told.is_err() {
            self.line = None;
            let doubled = FIRST_WAIT_SECONDS.saturating_mul(1_i64 << self.failures.min(20));
            self.failures = self.failures.saturating_add(1);
            self.retry_at = services.clock.now().plus_seconds(doubled.min(LONGEST_WAIT_SECONDS));
        }
        told
    }

    /// Everything ends where the lease does.
    fn stop(&mut self) {
        self.line = None;
        if self.shown {
            self.shown = false;
            show_lag(0);
        }
    }

    async fn go_on(&mut self, services: &Services) -> Result<u64, StreamError> {
        let end = end(services).await?;
        let mut line = if let Some(mut line) = self.line.take() {
            self.count(services, &mut line).await?;
            // Only now: a collector that takes everything and hangs up is away too.
            self.failures = 0;
            line
        } else {
            let kept = audit_stream::cursor(&mut services.store.read().await?).await?;
            self.show(end, kept);
            if kept >= end || services.clock.now() < self.retry_at {
                return Ok(0);
            }
            Line { connection: services.syslog.connect().await?, kept, sent: kept }
        };
        let mut told = 0;
        for batch in 0..BATCHES {
            if line.sent >= end {
                break;
            }
            if batch > 0 && !leases::take(services, LEASE, LEASE_SECONDS, &self.holder).await? {
                self.stop();
                return Ok(told);
            }
            told += send_batch(services, &mut line, end).await?;
        }
        self.show(end, line.kept);
        self.line = Some(line);
        Ok(told)
    }

    /// What was handed over before counts, if the connection still stands.
    async fn count(&self, services: &Services, line: &mut Line) -> Result<(), StreamError> {
        if !line.connection.is_open().await {
            return Err(SyslogError::Closed.into());
        }
        if line.sent == line.kept {
            return Ok(());
        }
        let now = services.clock.now();
        let mover = Mover { lease: LEASE, holder: &self.holder };
        let mut tx = services.store.write().await?;
        let moved = audit_stream::advance(&mut tx, (line.kept, line.sent), mover, now).await?;
        tx.commit().await?;
        if !moved {
            return Err(StreamError::Overtaken);
        }
        line.kept = line.sent;
        Ok(())
    }

    fn show(&mut self, end: i64, kept: i64) {
        self.shown = true;
        show_lag(end.saturating_sub(kept));
    }
}

fn show_lag(entries: i64) {
    metrics::gauge!("motlan_audit_stream_lag").set(f64::from(i32::try_from(entries).unwrap_or(i32::MAX)));
}

/// The last number that is sealed.
async fn end(services: &Services) -> Result<i64, StoreError> {
    Ok(audit_chain::ends(&mut services.store.read().await?).await?.sealed.unwrap_or_default())
}

/// Hands the next entries over; no connection to the database is held meanwhile.
async fn send_batch(services: &Services, line: &mut Line, end: i64) -> Result<u64, StreamError> {
    let page = pages::read(&mut services.store.read().await?, line.sent, end, BATCH).await?;
    let Some(last) = page.items.last().map(|item| item.place.seq) else {
        // Nothing is left there: it was moved into a file meanwhile.
        line.sent = end;
        return Ok(0);
    };
    let frames: Vec<Vec<u8>> = page.items.iter().filter_map(|item| frame(services, item)).collect();
    line.connection.send(&frames.concat()).await?;
    line.sent = last;
    metrics::counter!("motlan_audit_streamed_total").increment(frames.len() as u64);
    Ok(frames.len() as u64)
}

/// An entry as a message. One whose row is gone has none: whoever verifies the chain comes upon it.
fn frame(services: &Services, item: &Item) -> Option<Vec<u8>> {
    let Some(entry) = &item.entry else {
        tracing::error!(audit.seq = item.place.seq, "a record is gone: run `motlan audit verify`");
        return None;
    };
    let (seq, time, detail) = (item.place.seq.to_string(), time_of(entry.at), masked_detail(&entry.detail));
    let actor = masked(entry.actor.as_deref().unwrap_or_default());
    let values = [
        ("seq", seq.as_str()),
        ("event", entry.event.as_str()),
        ("actor", actor.as_str()),
        ("person", entry.person.as_deref().unwrap_or_default()),
        ("client", entry.client.as_deref().unwrap_or_default()),
        ("address", entry.address.as_deref().unwrap_or_default()),
        ("request", entry.request_id.as_deref().unwrap_or_default()),
        ("id", entry.id.as_str()),
    ];
    let severity = severity(&entry.event);
    Some(services.syslog.frame(&Message { severity, time: &time, event: &entry.event, values: &values, text: &detail }))
}

/// How much an event matters.
fn severity(event: &str) -> Severity {
    if event.starts_with("break_glass.") {
        return Severity::Alert;
    }
    match event.rsplit('.').next().unwrap_or(event) {
        "alarm" | "reused" | "disowned" => Severity::Alert,
        "failed" | "throttled" | "refused" | "undelivered" => Severity::Warning,
        _ => Severity::Notice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_warn_and_alarms_call() {
        let table = [
            ("break_glass.alarm", Severity::Alert),
            ("refresh_token.reused", Severity::Alert),
            ("account.disowned", Severity::Alert),
            ("sign_in.failed", Severity::Warning),
            ("sign_in.throttled", Severity::Warning),
            ("mail.undelivered", Severity::Warning),
            ("sign_in.succeeded", Severity::Notice),
            ("grant.given", Severity::Notice),
        ];
        for (event, expected) in table {
            assert_eq!(severity(event), expected, "{event}");
        }
    }
}
