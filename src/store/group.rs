//! Group commit: writes of the silent path wait for each other and share one
//! transaction, so that durable does not mean slow.
//!
//! One task gathers whatever waits, writes it, and answers everyone only after
//! the commit. A batch that fails is answered with its error: nothing that was
//! acknowledged is lost.

use super::audit::{self, AuditRow};
use super::grants::{self, GrantRow};
use super::legacy_uses::{self, Use};
use super::refresh_tokens::{self, NewRefreshToken};
use super::{Store, StoreError, sign_ons};
use crate::base::clock::Millis;
use crate::base::id::SignOnId;
use moka::sync::Cache;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The most that one transaction takes along: a few milliseconds of work.
const MOST: usize = 64;
/// So many uses of legacy identifiers are remembered as noted today. One that was forgotten is written again, which
/// changes nothing.
const NOTED: u64 = 50_000;
/// How many may wait before the next one is told that the store is busy.
const WAITING: usize = 4_096;

/// A grant to record, and the refresh token that goes with it.
#[derive(Debug)]
pub struct Redemption {
    /// The grant.
    pub grant: GrantRow,
    /// Its first refresh token.
    pub refresh_token: Option<NewRefreshToken>,
}

/// What became of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    /// Recorded: nobody had redeemed the code before.
    First,
    /// The code had been redeemed before; nothing was recorded.
    Again,
    /// The sign-on has ended meanwhile; nothing was recorded.
    SignedOut,
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Item {
    Redemption(Box<Redemption>, Answer<Redeemed>),
    Record(Box<AuditRow>, Answer<()>),
    Seen(SignOnId, Millis),
    LegacyUsed(Box<Use>),
}

/// The door to the gathering task.
#[derive(Clone)]
pub struct GroupWriter {
    items: mpsc::Sender<Item>,
    noted: Cache<Use, ()>,
}

impl GroupWriter {
    /// Starts the task; it ends when the last writer is dropped.
    pub fn start(store: Store) -> Self {
        let (items, waiting) = mpsc::channel(WAITING);
        let noted = Cache::builder().max_capacity(NOTED).time_to_live(Duration::from_hours(24)).build();
        tokio::spawn(gather(store, waiting, noted.clone()));
        Self { items, noted }
    }

