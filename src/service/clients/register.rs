//! Registering clients from the command line or the console.

use crate::base::digest::sha256;
use crate::crypto::jwt::refuse_jwks;
use crate::model::client::{Client, SubjectType};
use crate::model::legacy_source::is_source_id;
use crate::service::audit::{self, Event};
use crate::service::authority::Doer;
use crate::service::sectors::{self, SectorError};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx, clients, legacy_sources, resources, subjects};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A change that others were before is tried this often.
const TRIES: usize = 16;

/// Why a registration was refused.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// What is wrong and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// There is a client of this id already.
    #[error("a client with this id exists already")]
    Taken,
    /// There is no such client.
    #[error("there is no client with this id")]
    Unknown,
    /// Others change it all the time.
    #[error("others are changing this client at this moment, so nothing was changed; try again")]
    Stale,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Who registers or changes a client.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// Somebody at the command line.
    Operator(&'a str),
    /// An administrator at the console.
    Administrator(&'a Doer),
}

/// Says whether a client can be, as things stand in this unit of work.
///
/// The resources that it reaches are held before they are looked at: none of
/// them goes or changes until the client is on record.
async fn check(tx: &mut Tx, client: &Client) -> Result<(), RegisterError> {
    // In one order for everybody: two that wait for each other would wait for ever.
    let reached: BTreeSet<&String> = client.settings.resources.iter().collect();
    for identifier in reached {
        resources::hold(tx, identifier).await?;
    }
    // So with the old systems: none of them is removed while it is being named.
    let named: BTreeSet<&String> = client.settings.named_sources().filter(|source| is_source_id(source)).collect();
    for source in named {
        if !legacy_sources::hold(tx, source).await? {
            let reason = format!("there is no old system {source}: motlan source list names them");
            return Err(RegisterError::Refused(reason));
        }
    }
    let all = resources::list(tx).await?;
    let reason = client.refuse(&all).or_else(|| client.settings.jwks.as_ref().and_then(refuse_jwks));
    reason.map_or(Ok(()), |reason| Err(RegisterError::Refused(reason)))
}

/// Refuses a change after which a subject could be read as another account's: the subjects of one old system stand by
/// themselves, those of several begin with their source, and an id such as `vt:9` that was given to the one system's
/// account 9 would then name another system's.
async fn check_subjects(tx: &mut Tx, before: &Client, after: &Client) -> Result<(), RegisterError> {
    let (old, new) = (before.settings.subject_type.sources(), after.settings.subject_type.sources());
    if new.len() < 2 || old.len() > 1 {
        return Ok(());
    }
    for source in new {
        if subjects::any_begins_with(tx, &after.sector(), &format!("{source}:")).await? {
            let reason = format!(
                "people are called by subjects here that begin with {source}: already, which would be read as accounts of \
                 {source}: keep one old system, or connect another client"
            );
            return Err(RegisterError::Refused(reason));
        }
    }
    Ok(())
}

/// What lets a client call people as others of its sector do (OpenID Connect
/// Core §8.1): a document that names every address of its answers.
#[derive(Clone, PartialEq, Eq)]
struct Sector {
    document: String,
    addresses: Vec<String>,
}

impl Sector {
    /// What is to be proven for a client, if anything is.
    fn of(client: &Client) -> Option<Self> {
        let settings = &client.settings;
        let pairwise = settings.subject_type == SubjectType::Pairwise;
        let document = settings.sector_identifier_uri.clone().filter(|_| pairwise)?;
        Some(Self { document, addresses: settings.redirect_uris.clone() })
    }

    /// Fetches the document: never while a unit of work is open.
    async fn prove(&self, services: &Services) -> Result<(), RegisterError> {
        let reason = match sectors::prove(services, &self.document, &self.addresses).await {
            Ok(()) => return Ok(()),
            Err(SectorError::NotFetched(reason)) => reason.to_string(),
            Err(SectorError::NotAList) => {
                "the document of a sector is a JSON array of addresses (OpenID Connect Core section 8.1)".to_owned()
            }
            Err(SectorError::NotListed(missing)) => format!("the document does not list {missing}"),
        };
        Err(RegisterError::Refused(format!("{}: {reason}", self.document)))
    }
}

/// Registers a client; its generated secret is given out here and kept nowhere.
pub async fn add(services: &Services, client: &Client, actor: &str) -> Result<Option<SecretString>, RegisterError> {
    add_as(services, client, Who::Operator(actor)).await
}

/// The same, by whomever.
pub(super) async fn add_as(services: &Services, client: &Client, who: Who<'_>) -> Result<Option<SecretString>, RegisterError> {
    let now = services.clock.now();
    let secret = client.settings.auth_method.uses_secret().then(|| SecretString::from(services.entropy.token()));
    let mut tx = services.store.write().await?;
    check(&mut tx, client).await?;
    if let Some(sector) = Sector::of(client) {
        drop(tx);
        sector.prove(services).await?;
        tx = services.store.write().await?;
        check(&mut tx, client).await?;
    }
    clients::add(&mut tx, client, now).await.map_err(|error| match error {
        StoreError::Stale => RegisterError::Taken,
        other => other.into(),
    })?;
    if let Some(secret) = &secret {
        clients::add_secret(&mut tx, &client.id, &sha256(secret.expose_secret().as_bytes()), now).await?;
    }
    let detail = json!({ "name": client.name, "settings": client.settings });
    finish(services, tx, "client.added", client.id.as_str(), who, detail).await?;
    Ok(secret)
}

/// Changes a client's name and settings; answers what it is now.
///
/// What `change` names is laid over the client as it is stored. When someone
/// else was first, it is laid over what they made of it: nobody's change is lost.
pub async fn change(
    services: &Services,
    id: &str,
    actor: &str,
    mut change: impl FnMut(&mut Client) -> Result<(), String>,
) -> Result<Client, RegisterError> {
    let whole = |client: &mut Client| -> Result<Value, String> {
        change(client)?;
        Ok(json!({ "settings": client.settings }))
    };
    change_as(services, id, Who::Operator(actor), None, whole).await
}

/// The same, by whomever; with `seen`, only the version that they saw. What `change` answers is put on record.
pub(super) async fn change_as(
    services: &Services,
    id: &str,
    who: Who<'_>,
    seen: Option<i64>,
    mut change: impl FnMut(&mut Client) -> Result<Value, String>,
) -> Result<Client, RegisterError> {
    let mut proven = None;
    for _ in 0..TRIES {
        let now = services.clock.now();
        let mut tx = services.store.write().await?;
        let (mut client, version) = clients::find_versioned(&mut tx, id).await?.ok_or(RegisterError::Unknown)?;
        if seen.is_some_and(|seen| seen != version) {
            return Err(RegisterError::Stale);
        }
        let (stored, before) = (client.clone(), Sector::of(&client));
        let detail = change(&mut client).map_err(RegisterError::Refused)?;
        check(&mut tx, &client).await?;
        check_subjects(&mut tx, &stored, &client).await?;
        let unproven = Some(Sector::of(&client)).filter(|sector| *sector != before && *sector != proven).flatten();
        if let Some(sector) = unproven {
            // All that was read is read again afterwards.
            drop(tx);
            sector.prove(services).await?;
            proven = Some(sector);
            continue;
        }
        if clients::replace(&mut tx, &client, version, now).await? {
            finish(services, tx, "client.changed", id, who, detail).await?;
            return Ok(client);
        }
    }
    Err(RegisterError::Stale)
}

/// Makes a client's name and settings what they are here, whatever they were.
pub async fn replace(services: &Services, client: &Client, actor: &str) -> Result<(), RegisterError> {
    let whole = |stored: &mut Client| {
        stored.name.clone_from(&client.name);
        stored.settings.clone_from(&client.settings);
        Ok(())
    };
    change(services, &client.id, actor, whole).await?;
    Ok(())
}

/// A new secret; the ones before stay valid for an overlap.
pub async fn rotate_secret(
    services: &Services,
    id: &str,
    overlap_seconds: i64,
    actor: &str,
) -> Result<SecretString, RegisterError> {
    rotate_as(services, id, overlap_seconds, Who::Operator(actor)).await
}

/// The same, by whomever.
pub(super) async fn rotate_as(
    services: &Services,
    id: &str,
    overlap_seconds: i64,
    who: Who<'_>,
) -> Result<SecretString, RegisterError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let client = clients::find(&mut tx, id).await?.ok_or(RegisterError::Unknown)?;
    if !client.settings.auth_method.uses_secret() {
        return Err(RegisterError::Refused("this client does not prove itself by a secret".to_owned()));
    }
    let secret = SecretString::from(services.entropy.token());
    clients::expire_secrets(&mut tx, id, now.plus_seconds(overlap_seconds)).await?;
    clients::add_secret(&mut tx, id, &sha256(secret.expose_secret().as_bytes()), now).await?;
    finish(services, tx, "client.secret_rotated", id, who, json!({ "overlap_seconds": overlap_seconds })).await?;
    Ok(secret)
}

