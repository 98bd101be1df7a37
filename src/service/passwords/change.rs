//! The two changes: with the present password, and in place of a temporary one.

use super::{ChangeError, Unfit};
use crate::base::date::vietnam_date;
use crate::base::text::fold;
use crate::crypto::password::HashError;
use crate::model::notice::NoticeKind;
use crate::model::password_policy::{Complaint, fits, normalised, words_of};
use crate::model::sign_on::SignOn;
use crate::service::audit::{self, Event};
use crate::service::known::KnownPerson;
use crate::service::sign_on::ending::{By, end_others};
use crate::service::throttle::{self, Guess, Reserved};
use crate::service::{Origin, Services, devices, forget, notices, old_accounts};
use crate::store::changes::Kind;
use crate::store::passwords::StoredPassword;
use crate::store::{password_history, passwords};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use std::sync::Arc;

/// Changes a password by its owner's wish; answers how many other sign-ons
/// ended. A wrong present password counts as a failed sign-in does.
pub async fn change(
    services: &Services,
    sign_on: &SignOn,
    current: SecretString,
    new: SecretString,
    origin: &Origin,
) -> Result<usize, ChangeError> {
    let (known, stored) = find(services, sign_on).await?;
    let same = normalised(current.expose_secret()) == normalised(new.expose_secret());
    // Counted in this sign-on: strangers who fail at the name keep nobody from changing the password.
    let folded = fold(&known.person.username);
    let guess = Guess { name: &folded, device: Some(sign_on.id.as_str()) };
    let right = is_current(services, guess, &stored, current, origin).await?;
    let complaints = judge(services, &known, &new).await?;
    let mut unfit = Unfit { wrong_current: !right, complaints, used_before: (right && same).then_some(true) };
    if unfit.is_fit() {
        unfit.used_before = Some(was_used(services, sign_on, &stored, &new).await?);
    }
    if !unfit.is_fit() {
        return Err(ChangeError::Unfit(unfit));
    }
    put(services, sign_on, &stored, new, origin).await
}

/// Puts a person's own password in place of a temporary one, or of one that is over; answers how many
/// other sign-ons ended. The caller has seen to it that the person typed the
/// temporary one a moment ago: it is not asked for again.
pub async fn replace_temporary(
    services: &Services,
    sign_on: &SignOn,
    new: SecretString,
    origin: &Origin,
) -> Result<usize, ChangeError> {
    // It was not typed where an old system said who somebody is.
    if sign_on.legacy.is_some() {
        return Err(ChangeError::NoPassword);
    }
    let (known, stored) = find(services, sign_on).await?;
    if !stored.must_change && !known.must_change_password(vietnam_date(services.clock.now())) {
        return Err(ChangeError::Overtaken);
    }
    let mut unfit = Unfit { complaints: judge(services, &known, &new).await?, ..Unfit::default() };
    if unfit.is_fit() {
        unfit.used_before = Some(was_used(services, sign_on, &stored, &new).await?);
    }
    if !unfit.is_fit() {
        return Err(ChangeError::Unfit(unfit));
    }
    put(services, sign_on, &stored, new, origin).await
}

/// The person of a sign-on and their password as it is now.
async fn find(services: &Services, sign_on: &SignOn) -> Result<(Arc<KnownPerson>, StoredPassword), ChangeError> {
    let known = services.person(&sign_on.person).await?.ok_or(ChangeError::NoPassword)?;
    let stored = passwords::find(&mut services.store.read().await?, &sign_on.person).await?;
    Ok((known, stored.ok_or(ChangeError::NoPassword)?))
}

/// What the rules say, in a place of the password pool: judging may take as long as hashing.
async fn judge(services: &Services, known: &KnownPerson, new: &SecretString) -> Result<Vec<Complaint>, ChangeError> {
    let policy = services.settings.password_policy;
    let around = words_of(&known.person, &known.units);
    let new = new.clone();
    let work = move || {
        let around: Vec<&str> = around.iter().map(String::as_str).collect();
        policy.judge(new.expose_secret(), &around).err().unwrap_or_default()
    };
    Ok(services.hasher.run(work).await?)
}

