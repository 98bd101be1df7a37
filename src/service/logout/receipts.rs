//! Receipts of sign-outs: which systems were told, which were not, and another try for those.

use crate::base::clock::Millis;
use crate::model::authority::{ReadRuntime, RetryDeliveries};
use crate::service::audit::{self, Event};
use crate::service::authority::{City, OneClient};
use crate::service::{Failure, Services};
use crate::store::logout_receipts::{self, ReceiptRow, Wanted};
use crate::store::{AsEx, StoreError, Tx, clients};
use serde_json::json;
use std::collections::HashMap;

pub use crate::store::logout_receipts::Outcome;

/// Receipts on a page.
pub const MOST: i64 = 50;
/// Receipts of one look where all are read.
const AT_ONCE: i64 = 500;
/// Dead letters of one client that are tried again at a time.
const MOST_AGAIN: i64 = 500;

/// One receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Identifier.
    pub id: String,
    /// The client.
    pub client_id: String,
    /// Its name; its id where it is gone.
    pub client_name: String,
    /// Which sign-on ended.
    pub sign_on: String,
    /// Where it was told.
    pub uri: String,
    /// Enqueued.
    pub created_at: Millis,
    /// Where it got to.
    pub outcome: Outcome,
    /// When: answered, given up, or to be tried next.
    pub at: Millis,
    /// Tries so far.
    pub attempts: i64,
    /// What came back last.
    pub last_answer: String,
}

/// A page of receipts.
#[derive(Debug, Clone)]
pub struct Receipts {
    /// Newest first.
    pub receipts: Vec<Receipt>,
    /// There are older ones: those before this id.
    pub older: Option<String>,
    /// How many wait, of all that the reader may see.
    pub waiting: i64,
    /// How many were given up, of all that the reader may see.
    pub dead: i64,
}

/// What a reader looks for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only those that got there.
    pub outcome: Option<Outcome>,
    /// Only those of one client.
    pub client_id: Option<String>,
    /// Only those before this one.
    pub before: Option<String>,
}

/// Whose receipts somebody may see.
pub enum Reader<'a> {
    /// Everybody's.
    City(&'a City<ReadRuntime>),
    /// Those of one client.
    Owner(&'a OneClient<RetryDeliveries>),
}

/// Receipts, newest first.
pub async fn list(services: &Services, reader: Reader<'_>, query: &Query) -> Result<Receipts, Failure> {
    let mut conn = services.store.read().await?;
    let own = match reader {
        Reader::City(_) => None,
        Reader::Owner(proof) => Some(proof.client()),
    };
    let client_id = own.or(query.client_id.as_deref());
    let wanted = Wanted { outcome: query.outcome, client_id, before: query.before.as_deref() };
    let mut rows = logout_receipts::list(&mut conn, wanted, MOST + 1).await?;
    let more = rows.len() > usize::try_from(MOST).unwrap_or_default();
    rows.truncate(usize::try_from(MOST).unwrap_or_default());
    let (waiting, dead) = logout_receipts::count_open(&mut conn, own).await?;
    let names = names(&mut conn).await?;
    let older = rows.last().filter(|_| more).map(|row| row.id.clone());
    Ok(Receipts { receipts: rows.into_iter().map(|row| read(row, &names)).collect(), older, waiting, dead })
}

async fn names(conn: &mut impl AsEx) -> Result<HashMap<String, String>, StoreError> {
    Ok(clients::list(conn).await?.into_iter().map(|client| (client.id, client.name)).collect())
}

/// Receipts that are being taken away.
pub struct Taking {
    services: Services,
    query: Query,
    names: HashMap<String, String>,
    over: bool,
}

/// Begins to take receipts away, newest first, once that is on record.
pub async fn export(services: &Services, reader: Reader<'_>, query: &Query) -> Result<Taking, Failure> {
    let (by, own) = match reader {
        Reader::City(proof) => (&proof.by, None),
        Reader::Owner(proof) => (&proof.by, Some(proof.client())),
    };
    let client_id = own.or(query.client_id.as_deref());
    let outcome = query.outcome.map(|outcome| match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Waiting => "waiting",
        Outcome::Dead => "dead",
    });
    let event = Event::by(by, "receipts.exported", None, client_id, json!({ "outcome": outcome }));
    audit::looked(services, event).await?;
    let query = Query { client_id: client_id.map(str::to_owned), ..query.clone() };
    let names = names(&mut services.store.read().await?).await?;
    Ok(Taking { services: services.clone(), query, names, over: false })
}

