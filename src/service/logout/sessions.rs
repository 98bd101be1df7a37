//! The sessions of a person, as they and administrators see and end them.

use super::systems;
use crate::base::id::{PersonId, SignOnId};
use crate::model::person::Username;
use crate::model::sign_on::SignOn;
use crate::service::sign_on::ending::{By, Reach, end, end_all, end_others};
use crate::service::{Failure, Origin, Services};
use crate::store::{StoreError, persons, sign_on_places, sign_ons};

/// Why no session was listed or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Nobody has this user name.
    #[error("nobody has this user name")]
    UnknownPerson,
    /// There is no such session.
    #[error("there is no session of this id")]
    UnknownSession,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for SessionError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// An open sign-on. Moments are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Session {
    /// Its id; relying parties see it as `sid`.
    pub id: SignOnId,
    /// Begun.
    pub started_at: i64,
    /// When the person last proved who they are.
    pub authenticated_at: i64,
    /// Last used.
    pub last_seen_at: i64,
    /// Ends at the latest.
    pub ends_at: i64,
    /// Level of assurance.
    pub level: i64,
    /// How the person proved who they are (RFC 8176), space-separated.
    pub methods: String,
    /// What it was made with, such as `computer/Windows/Edge`.
    pub device: String,
    /// The address from which it was begun.
    pub address: String,
    /// It is on a computer that others use too.
    pub shared: bool,
    /// The systems that were entered, by name.
    pub systems: Vec<String>,
}

/// The open sign-ons of a person, newest first.
pub async fn list(services: &Services, username: &str) -> Result<Vec<Session>, SessionError> {
    let person = person_of(services, username).await?;
    Ok(list_of(services, &person).await?)
}

/// The open sign-ons of a person, newest first.
pub async fn list_of(services: &Services, person: &PersonId) -> Result<Vec<Session>, Failure> {
    let now = services.clock.now();
    let idle = services.settings.lifetimes.idle_seconds;
    let mut conn = services.store.read().await?;
    let open = sign_ons::list_open(&mut conn, person, now).await?;
    let mut addresses = sign_on_places::list_open(&mut conn, person).await?;
    drop(conn);
    let mut sessions = Vec::new();
    for sign_on in open.into_iter().filter(|sign_on| sign_on.is_open(idle, now)) {
        let entered = systems(services, &sign_on.id).await?;
        sessions.push(Session {
            address: addresses.remove(&sign_on.id).unwrap_or_default(),
            shared: sign_on.manner.shared,
            id: sign_on.id,
            started_at: sign_on.started_at.0,
            authenticated_at: sign_on.authenticated_at.0,
            last_seen_at: sign_on.last_seen_at.0,
            ends_at: sign_on.ends_at.0,
            level: sign_on.level,
            methods: sign_on.methods,
            device: sign_on.device.words(),
            systems: entered.into_iter().map(|(name, _)| name).collect(),
        });
    }
    Ok(sessions)
}

/// Ends one session; false when it had ended before.
pub async fn end_by_id(services: &Services, id: &SignOnId, by: By<'_>) -> Result<bool, SessionError> {
    let found = sign_ons::find(&mut services.store.read().await?, id).await?;
    let sign_on = found.ok_or(SessionError::UnknownSession)?;
    Ok(end(services, &sign_on, by.actor, by.origin).await?)
}

/// Ends one of a person's own sessions; false when it had ended before.
pub async fn end_own(services: &Services, person: &PersonId, id: &SignOnId, origin: &Origin) -> Result<bool, SessionError> {
    let found = sign_ons::find(&mut services.store.read().await?, id).await?;
    let sign_on = found.filter(|sign_on| sign_on.person == *person).ok_or(SessionError::UnknownSession)?;
    Ok(end(services, &sign_on, &person.0, origin).await?)
}

/// Ends a person's own sessions beside the one in which they say so, and offline
/// access that others gave; answers how many sessions.
pub async fn end_own_others(services: &Services, kept: &SignOn, origin: &Origin) -> Result<usize, Failure> {
    let mut tx = services.store.write().await?;
    let ended = end_others(&mut tx, services, kept, By { actor: kept.person.as_str(), origin }).await?;
    tx.commit().await?;
    ended.tell(services);
    Ok(ended.sign_ons.len())
}

/// Ends all of a person's own sessions and offline access; answers how many sessions.
pub async fn end_own_all(services: &Services, person: &PersonId, origin: &Origin) -> Result<usize, Failure> {
    let mut tx = services.store.write().await?;
    let ended = end_all(&mut tx, services, person, Reach::Everything, By { actor: person.as_str(), origin }).await?;
    tx.commit().await?;
    ended.tell(services);
    Ok(ended.sign_ons.len())
}

/// Ends every session of a person; answers how many. Offline access stays.
pub async fn end_of_person(services: &Services, username: &str, by: By<'_>) -> Result<usize, SessionError> {
    let person = person_of(services, username).await?;
    let mut tx = services.store.write().await?;
    let ended = end_all(&mut tx, services, &person, Reach::SignOns, by).await?;
    tx.commit().await?;
    ended.tell(services);
    Ok(ended.sign_ons.len())
}

async fn person_of(services: &Services, username: &str) -> Result<PersonId, SessionError> {
    let name = Username::parse(username).map_err(|_| SessionError::UnknownPerson)?;
    let mut conn = services.store.read().await?;
    persons::find_id_by_username(&mut conn, name.folded()).await?.ok_or(SessionError::UnknownPerson)
}
