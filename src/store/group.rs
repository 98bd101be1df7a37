//! Group commit: writes of the silent path wait for each other and share one
//! transaction, so that durable does not mean slow.
//!
//! One task gathers whatever waits, writes it, and answers everyone only after
//! the commit. A batch that fails is answered with its error: nothing that was
//! acknowledged is lost.

use super::grants::{self, NewGrant};
use super::refresh_tokens::{self, NewRefreshToken};
use super::{Store, StoreError, sign_ons};
use crate::base::clock::Millis;
use crate::base::id::SignOnId;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio::sync::{mpsc, oneshot};

/// The most that one transaction takes along: a few milliseconds of work.
const MOST: usize = 64;
/// How many may wait before the next one is told that the store is busy.
const WAITING: usize = 4_096;

/// A grant to record, and the refresh token that goes with it.
#[derive(Debug)]
pub struct Redemption {
    /// The grant.
    pub grant: NewGrant,
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

enum Item {
    Redemption(Box<Redemption>, oneshot::Sender<Result<Redeemed, StoreError>>),
    Seen(SignOnId, Millis),
}

/// The door to the gathering task.
#[derive(Clone)]
pub struct GroupWriter {
    items: mpsc::Sender<Item>,
}

impl GroupWriter {
    /// Starts the task; it ends when the last writer is dropped.
    pub fn start(store: Store) -> Self {
        let (items, waiting) = mpsc::channel(WAITING);
        tokio::spawn(gather(store, waiting));
        Self { items }
    }

    /// Records a redemption. Durable when it answers.
    pub async fn redeem(&self, redemption: Redemption) -> Result<Redeemed, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.items
            .try_send(Item::Redemption(Box::new(redemption), answer))
            .map_err(|_| StoreError::Unavailable("too many writes are waiting".to_owned()))?;
        answered.await.map_err(|_| StoreError::Unavailable("the writer has stopped".to_owned()))?
    }

    /// Notes that a sign-on was used. Waits for nothing: losing it costs an idle minute.
    pub fn seen(&self, sign_on: SignOnId, now: Millis) {
        let _ = self.items.try_send(Item::Seen(sign_on, now));
    }
}

async fn gather(store: Store, mut waiting: mpsc::Receiver<Item>) {
    let mut batch = Vec::with_capacity(MOST);
    while waiting.recv_many(&mut batch, MOST).await > 0 {
        let mut redemptions = Vec::new();
        let mut seen = BTreeMap::new();
        for item in batch.drain(..) {
            match item {
                Item::Redemption(redemption, answer) => redemptions.push((redemption, answer)),
                Item::Seen(sign_on, now) => {
                    seen.insert(sign_on, now);
                }
            }
        }
        if !redemptions.is_empty() {
            let contents: Vec<&Redemption> = redemptions.iter().map(|(redemption, _)| redemption.as_ref()).collect();
            let written = write(&store, &contents).await;
            answer_all(redemptions, written);
        }
        if !seen.is_empty()
            && let Err(error) = note(&store, seen).await
        {
            tracing::debug!(%error, "the last use of some sign-ons was not noted");
        }
    }
}

type Waiting = (Box<Redemption>, oneshot::Sender<Result<Redeemed, StoreError>>);

/// Which grants were recorded, and which sign-ons were open.
struct Written {
    recorded: HashSet<String>,
    open: HashSet<String>,
}

fn answer_all(redemptions: Vec<Waiting>, written: Result<Written, StoreError>) {
    match written {
        Ok(written) => {
            for (redemption, answer) in redemptions {
                let grant = &redemption.grant.grant;
                let became = if written.recorded.contains(&grant.id.0) {
                    Redeemed::First
                } else if written.open.contains(&grant.sign_on.0) {
                    Redeemed::Again
                } else {
                    Redeemed::SignedOut
                };
                let _ = answer.send(Ok(became));
            }
        }
        Err(error) => {
            let text = error.to_string();
            for (_, answer) in redemptions {
                let _ = answer.send(Err(StoreError::Unavailable(text.clone())));
            }
        }
    }
}

/// Writes a batch. The sign-ons are held open until the commit: a sign-out
/// either finds the new grant, or came first and nothing is recorded.
async fn write(store: &Store, redemptions: &[&Redemption]) -> Result<Written, StoreError> {
    let mut tx = store.write().await?;
    let sign_ons: BTreeSet<&str> = redemptions.iter().map(|redemption| redemption.grant.grant.sign_on.as_str()).collect();
    let open = sign_ons::hold_open(&mut tx, &sign_ons).await?;
    let held = redemptions.iter().filter(|redemption| open.contains(&redemption.grant.grant.sign_on.0));
    let grants: Vec<&NewGrant> = held.map(|redemption| &redemption.grant).collect();
    let mut recorded = HashSet::new();
    if !grants.is_empty() {
        recorded.extend(grants::add_all(&mut tx, &grants).await?);
    }
    let first = redemptions.iter().filter(|redemption| recorded.contains(&redemption.grant.grant.id.0));
    for token in first.filter_map(|redemption| redemption.refresh_token.as_ref()) {
        refresh_tokens::add(&mut tx, token).await?;
    }
    tx.commit().await?;
    Ok(Written { recorded, open })
}

/// Notes last uses apart from the redemptions, in the order of ids, so that two nodes never wait for each other.
async fn note(store: &Store, seen: BTreeMap<SignOnId, Millis>) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    for (sign_on, now) in seen {
        sign_ons::mark_seen(&mut tx, &sign_on, now).await?;
    }
    tx.commit().await
}
