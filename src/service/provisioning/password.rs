//! Setting a person's password from outside: by an administrator or a command.
//! Whoever knew the one before is out everywhere, in the same act.

use crate::base::id::PersonId;
use crate::crypto::password::MAX_BYTES;
use crate::model::person::Username;
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Reach, end_all};
use crate::service::{Origin, Services, forget};
use crate::store::passwords::StoredPassword;
use crate::store::{StoreError, changes, passwords, persons};
use secrecy::{ExposeSecret as _, SecretString};

/// The fewest characters of a password.
pub const MIN_CHARACTERS: usize = 12;

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
    /// Fewer than [`MIN_CHARACTERS`].
    #[error("a password has at least {MIN_CHARACTERS} characters")]
    TooShort,
    /// More than [`MAX_BYTES`].
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// The hash could not be made.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sets a password, whatever it was before.
pub async fn set(services: &Services, request: Request<'_>) -> Result<PersonId, PasswordError> {
    let password = request.password.expose_secret();
    if password.chars().count() < MIN_CHARACTERS {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MAX_BYTES {
        return Err(PasswordError::TooLong);
    }
    let name = Username::parse(request.username).map_err(|_| PasswordError::UnknownPerson)?;
    let person = {
        let mut conn = services.store.read().await?;
        persons::find_id_by_username(&mut conn, name.folded()).await?.ok_or(PasswordError::UnknownPerson)?
    };
    // No hashing inside the transaction.
    let hash = services.hasher.hash(request.password).await.map_err(|error| PasswordError::Hash(error.to_string()))?;
    let stored = StoredPassword { hash, changed_at: services.clock.now(), must_change: request.temporary };
    let mut tx = services.store.write().await?;
    passwords::set(&mut tx, &person, &stored).await?;
    let by = By { actor: request.actor, origin: request.origin };
    let ended = end_all(&mut tx, services, &person, Reach::Everything, by).await?;
    let event = Event {
        event: "password.set",
        actor: request.actor.to_owned(),
        person: Some(&person),
        client: None,
        origin: request.origin,
        detail: serde_json::json!({ "temporary": request.temporary }),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, changes::Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(changes::Kind::Person, person.as_str(), services.clock.now());
    ended.tell(services);
    Ok(person)
}
