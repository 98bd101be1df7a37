//! Days on which a directory is away: people sign in by what was learnt of them.
//!
//! Learnt is a hash of the password, at a sign-in that the directory itself found
//! right, of whoever asked for it (or of everybody, where the source says so).
//! It counts for some days, never for an account that is gone or was retired, and
//! opens level 1. Where the directory answers, only the directory is asked; and where
//! it was not read for a day, nobody knows whom it has disabled, and nothing counts.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::crypto::password::HashPool;
use crate::model::legacy_source::{LdapSettings, LegacySource, OfflineFor};
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services};
use crate::store::ldap_syncs;
use crate::store::legacy_verifiers::{self, Verifier};
use secrecy::SecretString;
use serde_json::json;

const DAY_SECONDS: i64 = 86_400;
/// Nothing that was learnt is kept longer, whatever is set.
const MOST_DAYS: i64 = 7;
/// So long after a directory was read to its end it is known whom it has disabled.
const READ_SECONDS: i64 = DAY_SECONDS;

/// What somebody typed, and as whom they wait for a hash of it.
#[derive(Clone, Copy)]
pub(super) struct Typing<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a SecretString,
    pub(super) hasher: &'a HashPool,
}

fn is_for_everybody(settings: &LdapSettings) -> bool {
    match settings.offline_for {
        OfflineFor::Asked => false,
        OfflineFor::Everybody => true,
    }
}

/// What was learnt up to then does not count.
fn learnt_after(settings: &LdapSettings, now: Millis) -> Millis {
    now.plus_seconds(-settings.offline_days.clamp(0, MOST_DAYS) * DAY_SECONDS)
}

/// Whether anything that was learnt counts while the directory is away, whosever it is.
pub(super) async fn counts(services: &Services, (source, settings): (&LegacySource, &LdapSettings)) -> Result<bool, Failure> {
    if settings.offline_days == 0 {
        return Ok(false);
    }
    let read_at = ldap_syncs::done_at(&mut services.store.read().await?, &source.id).await?;
    Ok(read_at.is_some_and(|read_at| services.clock.now().since(read_at) < READ_SECONDS * 1_000))
}

/// Learns the password with which somebody came in just now, when that is wanted.
pub(super) async fn learn(
    services: &Services,
    (source, settings): (&LegacySource, &LdapSettings),
    legacy_id: &str,
    typing: Typing<'_>,
) -> Result<(), Failure> {
    if settings.offline_days == 0 {
        return Ok(());
    }
    let everybody = is_for_everybody(settings);
    let is_wanted = legacy_verifiers::is_wanted(&mut services.store.read().await?, &source.id, legacy_id, everybody).await?;
    if !is_wanted {
        return Ok(());
    }
    let hash = typing.hasher.hash(typing.password.clone()).await?;
    let mut tx = services.store.write().await?;
    // It may be gone by now, or not wanted.
    if legacy_verifiers::is_wanted(&mut tx, &source.id, legacy_id, everybody).await? {
        let verifier = Verifier { legacy_id: legacy_id.to_owned(), hash };
        legacy_verifiers::put(&mut tx, &source.id, &verifier, services.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

/// Whose password it was when the directory was last there; nobody's name takes as long as somebody's.
pub(super) async fn check(
    services: &Services,
    (source, settings): (&LegacySource, &LdapSettings),
    typing: Typing<'_>,
) -> Result<Option<String>, Failure> {
    if settings.offline_days == 0 {
        return Ok(None);
    }
    let known = known(services, (source, settings), typing.username).await?;
    let hash = known.as_ref().map(|verifier| verifier.hash.clone());
    let is_right = typing.hasher.verify(typing.password.clone(), hash).await?;
    Ok(known.filter(|_| is_right).map(|verifier| verifier.legacy_id))
}

/// The directory refuses a password. Where it is the one that was learnt, another one is set there by now, or the account
/// is disabled: it is forgotten.
pub(super) async fn refused(
    services: &Services,
    (source, settings): (&LegacySource, &LdapSettings),
    typing: Typing<'_>,
) -> Result<(), Failure> {
    if let Some(legacy_id) = check(services, (source, settings), typing).await? {
        let mut tx = services.store.write().await?;
        legacy_verifiers::remove(&mut tx, &source.id, &[&legacy_id]).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The one account that is meant by a name, as far as something was learnt of it.
async fn known(
    services: &Services,
    (source, settings): (&LegacySource, &LdapSettings),
    username: &str,
) -> Result<Option<Verifier>, Failure> {
    let own = fold(username);
    // A directory may call its people by their whole names.
    let whole = if settings.upn_suffix.is_empty() { own.clone() } else { fold(&format!("{username}@{}", settings.upn_suffix)) };
    let after = learnt_after(settings, services.clock.now());
    let mut conn = services.store.read().await?;
    let names = [own.as_str(), whole.as_str()];
    let found = legacy_verifiers::list_usable(&mut conn, &source.id, names, is_for_everybody(settings), after).await?;
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(Some(one)),
        (Some(_) | None, _) => Ok(None),
    }
}

/// The owner of an account wants to sign in while its directory is away, or no longer. False when it is not theirs.
pub async fn choose(
    services: &Services,
    (source, legacy_id): (&str, &str),
    person: &PersonId,
    wants: bool,
    origin: &Origin,
) -> Result<bool, Failure> {
    let since = wants.then(|| services.clock.now());
    let mut tx = services.store.write().await?;
    if !legacy_verifiers::choose(&mut tx, (source, legacy_id), person, since).await? {
        return Ok(false);
    }
    if !wants {
        legacy_verifiers::remove(&mut tx, source, &[legacy_id]).await?;
    }
    let detail = json!({ "source": source, "legacy_id": legacy_id, "wants": wants });
    let actor = person.0.clone();
    let event = Event { event: "legacy_account.offline_chosen", actor, person: Some(person), client: None, origin, detail };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Forgets what was learnt too long ago.
pub async fn forget_old(services: &Services) -> Result<(), Failure> {
    let before = services.clock.now().plus_seconds(-MOST_DAYS * DAY_SECONDS);
    if !legacy_verifiers::has_old(&mut services.store.read().await?, before).await? {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    legacy_verifiers::remove_old(&mut tx, before).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_counts_for_seven_days_at_most() {
        let now = Millis(1_795_309_200_000);
        for (days, counted) in [(0, 0), (1, 1), (7, 7), (30, 7)] {
            let settings = LdapSettings { offline_days: days, ..LdapSettings::default() };
            assert_eq!(learnt_after(&settings, now), now.plus_seconds(-counted * DAY_SECONDS));
        }
    }
}
