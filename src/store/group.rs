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
use std::collections::HashSet;
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

enum Item {
    Redemption(Box<Redemption>, oneshot::Sender<Result<bool, StoreError>>),
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

    /// Records a redemption: true when the code had not been redeemed before.
    /// Durable when it answers.
    pub async fn redeem(&self, redemption: Redemption) -> Result<bool, StoreError> {
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
        let mut seen = Vec::new();
        for item in batch.drain(..) {
            match item {
                Item::Redemption(redemption, answer) => redemptions.push((redemption, answer)),
                Item::Seen(sign_on, now) => seen.push((sign_on, now)),
            }
        }
        let contents: Vec<&Redemption> = redemptions.iter().map(|(redemption, _)| redemption.as_ref()).collect();
        let written = write(&store, &contents, &seen).await;
        answer_all(redemptions, written);
    }
}

type Waiting = (Box<Redemption>, oneshot::Sender<Result<bool, StoreError>>);

fn answer_all(redemptions: Vec<Waiting>, written: Result<HashSet<String>, StoreError>) {
    match written {
        Ok(first) => {
            for (redemption, answer) in redemptions {
                let _ = answer.send(Ok(first.contains(&redemption.grant.grant.id.0)));
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

/// Writes a batch; answers the ids of the grants that were recorded.
async fn write(store: &Store, redemptions: &[&Redemption], seen: &[(SignOnId, Millis)]) -> Result<HashSet<String>, StoreError> {
    let mut tx = store.write().await?;
    let mut first = HashSet::new();
    if !redemptions.is_empty() {
        let grants: Vec<&NewGrant> = redemptions.iter().map(|redemption| &redemption.grant).collect();
        first.extend(grants::add_all(&mut tx, &grants).await?);
        let tokens = redemptions.iter().filter(|redemption| first.contains(&redemption.grant.grant.id.0));
        for token in tokens.filter_map(|redemption| redemption.refresh_token.as_ref()) {
            refresh_tokens::add(&mut tx, token).await?;
        }
    }
    for (sign_on, now) in seen {
        sign_ons::mark_seen(&mut tx, sign_on, *now).await?;
    }
    tx.commit().await?;
    Ok(first)
}