    /// Records a redemption. Durable when it answers.
    pub async fn redeem(&self, redemption: Redemption) -> Result<Redeemed, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Item::Redemption(Box::new(redemption), answer))?;
        answered.await.map_err(|_| stopped())?
    }

    /// Records an act that changes nothing else. Durable when it answers; it
    /// shares the commit of whatever else waits.
    pub async fn record(&self, row: AuditRow) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Item::Record(Box::new(row), answer))?;
        answered.await.map_err(|_| stopped())?
    }

    /// Notes that a sign-on was used. Waits for nothing: losing it costs an idle minute.
    pub fn seen(&self, sign_on: SignOnId, now: Millis) {
        let _ = self.items.try_send(Item::Seen(sign_on, now));
    }

    /// Notes that a legacy identifier was told, once a day. Waits for nothing: what is lost is noted at the next telling.
    pub fn legacy_used(&self, used: Use) {
        if !self.noted.contains_key(&used) {
            let _ = self.items.try_send(Item::LegacyUsed(Box::new(used)));
        }
    }

    fn send(&self, item: Item) -> Result<(), StoreError> {
        self.items.try_send(item).map_err(|_| StoreError::Unavailable("too many writes are waiting".to_owned()))
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

/// What one round took along.
#[derive(Default)]
struct Batch {
    redemptions: Vec<(Box<Redemption>, Answer<Redeemed>)>,
    records: Vec<(Box<AuditRow>, Answer<()>)>,
    seen: BTreeMap<SignOnId, Millis>,
    legacy_used: BTreeSet<Use>,
}

async fn gather(store: Store, mut waiting: mpsc::Receiver<Item>, noted: Cache<Use, ()>) {
    let mut items = Vec::with_capacity(MOST);
    while waiting.recv_many(&mut items, MOST).await > 0 {
        let mut batch = Batch::default();
        for item in items.drain(..) {
            match item {
                Item::Redemption(redemption, answer) => batch.redemptions.push((redemption, answer)),
                Item::Record(row, answer) => batch.records.push((row, answer)),
                Item::Seen(sign_on, now) => {
                    batch.seen.insert(sign_on, now);
                }
                Item::LegacyUsed(used) => {
                    batch.legacy_used.insert(*used);
                }
            }
        }
        let seen = std::mem::take(&mut batch.seen);
        // Those that waited while the same one was being written are dropped here.
        let mut legacy_used = std::mem::take(&mut batch.legacy_used);
        legacy_used.retain(|used| !noted.contains_key(used));
        if !batch.redemptions.is_empty() || !batch.records.is_empty() {
            let written = write(&store, &batch).await;
            answer_all(batch, written);
        }
        if !seen.is_empty()
            && let Err(error) = note(&store, seen).await
        {
            tracing::debug!(%error, "the last use of some sign-ons was not noted");
        }
        if !legacy_used.is_empty() {
            match note_legacy(&store, &legacy_used).await {
                Ok(()) => {
                    for used in legacy_used {
                        noted.insert(used, ());
                    }
                }
                Err(error) => tracing::debug!(%error, "some uses of legacy identifiers were not noted"),
            }
        }
    }
}

/// Which grants were recorded, and which sign-ons were open.
#[derive(Default)]
struct Written {
    recorded: HashSet<String>,
    open: HashSet<String>,
}

impl Written {
    fn became(&self, grant: &GrantRow) -> Redeemed {
        if self.recorded.contains(&grant.id) {
            Redeemed::First
        } else if self.open.contains(&grant.sign_on_id) {
            Redeemed::Again
        } else {
            Redeemed::SignedOut
        }
    }
}

/// A caller who has gone away meanwhile is not missed.
fn answer_all(batch: Batch, written: Result<Written, StoreError>) {
    let written = written.map_err(|error| error.to_string());
    let failed = |text: &String| StoreError::Unavailable(text.clone());
    for (redemption, answer) in batch.redemptions {
        let _ = answer.send(written.as_ref().map(|written| written.became(&redemption.grant)).map_err(failed));
    }
    for (_, answer) in batch.records {
        let _ = answer.send(written.as_ref().map(|_| ()).map_err(failed));
    }
}

/// Writes a batch. The sign-ons are held open until the commit: a sign-out
/// either finds the new grant, or came first and nothing is recorded.
async fn write(store: &Store, batch: &Batch) -> Result<Written, StoreError> {
    let mut tx = store.write().await?;
    let redemptions: Vec<&Redemption> = batch.redemptions.iter().map(|(redemption, _)| redemption.as_ref()).collect();
    let written = redeem_all(&mut tx, &redemptions).await?;
    let records: Vec<&AuditRow> = batch.records.iter().map(|(row, _)| row.as_ref()).collect();
    audit::add_all(&mut tx, &records).await?;
    tx.commit().await?;
    Ok(written)
}

async fn redeem_all(tx: &mut super::Tx, redemptions: &[&Redemption]) -> Result<Written, StoreError> {
    let mut written = Written::default();
    if redemptions.is_empty() {
        return Ok(written);
    }
    let sign_ons: BTreeSet<&str> = redemptions.iter().map(|redemption| redemption.grant.sign_on_id.as_str()).collect();
    written.open = sign_ons::hold_open(tx, &sign_ons).await?;
    let held = redemptions.iter().filter(|redemption| written.open.contains(&redemption.grant.sign_on_id));
    let grants: Vec<&GrantRow> = held.map(|redemption| &redemption.grant).collect();
    if !grants.is_empty() {
        written.recorded.extend(grants::add_all(tx, &grants).await?);
    }
    let first = redemptions.iter().filter(|redemption| written.recorded.contains(&redemption.grant.id));
    for token in first.filter_map(|redemption| redemption.refresh_token.as_ref()) {
        refresh_tokens::add(tx, token).await?;
    }
    Ok(written)
}

/// Notes last uses apart from the redemptions, in the order of ids, so that two nodes never wait for each other.
async fn note(store: &Store, seen: BTreeMap<SignOnId, Millis>) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    for (sign_on, now) in seen {
        sign_ons::mark_seen(&mut tx, &sign_on, now).await?;
    }
    tx.commit().await
}

/// Notes uses of legacy identifiers, in one order on every node too.
async fn note_legacy(store: &Store, used: &BTreeSet<Use>) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    for one in used {
        legacy_uses::mark(&mut tx, one).await?;
    }
    tx.commit().await
}
