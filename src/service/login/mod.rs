//! Signing in: throttled, verified off the async threads, the same answer and
//! the same time whether a name exists or not.

use super::audit::network_of;
use super::known::KnownPerson;
use super::sign_on::Proof;
use super::throttle::{self, Guess, Limit, Reached, Reserved};
use super::{Failure, Origin, Services, devices};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::crypto::password::{HashError, Line};
use crate::model::password_policy::fits;
use crate::model::sign_on::Manner;
use crate::store::changes::Kind;
use crate::store::passwords::{self, StoredPassword};
use crate::store::{StoreError, persons};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;

/// No record has this number.
const NOBODY: &str = "nobody";

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Name or password: never said which.
    #[error("incorrect username or password")]
    Wrong,
    /// Too many failures, or the last one was a moment ago.
    #[error("locked")]
    Locked {
        /// What was counted.
        limit: Limit,
        /// When to try again.
        until: Millis,
        /// The same, in seconds from now.
        seconds: i64,
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

impl From<Reached> for LoginError {
    fn from(reached: Reached) -> Self {
        Self::Locked { limit: reached.limit, until: reached.until, seconds: reached.seconds }
    }
}

impl From<HashError> for LoginError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { seconds } => Self::Busy { seconds },
            HashError::Unusable => Self::Failure(error.into()),
        }
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Checks a name and a password, on a device that the browser says it is.
pub async fn password(
    services: &Services,
    username: &str,
    password: SecretString,
    known_by: Option<&str>,
    origin: &Origin,
) -> Result<Proof, LoginError> {
    let folded = fold(username);
    let device = devices::known_as(services, known_by, &folded).await?;
    let guess = Guess { name: &folded, device: device.as_deref() };
    // People on devices of theirs stand apart from whoever floods the other line.
    let line = if device.is_some() { Line::Known } else { Line::Anyone };
    let hasher = services.hasher.standing(line, &network_of(&origin.address));
    hasher.check_room()?;
    let room = match throttle::reserve(services, guess, origin).await? {
        Reserved::Room(room) => room,
        Reserved::Full(reached) => {
            throttle::tell_reached(services, guess, origin, &reached).await?;
            return Err(reached.into());
        }
    };
    let (person, stored) = find(services, &folded).await?;
    let hash = stored.as_ref().map(|stored| stored.hash.clone());
    let acceptable = fits(password.expose_secret());
    // A password that is too long for the hash is wrong, after the usual time.
    let candidate = if acceptable { password.clone() } else { SecretString::from("") };
    let right = match hasher.verify(candidate, hash).await {
        Ok(right) => right && acceptable,
        Err(error) => {
            // It was not looked at.
            throttle::give_back(services, guess, origin).await?;
            return Err(error.into());
        }
    };
    let known = if right { who(services, &person, stored.as_ref()).await? } else { None };
    let Some(known) = known else {
        throttle::fail(services, guess, origin, &room, "sign_in.failed").await?;
        return Err(LoginError::Wrong);
    };
    // Whoever still has to give a second factor is not in yet: their wrong codes go on counting.
    if known.methods.second_factor() {
        throttle::give_back(services, guess, origin).await?;
    } else {
        throttle::succeed(services, guess, origin).await?;
    }
    let password_since = stored.as_ref().map(|stored| stored.changed_at);
    if let Some(stored) = stored.filter(|stored| services.hasher.is_weak(&stored.hash)) {
        rehash(services, &person, stored, password).await;
    }
    let (methods, manner) = ("pwd".to_owned(), Manner::default());
    Ok(Proof { person, level: 1, methods, password_since, proved_at: None, manner, legacy: None })
}

/// The person of a name and their stored password. The same is asked of the records for a name that nobody has, so
/// that the time tells nothing.
async fn find(services: &Services, folded: &str) -> Result<(PersonId, Option<StoredPassword>), LoginError> {
    let mut conn = services.store.read().await?;
    let id = persons::find_id_by_username(&mut conn, folded).await?;
    let person = id.unwrap_or_else(|| PersonId(NOBODY.to_owned()));
    let stored = passwords::find(&mut conn, &person).await?;
    Ok((person, stored))
}

/// Who gave the right password. Someone who may not sign in is nobody.
async fn who(
    services: &Services,
    person: &PersonId,
    stored: Option<&StoredPassword>,
) -> Result<Option<Arc<KnownPerson>>, LoginError> {
    // Set a moment ago, perhaps by another process: this node may remember the person as they were.
    if stored.is_some_and(|stored| stored.must_change) {
        services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    }
    Ok(services.person(person).await?)
}

/// Replaces a weak hash, unless the password was changed meanwhile. A failure here costs nothing.
async fn rehash(services: &Services, person: &PersonId, stored: StoredPassword, password: SecretString) {
    let Ok(hash) = services.hasher.hash(password).await else { return };
    let Ok(mut tx) = services.store.write().await else { return };
    if matches!(passwords::replace(&mut tx, person, &stored.hash, &hash).await, Ok(true)) {
        let _ = tx.commit().await;
    }
}
