//! Signing keys: made at the first start, rotated by a job or by hand, dropped at once when they must.

mod console;

pub use console::{Algorithms, Overview, ask_revocation, ask_rotation, overview, revoke_approved, rotate_approved};

use super::audit::{self, Event};
use super::authority::Doer;
use super::tokens::{load_keys, schedule_of};
use super::{Failure, Origin, Services, forget};
use crate::base::clock::Millis;
use crate::crypto::keyring::generate;
use crate::model::signing_key::{Algorithm, State};
use crate::store::changes::Kind;
use crate::store::signing_keys::{self, StoredKey};
use crate::store::{Tx, job_leases};
use serde_json::json;

const LEASE: &str = "signing_keys";

/// Who makes or drops keys.
#[derive(Clone, Copy)]
enum Who<'a> {
    /// A job, or somebody at the command line; also why.
    Operator(&'a str),
    /// An administrator, after a second one agreed.
    Administrator(&'a Doer),
}

impl Who<'_> {
    /// Why a key was made, for the record.
    fn why(&self) -> &str {
        match self {
            Self::Operator(why) => why,
            Self::Administrator(_) => "console",
        }
    }
}

/// The public halves of every key that signs, will sign, or signed what may still live (RFC 7517 §5).
pub fn jwks(services: &Services) -> serde_json::Value {
    services.keyring.jwks(services.clock.now())
}

/// Makes sure that every algorithm has a key that signs, then reads all keys.
pub async fn ensure(services: &Services) -> Result<(), Failure> {
    let missing = missing(services).await?;
    if !missing.is_empty() {
        let fresh = make(services, &missing).await?;
        let now = services.clock.now();
        let mut tx = services.store.write().await?;
        let mine = job_leases::take(&mut tx, LEASE, &services.entropy.token(), now.plus_seconds(5), now).await?;
        let stored = signing_keys::list(&mut tx).await?;
        for key in fresh {
            let present =
                stored.iter().any(|old| old.algorithm == key.algorithm && schedule_of(old).state_at(now) == State::Active);
            if mine && !present {
                add(services, &mut tx, key, (now, now), Who::Operator("first start")).await?;
            }
        }
        tx.commit().await?;
    }
    load_keys(services).await
}

async fn missing(services: &Services) -> Result<Vec<Algorithm>, Failure> {
    let now = services.clock.now();
    let stored = signing_keys::list(&mut services.store.read().await?).await?;
    let signs =
        |algorithm: &Algorithm| stored.iter().any(|key| key.algorithm == algorithm.as_str() && schedule_of(key).signs_at(now));
    Ok(Algorithm::ALL.into_iter().filter(|algorithm| !signs(algorithm)).collect())
}

/// New pairs, sealed. Their moments are set by whoever stores them.
async fn make(services: &Services, algorithms: &[Algorithm]) -> Result<Vec<StoredKey>, Failure> {
    let mut made = Vec::new();
    for algorithm in algorithms {
        let algorithm = *algorithm;
        let pair = tokio::task::spawn_blocking(move || generate(algorithm))
            .await
            .map_err(|_| crate::crypto::password::HashError::Unusable)??;
        made.push(StoredKey {
            private_key: services.envelope.seal(&pair.private, pair.kid.as_bytes()),
            kid: pair.kid,
            algorithm: algorithm.as_str().to_owned(),
            public_jwk: pair.public_jwk.to_string(),
            announced_at: 0,
            active_at: 0,
            retiring_at: None,
            gone_at: None,
            revoked_at: None,
        });
    }
    Ok(made)
}

async fn add(
    services: &Services,
    tx: &mut Tx,
    mut key: StoredKey,
    (announced, active): (Millis, Millis),
    who: Who<'_>,
) -> Result<(), Failure> {
    key.announced_at = announced.0;
    key.active_at = active.0;
    signing_keys::add(tx, &key).await?;
    let detail = json!({ "kid": key.kid, "algorithm": key.algorithm, "active_at": active.0, "why": who.why() });
    record(services, tx, "key.announced", who, detail).await
}

async fn record(
    services: &Services,
    tx: &mut Tx,
    event: &'static str,
    who: Who<'_>,
    detail: serde_json::Value,
) -> Result<(), Failure> {
    let origin = Origin::command_line();
    let event = match who {
        Who::Operator(actor) => Event { event, actor: actor.to_owned(), person: None, client: None, origin: &origin, detail },
        Who::Administrator(doer) => Event::by(doer, event, None, None, detail),
    };
    audit::record(tx, services, event).await?;
    Ok(forget(tx, services, Kind::Keys, "").await?)
}

/// Announces a successor for each algorithm; the keys of today retire when it
/// starts to sign. With `at_once` that is now, for emergencies.
pub async fn rotate(services: &Services, algorithms: &[Algorithm], at_once: bool, actor: &str) -> Result<(), Failure> {
    let fresh = make(services, algorithms).await?;
    let mut tx = services.store.write().await?;
    succeed(services, &mut tx, fresh, at_once, Who::Operator(actor)).await?;
    tx.commit().await?;
    load_keys(services).await
}

