//! After a first sign-in through an old account: "is this you?"
//!
//! What was linked by evidence is seen once by the one who knows. Whoever says
//! that it is not them is signed out, and a human decides; matching does not
//! touch the account again. Of several accounts in one system it is the one
//! that was used. What is shown is what tells a wrong link, and nothing that
//! would serve a stranger: no number, no day of birth.
//!
//! What they choose then about days on which their directory is away, they
//! choose anew at any time later.

use super::directories::offline;
use crate::base::id::{PersonId, UnitId};
use crate::model::legacy_account::AccountKey;
use crate::model::legacy_source::{LegacySource, OfflineFor, Settings};
use crate::model::sign_on::SignOn;
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Ended, end_limited};
use crate::service::sign_on::{open_source, source_of};
use crate::service::{Failure, Origin, Services, forget, old_accounts};
use crate::store::changes::Kind;
use crate::store::legacy_accounts::credentials;
use crate::store::legacy_verifiers;
use serde_json::json;

/// What the old system says of the account, and where it belongs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The name of the old system.
    pub source: String,
    /// The user name there.
    pub username: String,
    /// The full name there.
    pub full_name: String,
    /// The unit there, with its district; may be empty.
    pub unit: String,
    /// The unit of today, where it is decided.
    pub now: Option<UnitId>,
    /// They may choose to sign in while the directory is away.
    pub asks_offline: bool,
}

/// What the owner of a sign-on has to be asked about; nothing when they were, or came another way.
pub async fn look(services: &Services, sign_on: &SignOn) -> Result<Option<Claimed>, Failure> {
    let Some(account) = old_accounts::unconfirmed(services, sign_on).await? else { return Ok(None) };
    let source = source_of(services, sign_on).await?;
    let asks_offline = may_choose_offline(services, sign_on).await?;
    let source = source.map_or(account.source, |source| source.name);
    let places = [account.unit_name, account.district_name];
    let unit = places.into_iter().filter(|place| !place.is_empty()).collect::<Vec<_>>().join(", ");
    let (username, full_name) = (account.username, account.full_name);
    Ok(Some(Claimed { source, username, full_name, unit, now: account.unit_id.map(UnitId), asks_offline }))
}

/// It is them; `offline` when they want to sign in while the directory is away. False when nobody asks any more.
pub async fn confirm(services: &Services, sign_on: &SignOn, offline: bool, origin: &Origin) -> Result<bool, Failure> {
    let Some(account) = old_accounts::unconfirmed(services, sign_on).await? else { return Ok(false) };
    let mut tx = services.store.write().await?;
    if !credentials::mark_confirmed(&mut tx, &account, &sign_on.person, services.clock.now()).await? {
        return Ok(false);
    }
    let detail = json!({ "source": account.source, "legacy_id": account.legacy_id });
    let event = event("legacy_account.confirmed", sign_on, origin, detail);
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    if offline && may_choose_offline(services, sign_on).await? {
        offline::choose(services, (&account.source, &account.legacy_id), &sign_on.person, true, origin).await?;
    }
    Ok(true)
}

/// True where people of a directory may choose to sign in while it is away.
async fn may_choose_offline(services: &Services, sign_on: &SignOn) -> Result<bool, Failure> {
    let source = source_of(services, sign_on).await?;
    Ok(source.is_some_and(|source| days_to_choose(&source).is_some()))
}

/// So many days what was learnt counts, where people of a directory choose for themselves whether it does.
fn days_to_choose(source: &LegacySource) -> Option<i64> {
    let settings = match &source.settings {
        Settings::Ldap(settings) => settings,
        Settings::Oidc(_) | Settings::Hashes(_) => return None,
    };
    (settings.offline_for == OfflineFor::Asked && settings.offline_days > 0).then_some(settings.offline_days)
}

/// An account of a directory, whose owner chooses whether it opens something while that is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineChoice {
    /// Which one.
    pub key: AccountKey,
    /// The name of the directory.
    pub source: String,
    /// The user name there.
    pub username: String,
    /// So many days what was learnt counts.
    pub days: i64,
    /// They want it.
    pub wants: bool,
}

/// The accounts of a person of which they choose that. What opens nothing any more is left out.
pub async fn offline_choices(services: &Services, person: &PersonId) -> Result<Vec<OfflineChoice>, Failure> {
    let accounts = credentials::list_of_person(&mut services.store.read().await?, person).await?;
    let mut choices = Vec::new();
    for account in accounts.into_iter().filter(|account| account.retired_at.is_none()) {
        let Some(source) = open_source(services, &account.source).await? else { continue };
        let Some(days) = days_to_choose(&source) else { continue };
        let mut conn = services.store.read().await?;
        let wants = legacy_verifiers::is_wanted(&mut conn, &account.source, &account.legacy_id, false).await?;
        let key = AccountKey { source: account.source, legacy_id: account.legacy_id };
        choices.push(OfflineChoice { key, source: source.name, username: account.username, days, wants });
    }
    Ok(choices)
}

/// Chooses it for one of them, or no longer: then what was learnt is forgotten. False where it is not theirs to choose;
/// what stands so already stays.
pub async fn choose_offline(
    services: &Services,
    person: &PersonId,
    key: &AccountKey,
    wants: bool,
    origin: &Origin,
) -> Result<bool, Failure> {
    let choices = offline_choices(services, person).await?;
    match choices.iter().find(|choice| choice.key == *key) {
        None => Ok(false),
        Some(choice) if choice.wants == wants => Ok(true),
        Some(_) => offline::choose(services, (&key.source, &key.legacy_id), person, wants, origin).await,
    }
}

/// It is not them: the account waits for a human, and whoever came through its system as this person is signed out.
/// False when nobody asks any more.
pub async fn not_me(services: &Services, sign_on: &SignOn, origin: &Origin) -> Result<bool, Failure> {
    let Some(account) = old_accounts::unconfirmed(services, sign_on).await? else { return Ok(false) };
    let person = &sign_on.person;
    let mut tx = services.store.write().await?;
    if !credentials::dispute(&mut tx, &account, person, services.clock.now()).await? {
        return Ok(false);
    }
    let by = By { actor: person.as_str(), origin };
    let ended: Ended = end_limited(&mut tx, services, person, (std::slice::from_ref(&account.source), None), by).await?;
    let detail = json!({
        "source": account.source,
        "legacy_id": account.legacy_id,
        "decision": account.decision,
        "sign_ons_ended": ended.sign_ons.len(),
    });
    audit::record(&mut tx, services, event("legacy_account.disputed", sign_on, origin, detail)).await?;
    // What systems are told of them by the account is remembered with them.
    forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    ended.tell(services);
    Ok(true)
}

fn event<'a>(event: &'static str, sign_on: &'a SignOn, origin: &'a Origin, detail: serde_json::Value) -> Event<'a> {
    Event { event, actor: sign_on.person.0.clone(), person: Some(&sign_on.person), client: None, origin, detail }
}
