//! Setting a person's password from outside: by an administrator or a command.
//! Whoever knew the one before is out everywhere, in the same act.
//!
//! What an operator sets is not judged as a person's own choice is: it has to
//! be long enough and typed again by somebody. A temporary password is gone
//! after the first sign-in; a lasting one is the operator's to answer for.
//!
//! Whoever sets a password has seen whom it is for: what "this was not me" locked
//! opens again, without the factors and devices that somebody else may have
//! left there, and the person is told.

use crate::base::id::PersonId;
use crate::model::notice::NoticeKind;
use crate::model::password_policy::{MAX_BYTES, is_invisible, normalised};
use crate::model::person::Username;
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Reach, end_all};
use crate::service::{Failure, Origin, Services, devices, forget, notices, throttle};
use crate::store::passwords::StoredPassword;
use crate::store::recoveries::{self, Removed};
use crate::store::{StoreError, change_locks, changes, password_history, passwords, persons};
use secrecy::{ExposeSecret as _, SecretString};

/// The fewest characters of a temporary password: it is told to somebody, and good once.
pub const MIN_TEMPORARY_CHARACTERS: usize = 8;

/// Whose password, and who sets it.
pub struct Request<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: SecretString,
    /// True when the person has to choose another at the next sign-in.
    pub temporary: bool,
    /// Who sets it.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
}

/// Why no password was set.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Nobody has this user name.
    #[error("nobody has this user name")]
    UnknownPerson,
    /// Too few characters.
    #[error("a password of this kind has at least {least} characters")]
    TooShort {
        /// The fewest.
        least: usize,
    },
    /// More than [`MAX_BYTES`].
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// A character that the person could not type.
    #[error("the password holds a character that nobody sees, such as a tab; type it without")]
    Invisible,
    /// The hash could not be made.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for PasswordError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Sets a password, whatever it was before; that one is not taken again.
pub async fn set(services: &Services, request: Request<'_>) -> Result<PersonId, PasswordError> {
    check(services, &request)?;
    let name = Username::parse(request.username).map_err(|_| PasswordError::UnknownPerson)?;
    let person = {
        let mut conn = services.store.read().await?;
        persons::find_id_by_username(&mut conn, name.folded()).await?.ok_or(PasswordError::UnknownPerson)?
    };
    // No hashing inside the transaction.
    let hash = services.hasher.hash(request.password).await.map_err(|error| PasswordError::Hash(error.to_string()))?;
    let now = services.clock.now();
    let stored = StoredPassword { hash, changed_at: now, must_change: request.temporary };
    let mut tx = services.store.write().await?;
    // The person first, as everything does that begins or changes something of theirs.
    let unlocked = change_locks::unlock_changes(&mut tx, &person).await?;
    let before = passwords::hold(&mut tx, &person).await?;
    if let Some(before) = &before {
        password_history::add(&mut tx, &person, &before.hash, now).await?;
        password_history::keep_newest(&mut tx, &person, services.settings.password_policy.history).await?;
    }
    passwords::set(&mut tx, &person, &stored).await?;
    let by = By { actor: request.actor, origin: request.origin };
    let ended = end_all(&mut tx, services, &person, Reach::Everything, by).await?;
    let removed = if unlocked {
        devices::remove_all(&mut tx, &person).await?;
        recoveries::remove_factors(&mut tx, &person).await?
    } else {
        devices::forget_all(&mut tx, &person).await?;
        Removed::default()
    };
    let event = Event {
        event: "password.set",
        actor: request.actor.to_owned(),
        person: Some(&person),
        client: None,
        origin: request.origin,
        detail: serde_json::json!({
            "temporary": request.temporary,
            "changes_unlocked": unlocked,
            "apps_removed": removed.apps,
            "passkeys_removed": removed.passkeys,
            "codes_removed": removed.codes,
        }),
    };
    audit::record(&mut tx, services, event).await?;
    // The first password of a person changes nothing that they knew.
    if before.is_some() {
        notices::tell(&mut tx, services, &person, NoticeKind::PasswordReset, request.origin).await?;
    }
    forget(&mut tx, services, changes::Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(changes::Kind::Person, person.as_str(), services.clock.now());
    ended.tell(services);
    // Whoever got another password is not kept out by what was tried with the one before.
    if let Err(error) = throttle::unlock(services, name.folded()).await {
        tracing::warn!(%error, "the password is set; the name stays locked until its time");
    }
    Ok(person)
}

fn check(services: &Services, request: &Request<'_>) -> Result<(), PasswordError> {
    let password = normalised(request.password.expose_secret());
    let lasting = services.settings.password_policy.min_length;
    let least = if request.temporary { MIN_TEMPORARY_CHARACTERS.min(lasting) } else { lasting };
    if password.chars().count() < least {
        return Err(PasswordError::TooShort { least });
    }
    if password.len() > MAX_BYTES {
        return Err(PasswordError::TooLong);
    }
    if password.chars().any(is_invisible) {
        return Err(PasswordError::Invisible);
    }
    Ok(())
}
