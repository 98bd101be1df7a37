//! Authenticator apps: offered, confirmed by a code, used, removed.
//!
//! What is offered is kept nowhere: it follows from the sign-in that asks. It
//! is the same however often a page is loaded, and nobody who signed in
//! elsewhere as the same person has ever seen it.

use super::{METHOD, plain, record};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, hmac_sha256, sha256};
use crate::base::id::PersonId;
use crate::crypto::totp::Secret;
use crate::model::methods::TWO_FACTORS;
use crate::model::notice::NoticeKind;
use crate::service::sign_on::ending::{By, Ended};
use crate::service::sign_on::{self, Before, Started};
use crate::service::{Failure, Origin, Services, devices, notices, old_accounts};
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx, passwords, totp_secrets};
use serde_json::json;

/// Bytes of an offered secret: as many as any has.
const BYTES: usize = 20;
/// No step is so early: what belongs to no step takes none.
const NO_STEP: i64 = -1;

/// What an app shows beside its codes.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// Whose codes they are.
    pub issuer: &'a str,
    /// For which account.
    pub account: &'a str,
}

/// The authenticator app of a person.
pub enum App {
    /// It is in use.
    Enrolled {
        /// Since when.
        since: Millis,
        /// When a code of it last counted.
        used_at: Option<Millis>,
    },
    /// One may be added.
    Offered(Offer),
}

/// A secret for an app. It is for its person's eyes and is not printed.
pub struct Offer {
    /// The secret, to be typed.
    pub secret: String,
    /// The same as an address, for a picture.
    pub uri: String,
}

/// Why an app was not added.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// Not a code of the offered secret.
    #[error("the code is not of the offered secret")]
    Wrong,
    /// A code of the offered secret, but of minutes ago or ahead.
    #[error("the code is of another time: a clock is wrong")]
    Astray,
    /// An app is in use already, or the old account that its person came through is not enough for one any more.
    #[error("an app is in use already, or none is offered any more")]
    NotOffered,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for EnrolError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// A sealed secret opens for its person only.
fn associated(person: &PersonId) -> Vec<u8> {
    format!("totp_secrets {person}").into_bytes()
}

fn opened(services: &Services, person: &PersonId, sealed: &[u8]) -> Result<Secret, Failure> {
    let bytes = services.envelope.open(sealed, &associated(person))?;
    Secret::from_bytes(&bytes).ok_or_else(|| StoreError::Corrupt("totp_secrets.secret".to_owned()).into())
}

/// The secret that this sign-in is offered. Its cookie is part of it: it is another one after every proof of who the
/// person is, and in every other browser.
fn offered(services: &Services, before: &Before<'_>) -> Result<Secret, Failure> {
    let key = services.envelope.derive("totp offers 1")?;
    let Before { sign_on, cookie } = before;
    let cookie = base64url(&sha256(cookie.as_bytes()));
    let bytes = hmac_sha256(key.as_ref(), format!("{}\n{}\n{cookie}", sign_on.person, sign_on.id).as_bytes());
    Secret::from_bytes(&bytes[..BYTES]).ok_or_else(|| StoreError::Corrupt("an offered secret".to_owned()).into())
}

/// The app of a person, or a secret for one. The secret counts for nothing
/// until [`confirm`] has seen a code of it.
pub async fn look(services: &Services, before: &Before<'_>, label: Label<'_>) -> Result<App, Failure> {
    let stored = totp_secrets::find(&mut services.store.read().await?, &before.sign_on.person).await?;
    if let Some((since, used_at)) = stored.and_then(|stored| Some((stored.confirmed_at?, stored.used_at))) {
        return Ok(App::Enrolled { since, used_at });
    }
    let secret = offered(services, before)?;
    Ok(App::Offered(Offer { secret: secret.base32(), uri: secret.uri(label.issuer, label.account) }))
}

