//! Signing in: throttled, verified off the async threads, the same answer and
//! the same time whether a name exists or not.

mod throttle;

use super::audit::{self, Event};
use super::sign_on::Proof;
use super::{Failure, Origin, Services};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::crypto::password::{HashError, MAX_BYTES};
use crate::store::{StoreError, Tx, passwords, persons};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use throttle::{Reached, Reserved};

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Name or password: never said which.
    #[error("incorrect username or password")]
    Wrong,
    /// Too many failures.
    #[error("locked")]
    Locked {
        /// When to try again.
        until: Millis,
    },
    /// The password pool is full.
    #[error("busy")]
    Busy {
        /// When to try again.
        seconds: u32,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Checks a name and a password.
pub async fn password(services: &Services, username: &str, password: SecretString, origin: &Origin) -> Result<Proof, LoginError> {
    let folded = fold(username);
    let reached = match throttle::reserve(services, &folded, origin).await? {
        Reserved::Room(reached) => reached,
        Reserved::Full(reached) => {
            tell_reached(services, &folded, origin, &reached).await?;
            return Err(LoginError::Locked { until: reached.until });
        }
    };
    let (person, stored) = find(services, &folded).await?;
    let hash = stored.as_ref().map(|stored| stored.hash.clone());
    let acceptable = password.expose_secret().len() <= MAX_BYTES;
    // A password that is too long for the hash is wrong, after the usual time.
    let candidate = if acceptable { password.clone() } else { SecretString::from("") };
    let right = match services.hasher.verify(candidate, hash).await {
        Ok(right) => right,
        Err(HashError::Busy { seconds }) => {
            throttle::give_back(services, &folded, origin).await?;
            return Err(LoginError::Busy { seconds });
        }
        Err(HashError::Unusable) => return Err(LoginError::Failure(HashError::Unusable.into())),
    };
    let Some(person) = person.filter(|_| right && acceptable) else {
        fail(services, &folded, origin, &reached).await?;
        return Err(LoginError::Wrong);
    };
    throttle::succeed(services, &folded, origin).await?;
    if let Some(stored) = stored.filter(|stored| services.hasher.is_weak(&stored.hash)) {
        rehash(services, &person, stored, password).await;
    }
    Ok(Proof { person, level: 1, methods: "pwd" })
}

/// The person of a name and their stored password. Someone who may not sign in is nobody.
async fn find(services: &Services, folded: &str) -> Result<(Option<PersonId>, Option<passwords::StoredPassword>), LoginError> {
    let mut conn = services.store.read().await?;
    let Some(id) = persons::find_id_by_username(&mut conn, folded).await? else { return Ok((None, None)) };
    let stored = passwords::find(&mut conn, &id).await?;
    drop(conn);
    let known = services.known.person(&services.store, &id, services.clock.now()).await?;
    Ok(if known.is_some() { (Some(id), stored) } else { (None, None) })
}

/// Records a failure, and with it the limits that it reached.
async fn fail(services: &Services, folded: &str, origin: &Origin, reached: &[Reached]) -> Result<(), LoginError> {
    let mut first = Vec::new();
    for limit in reached {
        if throttle::is_first(services, limit).await? {
            first.push(limit);
        }
    }
    let mut tx = services.store.write().await?;
    // The typed name is not recorded: people type passwords into the wrong field.
    let person = persons::find_id_by_username(&mut tx, folded).await?;
    let event =
        Event { event: "sign_in.failed", actor: String::new(), person: person.as_ref(), client: None, origin, detail: json!({}) };
    audit::record(&mut tx, services, event).await?;
    for limit in first {
        record_reached(&mut tx, services, person.as_ref(), origin, limit).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Records a limit whose failures were never told: their callers hung up.
async fn tell_reached(services: &Services, folded: &str, origin: &Origin, reached: &Reached) -> Result<(), LoginError> {
    if !throttle::is_first(services, reached).await? {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    let person = persons::find_id_by_username(&mut tx, folded).await?;
    record_reached(&mut tx, services, person.as_ref(), origin, reached).await?;
    tx.commit().await?;
    Ok(())
}

async fn record_reached(
    tx: &mut Tx,
    services: &Services,
    person: Option<&PersonId>,
    origin: &Origin,
    reached: &Reached,
) -> Result<(), StoreError> {
    let event = Event {
        event: "sign_in.throttled",
        actor: String::new(),
        person: person.filter(|_| reached.is_of_a_name()),
        client: None,
        origin,
        detail: json!({ "limit": reached.limit, "until": reached.until }),
    };
    audit::record(tx, services, event).await
}

/// Replaces a weak hash, unless the password was changed meanwhile. A failure here costs nothing.
async fn rehash(services: &Services, person: &PersonId, stored: passwords::StoredPassword, password: SecretString) {
    let Ok(hash) = services.hasher.hash(password).await else { return };
    let Ok(mut tx) = services.store.write().await else { return };
    if matches!(passwords::replace(&mut tx, person, &stored.hash, &hash).await, Ok(true)) {
        let _ = tx.commit().await;
    }
}
