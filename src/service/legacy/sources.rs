//! Legacy sources: registered, changed, tried out and removed.
//!
//! Whoever only wants to know what is set asks [`find`] or [`list`], which
//! answer from the memory of this node; every change is forgotten on all nodes.
//! What is secret of a source is sealed under its id and never shown.

pub mod closing;
pub mod console;
mod trial;

pub use trial::{Tested, try_out};

use crate::base::date::vietnam_date;
use crate::crypto::password::legacy::Declared;
use crate::model::legacy_source::{LegacySource, Settings, SourceKind, is_source_id, last_day_of};
use crate::service::audit::{self, Event};
use crate::service::authority::Doer;
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx, clients, legacy_sources};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use time::Date;
use zeroize::Zeroizing;

/// Rows that go in one unit of work: the one writer of SQLite stays free for others.
const BATCH: i64 = 500;
/// The longest secret, in bytes: a private key is among them.
const LONGEST_SECRET: usize = 16 * 1024;

/// Why a source is not registered, changed, tried out or removed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// What is wrong and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// There is a source of this id already.
    #[error("a source with this id exists already")]
    Taken,
    /// There is no such source.
    #[error("there is no source with this id: motlan source list names them")]
    Unknown,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for SourceError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<serde_json::Error> for SourceError {
    fn from(error: serde_json::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// A source that is to be registered.
pub struct NewSource {
    /// What it is called by.
    pub id: String,
    /// The name that people see; the id when none is given.
    pub name: Option<String>,
    /// The former province whose system it is.
    pub province: Option<String>,
    /// The day as of which its units are read; the last one of its province when none is given.
    pub as_of: Option<Date>,
    /// The last day on which its accounts open anything.
    pub sunset_on: Option<Date>,
    /// What its kind needs, which tells the kind.
    pub settings: Settings,
    /// What is secret of it.
    pub secret: Option<SecretString>,
}

/// All sources, by id, as this node knows them.
pub async fn list(services: &Services) -> Result<Vec<LegacySource>, Failure> {
    Ok(services.known.legacy_sources(&services.store, services.clock.now()).await?.to_vec())
}

/// One source, as this node knows it.
pub async fn find(services: &Services, id: &str) -> Result<Option<LegacySource>, Failure> {
    let all = services.known.legacy_sources(&services.store, services.clock.now()).await?;
    Ok(all.iter().find(|source| source.id == id).cloned())
}

/// What is secret of a source.
pub async fn secret(services: &Services, id: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let sealed = legacy_sources::secret(&mut services.store.read().await?, id).await?;
    Ok(sealed.map(|sealed| services.envelope.open(&sealed, associated(id).as_bytes())).transpose()?)
}

/// Who does something with a source.
#[derive(Clone, Copy)]
enum Who<'a> {
    /// Somebody at the command line.
    Operator(&'a str),
    /// An administrator at the console.
    Administrator(&'a Doer),
}

/// Registers a source; answers what it is now.
pub async fn add(services: &Services, new: NewSource, actor: &str) -> Result<LegacySource, SourceError> {
    add_as(services, new, Who::Operator(actor)).await
}

async fn add_as(services: &Services, new: NewSource, who: Who<'_>) -> Result<LegacySource, SourceError> {
    let now = services.clock.now();
    let source = LegacySource {
        as_of: first_as_of(services, &new)?,
        kind: new.settings.kind(),
        name: new.name.unwrap_or_else(|| new.id.clone()),
        id: new.id,
        province: new.province,
        sunset_on: new.sunset_on,
        settings: new.settings,
        stopped_at: None,
        closed_at: None,
        version: 1,
    };
    check(&source, new.secret.as_ref())?;
    if source.settings.needs_secret() && new.secret.is_none() {
        return Err(without_secret(&source));
    }
    let sealed = sealed(services, &source.id, new.secret.as_ref());
    let mut tx = services.store.write().await?;
    legacy_sources::add(&mut tx, &source, sealed.as_deref(), now).await.map_err(|error| match error {
        StoreError::Stale => SourceError::Taken,
        StoreError::Unavailable(_) | StoreError::Corrupt(_) => error.into(),
    })?;
    let detail = json!({ "source": source.document()?, "secret": sealed.is_some() });
    finish(services, tx, &source.id, who, ("legacy_source.added", detail)).await?;
    Ok(source)
}

/// Changes a source; answers what it is now. Its id and kind stay, and its secret unless another is given.
pub async fn change(
    services: &Services,
    id: &str,
    actor: &str,
    secret: Option<&SecretString>,
    change: impl FnOnce(&mut LegacySource) -> Result<(), String>,
) -> Result<LegacySource, SourceError> {
    change_as(services, id, Who::Operator(actor), secret, change).await
}

async fn change_as(
    services: &Services,
    id: &str,
    who: Who<'_>,
    secret: Option<&SecretString>,
    change: impl FnOnce(&mut LegacySource) -> Result<(), String>,
) -> Result<LegacySource, SourceError> {
    let mut tx = services.store.write().await?;
    let before = held(&mut tx, id).await?;
    // Once it is held: of two who close and open it, the second is the later one.
    let now = services.clock.now();
    let mut after = before.clone();
    change(&mut after).map_err(SourceError::Refused)?;
    after.id.clone_from(&before.id);
    after.kind = before.kind;
    let mut after = after.noting_closure(&before, now, vietnam_date(now));
    check(&after, secret)?;
    if after == before && secret.is_none() {
        return Ok(after);
    }
    if after.settings.needs_secret() && secret.is_none() && legacy_sources::secret(&mut tx, id).await?.is_none() {
        return Err(without_secret(&after));
    }
    after.version = before.version + 1;
    legacy_sources::set(&mut tx, &after, sealed(services, id, secret).as_deref(), now).await?;
    let detail = json!({ "before": before.document()?, "after": after.document()?, "secret": secret.is_some() });
    finish(services, tx, id, who, ("legacy_source.changed", detail)).await?;
    Ok(after)
}

/// Removes a source of which no account is anybody's, with all that came from it; answers how many accounts went.
///
/// It is stopped first, so that nothing comes in while its accounts go, some at a time.
pub async fn remove(services: &Services, id: &str, actor: &str) -> Result<i64, SourceError> {
    let who = Who::Operator(actor);
    let mut tx = services.store.write().await?;
    let source = held(&mut tx, id).await?;
    refuse_named(&mut tx, id).await?;
    let owned = legacy_sources::count_owned(&mut tx, id).await?;
    if owned > 0 {
        let reason = format!(
            "{owned} accounts of {id} belong to people: it can be stopped (motlan source set {id} --stop), and a second \
             administrator agrees to its removal at the console"
        );
        return Err(SourceError::Refused(reason));
    }
    let accounts = stop(services, tx, &source, who).await?;
    take_away(services, &source, who, Rows::Nobodys, accounts).await
}

/// Which accounts go with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Those that are nobody's; one that is somebody's keeps its source.
    Nobodys,
    /// All of them.
    All,
}

/// Refuses while a client names a source: what it is told and who may enter it would change without a word.
///
/// The source is held, and whoever names it holds it too: no client begins to while it goes.
async fn refuse_named(tx: &mut Tx, id: &str) -> Result<(), SourceError> {
    let all = clients::list(tx).await?;
    let naming: Vec<&str> = all
        .iter()
        .filter(|client| client.settings.named_sources().any(|source| source == id))
        .map(|client| client.id.as_str())
        .collect();
    if naming.is_empty() {
        return Ok(());
    }
    let named = naming.join(", ");
    Err(SourceError::Refused(format!("{id} is named by {named}: take it out of their settings first (legacy_sources, subject)")))
}

/// Stops a source that goes, and commits that; answers how many accounts it has.
async fn stop(services: &Services, mut tx: Tx, before: &LegacySource, who: Who<'_>) -> Result<i64, SourceError> {
    let now = services.clock.now();
    let accounts = legacy_sources::count_accounts(&mut tx, &before.id).await?.iter().map(|(_, count)| count).sum::<i64>();
    if before.stopped_at.is_some() {
        tx.commit().await?;
        return Ok(accounts);
    }
    let after = LegacySource { stopped_at: Some(now), version: before.version + 1, ..before.clone() };
    let after = after.noting_closure(before, now, vietnam_date(now));
    legacy_sources::set(&mut tx, &after, None, now).await?;
    let detail = json!({ "before": before.document()?, "after": after.document()?, "secret": false });
    finish(services, tx, &before.id, who, ("legacy_source.changed", detail)).await?;
    Ok(accounts)
}

/// Removes a source that is stopped, some rows at a time: the one writer of SQLite stays free for others.
async fn take_away(
    services: &Services,
    source: &LegacySource,
    who: Who<'_>,
    rows: Rows,
    accounts: i64,
) -> Result<i64, SourceError> {
    let id = &source.id;
    loop {
        let mut tx = services.store.write().await?;
        let gone = match rows {
            Rows::Nobodys => legacy_sources::remove_some_rows(&mut tx, id, BATCH).await?,
            Rows::All => legacy_sources::remove_some_of_all(&mut tx, id, BATCH).await?,
        };
        tx.commit().await?;
        if gone == 0 {
            break;
        }
    }
    // Of accounts that are gone nobody comes in any more: what was entered by them ends before the source is forgotten.
    while closing::end_some(services, id, closing::ALL).await? {}
    let mut tx = services.store.write().await?;
    held(&mut tx, id).await?;
    refuse_named(&mut tx, id).await?;
    if !legacy_sources::remove(&mut tx, id).await? {
        let reason = format!("accounts of {id} came in while it was being removed: it is stopped now, so try again");
        return Err(SourceError::Refused(reason));
    }
    let detail = json!({ "source": source.document()?, "accounts": accounts });
    finish(services, tx, id, who, ("legacy_source.removed", detail)).await?;
    Ok(accounts)
}

/// A source that nobody else changes until the unit of work ends.
async fn held(tx: &mut Tx, id: &str) -> Result<LegacySource, SourceError> {
    if !is_source_id(id) || !legacy_sources::hold(tx, id).await? {
        return Err(SourceError::Unknown);
    }
    legacy_sources::find(tx, id).await?.ok_or(SourceError::Unknown)
}

/// The day as of which the units of a new source are read. Codes were given anew: where units come along it is not guessed.
fn first_as_of(services: &Services, new: &NewSource) -> Result<Date, SourceError> {
    if let Some(day) = new.as_of {
        return Ok(day);
    }
    match (&new.province, new.settings.kind()) {
        (Some(province), _) => last_day_of(province, &services.known.registry()).ok_or_else(|| {
            let reason = format!(
                "the registry knows no former province {province}: motlan unit import brings it, or --as-of says as of which \
                 day its units are read"
            );
            SourceError::Refused(reason)
        }),
        (None, SourceKind::Oidc) => Ok(vietnam_date(services.clock.now())),
        (None, SourceKind::Ldap | SourceKind::Hashes) => {
            let reason = "unit codes were given anew over time: --province says whose system it is, or --as-of as of which \
                          day its units are read";
            Err(SourceError::Refused(reason.to_owned()))
        }
    }
}

/// Says whether a source can be.
fn check(source: &LegacySource, secret: Option<&SecretString>) -> Result<(), SourceError> {
    let reason = source.refuse().or_else(|| refuse_declared(&source.settings)).or_else(|| {
        let length = secret.map(|secret| secret.expose_secret().len())?;
        if source.kind == SourceKind::Hashes {
            return Some("an export has no secret".to_owned());
        }
        let fits = (1..=LONGEST_SECRET).contains(&length);
        (!fits).then(|| format!("the secret has 1 to {LONGEST_SECRET} bytes"))
    });
    reason.map_or(Ok(()), |reason| Err(SourceError::Refused(reason)))
}

/// What bare hexadecimal hashes can be declared as is known where they are computed.
fn refuse_declared(settings: &Settings) -> Option<String> {
    let Settings::Hashes(hashes) = settings else { return None };
    let declared = hashes.declared.as_deref()?;
    let words = Declared::ALL.map(Declared::as_str).join(", ");
    declared.parse::<Declared>().is_err().then(|| format!("declared is one of {words}"))
}

fn without_secret(source: &LegacySource) -> SourceError {
    let id = &source.id;
    SourceError::Refused(format!("{id}: with these settings it needs its secret: --secret-file names a file that holds it"))
}

fn sealed(services: &Services, id: &str, secret: Option<&SecretString>) -> Option<Vec<u8>> {
    secret.map(|secret| services.envelope.seal(secret.expose_secret().as_bytes(), associated(id).as_bytes()))
}

/// What a secret belongs to: one that is moved to another source does not open.
fn associated(id: &str) -> String {
    format!("legacy_source/{id}")
}

/// Puts an act on record, and makes every node forget what it knows.
async fn finish(
    services: &Services,
    mut tx: Tx,
    id: &str,
    who: Who<'_>,
    (event, detail): (&'static str, Value),
) -> Result<(), SourceError> {
    let origin = Origin::command_line();
    let event = match who {
        Who::Operator(actor) => Event { event, actor: actor.to_owned(), person: None, client: None, origin: &origin, detail },
        Who::Administrator(doer) => Event::by(doer, event, None, None, detail),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::LegacySources, id).await?;
    tx.commit().await?;
    services.known.forget(Kind::LegacySources, id, services.clock.now());
    Ok(())
}