/// Lets an app count, once it shows a right code of the secret that this sign-in was offered. The person has then
/// proven two factors, and their sign-on says so.
pub async fn confirm(services: &Services, before: &Before<'_>, code: &str, origin: &Origin) -> Result<Started, EnrolError> {
    let now = services.clock.now();
    let person = &before.sign_on.person;
    let stored = totp_secrets::find(&mut services.store.read().await?, person).await?;
    if stored.is_some_and(|stored| stored.confirmed_at.is_some()) {
        return Err(EnrolError::NotOffered);
    }
    let secret = offered(services, before)?;
    let digits = plain(code);
    let Some(step) = secret.step_of(&digits, now) else {
        return Err(if secret.is_astray(&digits, now) { EnrolError::Astray } else { EnrolError::Wrong });
    };
    let sealed = services.envelope.seal(secret.bytes(), &associated(person));
    let mut tx = services.store.write().await?;
    notices::hold_changeable(&mut tx, person).await?;
    if !old_accounts::hold_enough(&mut tx, services, before.sign_on).await? {
        return Err(EnrolError::NotOffered);
    }
    if !totp_secrets::add(&mut tx, person, &sealed, step, now).await? {
        return Err(EnrolError::NotOffered);
    }
    record(&mut tx, services, person, ("method.added", json!({ "kind": "totp" })), origin).await?;
    notices::tell(&mut tx, services, person, NoticeKind::AppAdded, origin).await?;
    let retired = retire(&mut tx, services, before, origin).await?;
    settle(tx, services, person).await?;
    retired.tell(services);
    Ok(sign_on::raise(services, before, METHOD, TWO_FACTORS, origin).await?)
}

/// Retires the person's old accounts, where they can come in without them: an app is nothing without a password.
async fn retire(tx: &mut Tx, services: &Services, before: &Before<'_>, origin: &Origin) -> Result<Ended, StoreError> {
    let sign_on = before.sign_on;
    let own = passwords::find(tx, &sign_on.person).await?.is_some_and(|password| !password.must_change);
    if !own {
        return Ok(Ended::default());
    }
    let by = By { actor: sign_on.person.as_str(), origin };
    old_accounts::retire(tx, services, &sign_on.person, Some(&sign_on.id), by).await
}

/// Removes the app; false when there is none. Devices that stood for it stand for nothing any more.
pub async fn remove(services: &Services, person: &PersonId, origin: &Origin) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    notices::hold_changeable(&mut tx, person).await?;
    if !totp_secrets::remove(&mut tx, person).await? {
        return Ok(false);
    }
    devices::forget_all(&mut tx, person).await?;
    record(&mut tx, services, person, ("method.removed", json!({ "kind": "totp" })), origin).await?;
    notices::tell(&mut tx, services, person, NoticeKind::AppRemoved, origin).await?;
    settle(tx, services, person).await?;
    Ok(true)
}

/// Commits a change of methods, and forgets here what was known of them.
async fn settle(tx: Tx, services: &Services, person: &PersonId) -> Result<(), StoreError> {
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    Ok(())
}

/// Takes the step of a code; false when it is no code of this person's app now,
/// or its step was taken. Without an app the same is done with a secret that
/// nobody has, and the same is asked of the records.
pub(super) async fn take(services: &Services, person: &PersonId, digits: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    let stored = totp_secrets::find(&mut services.store.read().await?, person).await?;
    let sealed = stored.filter(|stored| stored.confirmed_at.is_some()).map(|stored| stored.secret);
    let secret = match &sealed {
        Some(sealed) => opened(services, person, sealed)?,
        None => Secret::new(services.entropy.as_ref()),
    };
    let step = secret.step_of(digits, now).unwrap_or(NO_STEP);
    let mut tx = services.store.write().await?;
    let taken = totp_secrets::mark_used(&mut tx, person, &sealed.unwrap_or_default(), step, now).await?;
    tx.commit().await?;
    Ok(taken)
}