/// Whether this is the present password; throttled as a sign-in is.
async fn is_current(
    services: &Services,
    guess: Guess<'_>,
    stored: &StoredPassword,
    current: SecretString,
    origin: &Origin,
) -> Result<bool, ChangeError> {
    let reached = match throttle::reserve(services, guess, origin).await? {
        Reserved::Room(reached) => reached,
        Reserved::Full(reached) => return Err(ChangeError::Locked { until: reached.until }),
    };
    // What cannot be anybody's password is wrong, after the usual time.
    let candidate = if fits(current.expose_secret()) { current } else { SecretString::from("") };
    match services.hasher.verify(candidate, Some(stored.hash.clone())).await {
        Ok(true) => {
            throttle::succeed(services, guess, origin).await?;
            Ok(true)
        }
        Ok(false) => {
            throttle::fail(services, guess, origin, &reached, "password.refused").await?;
            Ok(false)
        }
        Err(error) => {
            throttle::give_back(services, guess, origin).await?;
            Err(error.into())
        }
    }
}

/// Whether a new password is the present one or one of the last.
async fn was_used(
    services: &Services,
    sign_on: &SignOn,
    stored: &StoredPassword,
    new: &SecretString,
) -> Result<bool, ChangeError> {
    let most = services.settings.password_policy.history;
    let before = password_history::list(&mut services.store.read().await?, &sign_on.person, most).await?;
    for hash in std::iter::once(stored.hash.clone()).chain(before) {
        match services.hasher.verify(new.clone(), Some(hash)).await {
            Ok(true) => return Ok(true),
            // A hash that no one can read any more is nobody's password.
            Ok(false) | Err(HashError::Unusable) => {}
            Err(error @ HashError::Busy { .. }) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// Writes the new password, unless the one before was changed meanwhile, and
/// ends the person's other sign-ons in the same act. No device stands for a
/// second factor any more, and the person is told.
async fn put(
    services: &Services,
    sign_on: &SignOn,
    stored: &StoredPassword,
    new: SecretString,
    origin: &Origin,
) -> Result<usize, ChangeError> {
    let person = &sign_on.person;
    // No hashing inside the transaction.
    let hash = services.hasher.hash(new).await?;
    let now = services.clock.now();
    let fresh = StoredPassword { hash, changed_at: now, must_change: false };
    let mut tx = services.store.write().await?;
    notices::hold_changeable(&mut tx, person).await?;
    // What an old system says of somebody is not always enough to replace a password, even where it was typed.
    if !old_accounts::hold_enough(&mut tx, services, sign_on).await? {
        return Err(ChangeError::NoPassword);
    }
    if !passwords::change(&mut tx, person, &stored.hash, &fresh).await? {
        return Err(ChangeError::Overtaken);
    }
    password_history::add(&mut tx, person, &stored.hash, now).await?;
    password_history::keep_newest(&mut tx, person, services.settings.password_policy.history).await?;
    let by = By { actor: person.as_str(), origin };
    let ended = end_others(&mut tx, services, sign_on, by).await?;
    devices::forget_all(&mut tx, person).await?;
    let retired = old_accounts::retire(&mut tx, services, person, Some(&sign_on.id), by).await?;
    let event = Event {
        event: "password.changed",
        actor: person.as_str().to_owned(),
        person: Some(person),
        client: None,
        origin,
        detail: json!({ "temporary": stored.must_change, "sign_ons_ended": ended.sign_ons.len() }),
    };
    audit::record(&mut tx, services, event).await?;
    notices::tell(&mut tx, services, person, NoticeKind::PasswordChanged, origin).await?;
    forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), now);
    let count = ended.sign_ons.len();
    ended.tell(services);
    retired.tell(services);
    Ok(count)
}