/// Refuses a client from now on. What it was stays on record.
pub async fn disable(services: &Services, id: &str, actor: &str) -> Result<(), RegisterError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if !clients::mark_disabled(&mut tx, id, now).await? {
        return Err(RegisterError::Unknown);
    }
    finish(services, tx, "client.disabled", id, Who::Operator(actor), json!({})).await
}

/// Puts a change on record, commits it, and lets every node forget the client.
pub(super) async fn finish(
    services: &Services,
    mut tx: Tx,
    event: &'static str,
    id: &str,
    who: Who<'_>,
    detail: Value,
) -> Result<(), RegisterError> {
    let origin = Origin::command_line();
    let event = match who {
        Who::Operator(actor) => Event { event, actor: actor.to_owned(), person: None, client: Some(id), origin: &origin, detail },
        Who::Administrator(doer) => Event::by(doer, event, None, Some(id), detail),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Client, id).await?;
    tx.commit().await?;
    services.known.forget(Kind::Client, id, services.clock.now());
    Ok(())
}

/// One client, also a refused one.
pub async fn find(services: &Services, id: &str) -> Result<Option<Client>, Failure> {
    Ok(clients::find(&mut services.store.read().await?, id).await?)
}

/// All clients by name, also refused ones, without their secrets.
pub async fn list(services: &Services) -> Result<Vec<Client>, Failure> {
    Ok(clients::list(&mut services.store.read().await?).await?)
}
