//! Signing in: throttled, verified off the async threads, the same answer and
//! the same time whether a name exists or not.

use super::sign_on::Proof;
use super::throttle::{self, Reserved};
use super::{Failure, Origin, Services};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::crypto::password::HashError;
use crate::model::password_policy::fits;
use crate::store::changes::Kind;
use crate::store::{StoreError, passwords, persons};
use secrecy::{ExposeSecret as _, SecretString};

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
            throttle::tell_reached(services, &folded, origin, &reached).await?;
            return Err(LoginError::Locked { until: reached.until });
        }
    };
    let (person, stored) = find(services, &folded).await?;
    let hash = stored.as_ref().map(|stored| stored.hash.clone());
    let acceptable = fits(password.expose_secret());
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
        throttle::fail(services, &folded, origin, &reached, "sign_in.failed").await?;
        return Err(LoginError::Wrong);
    };
    // Set a moment ago, perhaps by another process: this node may remember the person as they were.
    if stored.as_ref().is_some_and(|stored| stored.must_change) {
        services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    }
    // Whoever still has to give a second factor is not in yet: their wrong codes go on counting.
    let more = services.person(&person).await?.is_some_and(|known| known.methods.second_factor());
    if more {
        throttle::give_back(services, &folded, origin).await?;
    } else {
        throttle::succeed(services, &folded, origin).await?;
    }
    if let Some(stored) = stored.filter(|stored| services.hasher.is_weak(&stored.hash)) {
        rehash(services, &person, stored, password).await;
    }
    Ok(Proof { person, level: 1, methods: "pwd".to_owned() })
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

/// Replaces a weak hash, unless the password was changed meanwhile. A failure here costs nothing.
async fn rehash(services: &Services, person: &PersonId, stored: passwords::StoredPassword, password: SecretString) {
    let Ok(hash) = services.hasher.hash(password).await else { return };
    let Ok(mut tx) = services.store.write().await else { return };
    if matches!(passwords::replace(&mut tx, person, &stored.hash, &hash).await, Ok(true)) {
        let _ = tx.commit().await;
    }
}
