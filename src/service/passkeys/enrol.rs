//! Making a passkey: for somebody who has just signed in, on the device before them.

use super::{BeginError, NameError, hand_out, name, on, record, unreadable};
use crate::base::date::vietnam_date;
use crate::crypto::passkey::{Attestation, Holder, Maker, PasskeyError};
use crate::model::methods::{PASSKEY, TWO_FACTORS};
use crate::model::notice::NoticeKind;
use crate::model::sign_on::SignOn;
use crate::service::known::KnownPerson;
use crate::service::sign_on::ending::By;
use crate::service::sign_on::{self, Before, Started};
use crate::service::{Failure, Origin, Services, notices, old_accounts};
use crate::store::StoreError;
use crate::store::changes::Kind;
use crate::store::passkeys::{self, StoredPasskey};
use crate::transient::TransientError;
use crate::transient::webauthn_challenges::{self, Purpose};
use serde_json::Value;

/// The most passkeys of one person.
pub const MOST: i64 = 10;

/// Why no passkey was added.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// There are no passkeys here.
    #[error("passkeys are off")]
    Off,
    /// The name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The answer does not hold, came late, was used, or is of another ceremony; or the passkey is somebody's already; or
    /// the old account that its person came through is not enough for it any more.
    #[error("the passkey was refused")]
    Refused,
    /// The person has [`MOST`] already.
    #[error("the person has as many passkeys as one may have")]
    Full,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for EnrolError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for EnrolError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// What came back from a browser.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// What the person calls the passkey.
    pub name: &'a str,
    /// The device's answer, as JSON.
    pub credential: &'a str,
    /// The browser.
    pub browser: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// The options for making a passkey, for the page's script.
pub async fn begin(services: &Services, known: &KnownPerson, browser: &str, origin: &Origin) -> Result<Value, BeginError> {
    let webauthn = on(services)?;
    let person = &known.person;
    // Whoever administers shows which device keeps their passkey, where makers are named.
    let maker = if known.is_administrator(vietnam_date(services.clock.now())) { Maker::Trusted } else { Maker::Any };
    let present = passkeys::list(&mut services.store.read().await?, &person.id).await?;
    if i64::try_from(present.len()).is_ok_and(|present| present >= MOST) {
        return Err(BeginError::Full);
    }
    let present: Vec<&str> = present.iter().map(|key| key.id.as_str()).collect();
    let holder = Holder { handle: person.id.as_str(), name: &person.username, display_name: &person.full_name };
    let begun = webauthn.begin_registration(&holder, &present, maker);
    hand_out(services, begun, Purpose::Enrol(person.id.clone()), browser, origin).await
}

/// Adds the passkey that was made. Making it has shown both factors: a sign-on that
/// had one goes on at the level of two, or its owner would be asked again at once.
pub async fn finish(services: &Services, before: &Before<'_>, made: &Made<'_>) -> Result<Option<Started>, EnrolError> {
    make(services, before.sign_on, made).await?;
    if before.sign_on.level >= TWO_FACTORS && before.sign_on.has_method(PASSKEY) {
        return Ok(None);
    }
    Ok(Some(sign_on::raise(services, before, PASSKEY, TWO_FACTORS, made.origin).await?))
}

async fn make(services: &Services, sign_on: &SignOn, made: &Made<'_>) -> Result<(), EnrolError> {
    let now = services.clock.now();
    let person = &sign_on.person;
    let webauthn = services.passkeys.as_ref().ok_or(EnrolError::Off)?;
    // Before the challenge is used up: a name can be mended.
    let name = name::read(made.name)?;
    let answer = Attestation::read(made.credential).ok_or(EnrolError::Refused)?;
    let purpose = Purpose::Enrol(person.clone());
    let state = webauthn_challenges::take(&services.transient, answer.challenge(), &purpose, made.browser, now).await?;
    let state = state.ok_or(EnrolError::Refused)?;
    let new = match webauthn.finish_registration(&answer, &state) {
        Ok(new) => new,
        Err(PasskeyError::Refused | PasskeyError::Settings) => return Err(EnrolError::Refused),
        Err(PasskeyError::Unreadable) => return Err(unreadable().into()),
    };
    let passkey = StoredPasskey {
        id: new.id,
        person: person.clone(),
        name,
        credential: new.credential,
        version: 1,
        created_at: now,
        used_at: None,
    };
    add(services, &passkey, sign_on, made.origin).await
}

async fn add(services: &Services, passkey: &StoredPasskey, sign_on: &SignOn, origin: &Origin) -> Result<(), EnrolError> {
    let mut tx = services.store.write().await?;
    if !passkeys::hold_person(&mut tx, &passkey.person).await? {
        return Err(EnrolError::Refused);
    }
    notices::hold_changeable(&mut tx, &passkey.person).await?;
    // A role may have been given, or the old account been taken away, since the page was shown.
    if !old_accounts::hold_enough(&mut tx, services, sign_on).await? {
        return Err(EnrolError::Refused);
    }
    match passkeys::add(&mut tx, passkey, MOST).await {
        Ok(true) => {}
        Ok(false) => return Err(EnrolError::Full),
        // The credential is somebody's: whose is nobody's business.
        Err(StoreError::Stale) => return Err(EnrolError::Refused),
        Err(error) => return Err(error.into()),
    }
    record(&mut tx, services, &passkey.person, "method.added", origin).await?;
    notices::tell(&mut tx, services, &passkey.person, NoticeKind::PasskeyAdded, origin).await?;
    // Old accounts have done their part: from here on there is a better way in.
    let by = By { actor: passkey.person.as_str(), origin };
    let retired = old_accounts::retire(&mut tx, services, &passkey.person, Some(&sign_on.id), by).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, passkey.person.as_str(), services.clock.now());
    retired.tell(services);
    Ok(())
}
