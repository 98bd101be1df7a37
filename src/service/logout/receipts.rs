//! Receipts of sign-outs: which systems were told, which were not, and another try for those.

use crate::base::clock::Millis;
use crate::model::authority::{AddClients, ReadRuntime};
use crate::service::audit::{self, Event};
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::logout_receipts::{self, ReceiptRow, Wanted};
use crate::store::{Tx, clients};
use serde_json::json;
use std::collections::HashMap;

pub use crate::store::logout_receipts::Outcome;

/// Receipts on a page.
pub const MOST: i64 = 50;
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
    /// How many wait, of all.
    pub waiting: i64,
    /// How many were given up, of all.
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

/// Receipts, newest first.
pub async fn list(services: &Services, _proof: &City<ReadRuntime>, query: &Query) -> Result<Receipts, Failure> {
    let mut conn = services.store.read().await?;
    let wanted = Wanted { outcome: query.outcome, client_id: query.client_id.as_deref(), before: query.before.as_deref() };
    let mut rows = logout_receipts::list(&mut conn, wanted, MOST + 1).await?;
    let more = rows.len() > usize::try_from(MOST).unwrap_or_default();
    rows.truncate(usize::try_from(MOST).unwrap_or_default());
    let (waiting, dead) = logout_receipts::count_open(&mut conn).await?;
    let names: HashMap<String, String> =
        clients::list(&mut conn).await?.into_iter().map(|client| (client.id, client.name)).collect();
    let older = rows.last().filter(|_| more).map(|row| row.id.clone());
    Ok(Receipts { receipts: rows.into_iter().map(|row| read(row, &names)).collect(), older, waiting, dead })
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

/// Tries a dead letter again, at the address that the client has now. False when it is none, or is tried already.
pub async fn retry(services: &Services, proof: &City<AddClients>, id: &str) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    if !again(&mut tx, services, proof, id).await? {
        return Ok(false);
    }
    tx.commit().await?;
    services.deliveries.notify_one();
    Ok(true)
}

/// Tries the dead letters of one client again; answers how many.
pub async fn retry_of_client(services: &Services, proof: &City<AddClients>, client_id: &str) -> Result<usize, Failure> {
    let mut tx = services.store.write().await?;
    let mut retried = 0;
    for id in logout_receipts::list_dead(&mut tx, client_id, MOST_AGAIN).await? {
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

async fn again(tx: &mut Tx, services: &Services, proof: &City<AddClients>, id: &str) -> Result<bool, Failure> {
    let Some(client_id) = logout_receipts::retry(tx, id, services.clock.now()).await? else { return Ok(false) };
    // A letter that came back is not sent to the door that it came back from when there is a new one.
    let client = clients::find(tx, &client_id).await?;
    if let Some(uri) = client.and_then(|client| client.settings.backchannel_logout_uri) {
        logout_receipts::readdress(tx, id, &uri).await?;
    }
    let detail = json!({ "delivery": id });
    audit::record(tx, services, Event::by(&proof.by, "logout.retried", None, Some(&client_id), detail)).await?;
    Ok(true)
}