/// Puts new keys in the place of those of today, in the act's own transaction.
async fn succeed(services: &Services, tx: &mut Tx, fresh: Vec<StoredKey>, at_once: bool, who: Who<'_>) -> Result<(), Failure> {
    let now = services.clock.now();
    let rotation = services.settings.rotation;
    let active = if at_once { now } else { now.plus_seconds(rotation.announce_hours * 3_600) };
    for old in signing_keys::list(tx).await? {
        let same = fresh.iter().any(|new| new.algorithm == old.algorithm);
        if same && old.retiring_at.is_none() && schedule_of(&old).shown_at(now) {
            let gone = active.plus_seconds(rotation.keep_days * 86_400);
            signing_keys::mark_retiring(tx, &old.kid, active, gone).await?;
        }
    }
    for key in fresh {
        add(services, tx, key, (now, active), who).await?;
    }
    Ok(())
}

/// Rotates what is due; run by a job on the node that holds the lease.
pub async fn rotate_due(services: &Services, holder: &str) -> Result<(), Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let mine = job_leases::take(&mut tx, LEASE, holder, now.plus_seconds(300), now).await?;
    tx.commit().await?;
    if !mine {
        return Ok(());
    }
    let stored = signing_keys::list(&mut services.store.read().await?).await?;
    let mut due = Vec::new();
    for algorithm in Algorithm::ALL {
        let newest = stored
            .iter()
            .filter(|key| key.algorithm == algorithm.as_str() && key.revoked_at.is_none())
            .map(schedule_of)
            .max_by_key(|schedule| schedule.active_at);
        let none_signs = !stored.iter().any(|key| key.algorithm == algorithm.as_str() && schedule_of(key).signs_at(now));
        if none_signs || newest.is_none_or(|newest| services.settings.rotation.is_due(&newest, now)) {
            due.push(algorithm);
        }
    }
    if !due.is_empty() {
        rotate(services, &due, false, "job").await?;
    }
    Ok(())
}

/// Drops a key at once: its tokens verify nowhere any more. When none other of
/// its algorithm signs, a successor takes its place in the same transaction.
/// False when there is no such key.
pub async fn revoke(services: &Services, kid: &str, actor: &str) -> Result<bool, Failure> {
    let Some(successors) = successors_of(services, kid).await? else { return Ok(false) };
    let mut tx = services.store.write().await?;
    if !drop_key(services, &mut tx, kid, successors, Who::Operator(actor)).await? {
        return Ok(false);
    }
    tx.commit().await?;
    load_keys(services).await?;
    Ok(true)
}

/// What has to take a key's place when it is dropped now; nothing when there is no such key.
async fn successors_of(services: &Services, kid: &str) -> Result<Option<Vec<StoredKey>>, Failure> {
    let now = services.clock.now();
    let stored = signing_keys::list(&mut services.store.read().await?).await?;
    let Some(dropped) = stored.iter().find(|key| key.kid == kid && key.revoked_at.is_none()) else { return Ok(None) };
    let others_sign =
        stored.iter().any(|key| key.kid != kid && key.algorithm == dropped.algorithm && schedule_of(key).signs_at(now));
    let algorithms: Vec<Algorithm> = Algorithm::parse(&dropped.algorithm).into_iter().filter(|_| !others_sign).collect();
    make(services, &algorithms).await.map(Some)
}

/// Drops a key in the act's own transaction; false when it was dropped before.
async fn drop_key(
    services: &Services,
    tx: &mut Tx,
    kid: &str,
    successors: Vec<StoredKey>,
    who: Who<'_>,
) -> Result<bool, Failure> {
    let now = services.clock.now();
    if !signing_keys::mark_revoked(tx, kid, now).await? {
        return Ok(false);
    }
    for key in successors {
        add(services, tx, key, (now, now), who).await?;
    }
    record(services, tx, "key.revoked", who, json!({ "kid": kid })).await?;
    Ok(true)
}

/// A key as operators see it.
#[derive(Debug, serde::Serialize)]
pub struct KeyLine {
    /// Key identifier.
    pub kid: String,
    /// Algorithm.
    pub algorithm: String,
    /// Where it is in its life.
    pub state: State,
    /// Milliseconds UTC of each state.
    pub announced_at: i64,
    /// Signs from here on.
    pub active_at: i64,
    /// Signs no more.
    pub retiring_at: Option<i64>,
    /// Out of JWKS.
    pub gone_at: Option<i64>,
    /// Dropped by hand.
    pub revoked_at: Option<i64>,
}

/// All keys, oldest first.
pub async fn list(services: &Services) -> Result<Vec<KeyLine>, Failure> {
    let now = services.clock.now();
    let stored = signing_keys::list(&mut services.store.read().await?).await?;
    Ok(stored
        .into_iter()
        .map(|key| KeyLine {
            state: schedule_of(&key).state_at(now),
            kid: key.kid,
            algorithm: key.algorithm,
            announced_at: key.announced_at,
            active_at: key.active_at,
            retiring_at: key.retiring_at,
            gone_at: key.gone_at,
            revoked_at: key.revoked_at,
        })
        .collect())
}
