//! Clients at the console: seen, changed, connected and switched off by whoever may.
//!
//! Each act takes a proof and works on the client that the proof names. Whoever
//! looks after the clients of the city shows a second proof for what an owner
//! of one application may not do ([`Field::OWNERS`]).

use super::fields::{Field, Wrong};
use super::register::{self, RegisterError, Who};
use crate::base::clock::Millis;
use crate::model::authority::{AddClients, EditClients, ReadClients};
use crate::model::client::{Client, SubjectType};
use crate::service::authority::{Authority, City, OneClient};
use crate::service::{Failure, Services};
use crate::store::{StoreError, client_secrets, clients};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

pub use crate::store::client_secrets::SecretSpan;

/// No two secrets count side by side for longer.
pub const LONGEST_OVERLAP_HOURS: i64 = 30 * 24;

/// A client as administrators see it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The client, without its secrets.
    pub client: Client,
    /// Which version of it: a change is laid over this one or not at all.
    pub version: i64,
    /// When its secrets began and end, newest first.
    pub secrets: Vec<SecretSpan>,
}

/// What somebody typed into a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub field: Field,
    /// What stands there now.
    pub typed: String,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The field is not theirs to change.
    #[error("the field {0:?} is not theirs to change")]
    NotTheirs(Field),
    /// What was typed cannot be.
    #[error("what was typed cannot be")]
    Wrong(Vec<(Field, Wrong)>),
    /// What people are called by would change.
    #[error("another host would change what people are called by")]
    OtherSubjects,
    /// The registration as a whole cannot be, in one sentence for developers.
    #[error("{0}")]
    Refused(String),
    /// Somebody else changed it since it was read.
    #[error("somebody else changed it meanwhile")]
    Stale,
    /// There is no such client.
    #[error("there is no such client")]
    Unknown,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<RegisterError> for EditError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Refused(reason) => Self::Refused(reason),
            RegisterError::Taken | RegisterError::Stale => Self::Stale,
            RegisterError::Unknown => Self::Unknown,
            RegisterError::Failure(failure) => Self::Failure(failure),
        }
    }
}

/// The clients that an administrator may see, by name.
pub async fn list(services: &Services, authority: &Authority) -> Result<Vec<Client>, Failure> {
    let mut all = register::list(services).await?;
    all.retain(|client| authority.client::<ReadClients>(&client.id).is_some());
    Ok(all)
}

/// One client, also one that was switched off.
pub async fn find(services: &Services, proof: &OneClient<ReadClients>) -> Result<Option<Seen>, Failure> {
    let mut conn = services.store.read().await?;
    let Some((mut client, version)) = clients::find_versioned(&mut conn, proof.client()).await? else { return Ok(None) };
    client.secrets.clear();
    let secrets = client_secrets::list(&mut conn, proof.client(), services.clock.now()).await?;
    Ok(Some(Seen { client, version, secrets }))
}

/// Connects a client; its secret is given out here and kept nowhere.
pub async fn add(services: &Services, proof: &City<AddClients>, client: &Client) -> Result<Option<SecretString>, RegisterError> {
    register::add_as(services, client, Who::Administrator(&proof.by)).await
}

/// Changes fields of the version that was seen. `whole` is for whoever looks after all clients.
pub async fn edit(
    services: &Services,
    proof: &OneClient<EditClients>,
    whole: Option<&City<AddClients>>,
    seen: i64,
    changes: &[Change],
) -> Result<Client, EditError> {
    let theirs = |field: Field| whole.is_some() || Field::OWNERS.contains(&field);
    if let Some(other) = changes.iter().map(|change| change.field).find(|field| !theirs(*field)) {
        return Err(EditError::NotTheirs(other));
    }
    let mut wrong = Vec::new();
    let mut others = false;
    let lay = |client: &mut Client| -> Result<Value, String> {
        wrong.clear();
        let before = client.clone();
        for change in changes {
            if let Err(reason) = change.field.lay(client, &change.typed) {
                wrong.push((change.field, reason));
            }
        }
        // A host that is claimed by an address says what people are called by (OpenID Connect Core §8.1).
        let pairwise = client.settings.subject_type == SubjectType::Pairwise;
        others = whole.is_none() && pairwise && client.sector() != before.sector();
        if !wrong.is_empty() || others {
            return Err(String::new());
        }
        Ok(json!({ "changed": differences(&before, client) }))
    };
    let by = whole.map_or(&proof.by, |whole| &whole.by);
    let changed = register::change_as(services, proof.client(), Who::Administrator(by), Some(seen), lay).await;
    if !wrong.is_empty() {
        return Err(EditError::Wrong(wrong));
    }
    if others {
        return Err(EditError::OtherSubjects);
    }
    Ok(changed?)
}

/// Each field that changed, with what stood there and what stands there now.
fn differences(before: &Client, after: &Client) -> Value {
    let mut changed = Map::new();
    for field in Field::ALL {
        let (old, new) = (field.value(before), field.value(after));
        if old != new {
            changed.insert(field.word().to_owned(), json!({ "before": old, "after": new }));
        }
    }
    Value::Object(changed)
}

/// A new secret; those before it count for so many hours more.
pub async fn rotate_secret(
    services: &Services,
    proof: &OneClient<EditClients>,
    overlap_hours: i64,
) -> Result<SecretString, RegisterError> {
    let seconds = overlap_hours.clamp(0, LONGEST_OVERLAP_HOURS) * 3_600;
    register::rotate_as(services, proof.client(), seconds, Who::Administrator(&proof.by)).await
}

/// Ends the overlap: from now on only the newest secret counts. False when no other did.
pub async fn end_overlap(services: &Services, proof: &OneClient<EditClients>) -> Result<bool, RegisterError> {
    let mut tx = services.store.write().await?;
    let ended = client_secrets::end_replaced(&mut tx, proof.client(), services.clock.now()).await?;
    if ended == 0 {
        return Ok(false);
    }
    let detail = json!({ "ended": ended });
    let who = Who::Administrator(&proof.by);
    register::finish(services, tx, "client.overlap_ended", proof.client(), who, detail).await?;
    Ok(true)
}

/// Switches a client off, or on again; false when it was so already, or there is none.
pub async fn switch(
    services: &Services,
    proof: &OneClient<EditClients>,
    whole: &City<AddClients>,
    on: bool,
    reason: &str,
) -> Result<bool, RegisterError> {
    let now: Millis = services.clock.now();
    let mut tx = services.store.write().await?;
    let switched = if on {
        client_secrets::mark_enabled(&mut tx, proof.client()).await?
    } else {
        clients::mark_disabled(&mut tx, proof.client(), now).await?
    };
    if !switched {
        return Ok(false);
    }
    let event = if on { "client.enabled" } else { "client.disabled" };
    let who = Who::Administrator(&whole.by);
    register::finish(services, tx, event, proof.client(), who, json!({ "reason": reason })).await?;
    Ok(true)
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}
