//! Passkeys: made, used, renamed and put away by the people that they belong to.
//!
//! Here belongs whose a passkey is, and that a challenge is answered once, by
//! the browser and for the purpose that it was made for. Whether an answer
//! holds is for `crypto::passkey` to say.

pub mod enrol;
mod name;
pub mod sign_in;

pub use name::{LONGEST, NameError};

use super::audit::{self, Event, network_of};
use super::{Failure, Origin, Services, devices, forget, notices};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::crypto::passkey::{Begun, PasskeyError, Passkeys};
use crate::model::notice::NoticeKind;
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx, passkeys};
use crate::transient::webauthn_challenges::{self, Handed, Purpose};
use crate::transient::{TransientError, attempts};
use serde_json::{Value, json};

/// Challenges that one network may ask for in a minute. The first page of a sign-in asks for one by itself, and
/// thousands of people come from one office address; a stranger's must not push out theirs.
const MOST_OF_ONE_NETWORK: i64 = 6_000;
const MINUTE_MS: i64 = 60_000;

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// What pages and forms call it.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last used.
    pub used_at: Option<Millis>,
}

/// Why no challenge was handed out.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// There are no passkeys at an issuer whose address is made of digits.
    #[error("passkeys are off")]
    Off,
    /// The person has none that could answer.
    #[error("the person has no passkey")]
    NoPasskey,
    /// The person has [`enrol::MOST`] already.
    #[error("the person has as many passkeys as one may have")]
    Full,
    /// Too many were asked for from there.
    #[error("too many challenges are asked for from this network")]
    TooMany,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for BeginError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// Whether there are passkeys at this issuer.
pub fn are_on(services: &Services) -> bool {
    services.passkeys.is_some()
}

/// The passkeys of a person, oldest first.
pub async fn list(services: &Services, person: &PersonId) -> Result<Vec<Passkey>, Failure> {
    let stored = passkeys::list(&mut services.store.read().await?, person).await?;
    let shown =
        |key: passkeys::StoredPasskey| Passkey { id: key.id, name: key.name, created_at: key.created_at, used_at: key.used_at };
    Ok(stored.into_iter().map(shown).collect())
}

/// Why a passkey was not renamed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// The name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for RenameError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Gives a passkey another name; false when the person has no such passkey (any more).
pub async fn rename(services: &Services, person: &PersonId, id: &str, to: &str) -> Result<bool, RenameError> {
    let to = name::read(to)?;
    let mut tx = services.store.write().await?;
    let renamed = passkeys::rename(&mut tx, person, id, &to).await?;
    tx.commit().await?;
    Ok(renamed)
}

/// Removes a passkey; false when the person has no such passkey (any more). Sign-ons that it began go on; devices that
/// stood for it stand for nothing any more.
pub async fn remove(services: &Services, person: &PersonId, id: &str, origin: &Origin) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    notices::hold_changeable(&mut tx, person).await?;
    if !passkeys::remove(&mut tx, person, id).await? {
        return Ok(false);
    }
    devices::forget_all(&mut tx, person).await?;
    record(&mut tx, services, person, "method.removed", origin).await?;
    notices::tell(&mut tx, services, person, NoticeKind::PasskeyRemoved, origin).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    Ok(true)
}

/// Records that a person's methods changed, in the transaction of the change, and lets every node forget them.
async fn record(
    tx: &mut Tx,
    services: &Services,
    person: &PersonId,
    event: &'static str,
    origin: &Origin,
) -> Result<(), StoreError> {
    let detail = json!({ "kind": "passkey" });
    let event = Event { event, actor: person.0.clone(), person: Some(person), client: None, origin, detail };
    audit::record(tx, services, event).await?;
    forget(tx, services, Kind::Person, person.as_str()).await
}

fn on(services: &Services) -> Result<&Passkeys, BeginError> {
    services.passkeys.as_ref().ok_or(BeginError::Off)
}

/// Keeps what a challenge needs to be answered, and gives out what the page needs.
async fn hand_out(
    services: &Services,
    begun: Result<Begun, PasskeyError>,
    purpose: Purpose,
    browser: &str,
    origin: &Origin,
) -> Result<Value, BeginError> {
    let now = services.clock.now();
    let begun = begun.map_err(|_| unreadable())?;
    let network = network_of(&origin.address);
    let (asked, _) = attempts::add(&services.transient, "passkey-challenges", &network, MINUTE_MS, now).await?;
    if asked > MOST_OF_ONE_NETWORK {
        return Err(BeginError::TooMany);
    }
    let handed = Handed::new(purpose, browser, begun.state, now);
    webauthn_challenges::put(&services.transient, &begun.challenge, &handed, now).await?;
    Ok(begun.options)
}

/// What we wrote ourselves cannot be read back.
fn unreadable() -> Failure {
    StoreError::Corrupt("passkeys.credential".to_owned()).into()
}