impl Taking {
    /// Some more of them; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Vec<Receipt>>, Failure> {
        if self.over {
            return Ok(None);
        }
        let Query { outcome, client_id, before } = &self.query;
        let wanted = Wanted { outcome: *outcome, client_id: client_id.as_deref(), before: before.as_deref() };
        let rows = logout_receipts::list(&mut self.services.store.read().await?, wanted, AT_ONCE).await?;
        match rows.last() {
            Some(last) => self.query.before = Some(last.id.clone()),
            None => self.over = true,
        }
        Ok((!self.over).then(|| rows.into_iter().map(|row| read(row, &self.names)).collect()))
    }
}

fn read(row: ReceiptRow, names: &HashMap<String, String>) -> Receipt {
    let outcome = row.outcome();
    let at = match outcome {
        Outcome::Delivered => row.delivered_at.unwrap_or(row.next_at),
        Outcome::Dead => row.dead_at.unwrap_or(row.next_at),
        Outcome::Waiting => row.next_at,
    };
    Receipt {
        client_name: names.get(&row.client_id).unwrap_or(&row.client_id).clone(),
        id: row.id,
        client_id: row.client_id,
        sign_on: row.sign_on_id,
        uri: row.uri,
        created_at: Millis(row.created_at),
        outcome,
        at: Millis(at),
        attempts: row.attempts,
        last_answer: row.last_answer.unwrap_or_default(),
    }
}

/// To which client a receipt belongs, to ask for a proof of.
pub async fn client_of(services: &Services, id: &str) -> Result<Option<String>, Failure> {
    Ok(logout_receipts::find_client(&mut services.store.read().await?, id).await?)
}

/// Tries a dead letter of the client of a proof again, at the address that the client has now. False when it is none, or is
/// tried already.
pub async fn retry(services: &Services, proof: &OneClient<RetryDeliveries>, id: &str) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    if !again(&mut tx, services, proof, id).await? {
        return Ok(false);
    }
    tx.commit().await?;
    services.deliveries.notify_one();
    Ok(true)
}

/// Tries all its dead letters again; answers how many.
pub async fn retry_of_client(services: &Services, proof: &OneClient<RetryDeliveries>) -> Result<usize, Failure> {
    let mut tx = services.store.write().await?;
    let mut retried = 0;
    for id in logout_receipts::list_dead(&mut tx, proof.client(), MOST_AGAIN).await? {
        if again(&mut tx, services, proof, &id).await? {
            retried += 1;
        }
    }
    tx.commit().await?;
    if retried > 0 {
        services.deliveries.notify_one();
    }
    Ok(retried)
}

async fn again(tx: &mut Tx, services: &Services, proof: &OneClient<RetryDeliveries>, id: &str) -> Result<bool, Failure> {
    if !logout_receipts::retry(tx, id, proof.client(), services.clock.now()).await? {
        return Ok(false);
    }
    // A letter that came back is not sent to the door that it came back from when there is a new one.
    let client = clients::find(tx, proof.client()).await?;
    if let Some(uri) = client.and_then(|client| client.settings.backchannel_logout_uri) {
        logout_receipts::readdress(tx, id, &uri).await?;
    }
    let detail = json!({ "delivery": id });
    audit::record(tx, services, Event::by(&proof.by, "logout.retried", None, Some(proof.client()), detail)).await?;
    Ok(true)
}
