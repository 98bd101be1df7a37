//! What a client calls a person: the one place that says it, for every token and answer.
//!
//! A subject lives in a sector and is fixed when it is first issued: through
//! merges of persons, another link of an account and the end of an old system.
//! A client that keeps what old systems called people has a sector of its own.
//! Whoever comes to it for the first time while it keeps them (through
//! `subject_until`) is called as the first of its old systems that knows them
//! calls them, by the account that they use where they have several there;
//! whoever none of them knows, and whoever comes later, gets a new subject in
//! the same sector. So a relying party keeps its records by one key
//! for ever, and after that day merely learns no new old names. A system whose
//! own last day is over gives no more names, however long a client would keep
//! them, and neither does an account that is gone or locked there.
//!
//! No new subject is ever what an old system calls somebody: ours begin with
//! `~n.`, and an old name that begins with `~` is written in another form
//! ([`written`]).

use super::audit::{self, Event};
use super::{Failure, Origin, Services};
use crate::base::date::vietnam_date;
use crate::base::digest::{base64url, sha256};
use crate::base::id::PersonId;
use crate::model::client::Client;
use crate::model::device::Device;
use crate::model::grant::Grant;
use crate::model::legacy_source::LegacySource;
use crate::store::legacy_uses::{Kind, Use};
use crate::store::subjects::{self, Account, Stored};
use crate::store::{StoreError, Tx};
use serde_json::json;
use std::sync::Arc;

/// The longest subject (OpenID Connect Core §2).
const LONGEST: usize = 255;
/// What no old name begins with as it is written here.
const OURS: char = '~';

/// What a person is called in a sector, made at the first asking.
pub async fn of(services: &Services, client: &Client, person: &PersonId) -> Result<Arc<Stored>, Failure> {
    let sector = client.sector();
    let now = services.clock.now();
    if let Some(known) = services.known.subject(&sector, person, now) {
        return Ok(known);
    }
    let generation = services.known.generation();
    let found = subjects::find(&mut services.store.read().await?, &sector, person).await?;
    let stored = match found {
        Some(stored) => stored,
        None => issue(services, client, &sector, person).await?,
    };
    let stored = Arc::new(stored);
    services.known.remember_subject(&sector, person, &stored, generation, now);
    Ok(stored)
}

/// Notes that a client called somebody as an old system does, while it still counts on that. Waits for nothing.
pub fn note(services: &Services, client: &Client, person: &PersonId, called: &Stored) {
    let Some(source) = &called.source else { return };
    let today = vietnam_date(services.clock.now());
    if client.settings.legacy_subjects_on(today).contains(source) {
        services.writer.legacy_used(Use::new(&client.id, Kind::Subject, source, person, today));
    }
}

/// The same when a token is renewed: its grant says what the person was called.
pub async fn note_again(services: &Services, client: &Client, grant: &Grant) -> Result<(), Failure> {
    if client.settings.subject_type.sources().is_empty() {
        return Ok(());
    }
    let sector = client.sector();
    let called = match services.known.subject(&sector, &grant.person, services.clock.now()) {
        Some(known) => Some(known),
        None => subjects::find(&mut services.store.read().await?, &sector, &grant.person).await?.map(Arc::new),
    };
    if let Some(called) = called.filter(|called| called.sub == grant.sub) {
        note(services, client, &grant.person, &called);
    }
    Ok(())
}

/// The old systems as which a newcomer to a client is called today, each until its own last day.
async fn kept_today(services: &Services, client: &Client) -> Result<Vec<String>, StoreError> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let named = client.settings.legacy_subjects_on(today);
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let sources = services.known.legacy_sources(&services.store, now).await?;
    let lasts = |source: &LegacySource| source.sunset_on.is_none_or(|last| last >= today);
    Ok(named.iter().filter(|name| sources.iter().any(|source| source.id == **name && lasts(source))).cloned().collect())
}

/// Issues a first subject. Each try is one statement, in which the constraints decide between two at once.
async fn issue(services: &Services, client: &Client, sector: &str, person: &PersonId) -> Result<Stored, Failure> {
    let kept = kept_today(services, client).await?;
    let accounts = if kept.is_empty() {
        Vec::new()
    } else {
        subjects::list_accounts_in_use(&mut services.store.read().await?, person).await?
    };
    // Also where one alone is left of several: whoever was called before bears its name.
    let is_one_of_several = client.settings.subject_type.sources().len() > 1;
    let mut tx = services.store.write().await?;
    for source in &kept {
        for account in accounts.iter().filter(|account| account.source == *source) {
            let sub = written(&account.legacy_id, is_one_of_several.then_some(source.as_str()));
            subjects::add_legacy(&mut tx, sector, person, &sub, account).await?;
            if let Some(stored) = subjects::find(&mut tx, sector, person).await? {
                tx.commit().await?;
                return Ok(stored);
            }
            // Whoever was called so before the account was this person's stays so.
            if let Some(holder) = subjects::find_holder(&mut tx, sector, &sub).await? {
                taken(services, &mut tx, client, (person, &holder), account).await?;
            }
        }
    }
    let fresh = base64url(&services.entropy.bytes32()[..18]);
    let keeps = !client.settings.subject_type.sources().is_empty();
    let offered = if keeps { format!("{OURS}n.{fresh}") } else { fresh };
    subjects::add(&mut tx, sector, person, &offered).await?;
    let stored = subjects::find(&mut tx, sector, person).await?;
    tx.commit().await?;
    Ok(stored.ok_or(StoreError::Stale)?)
}

/// Puts on record that two people have a claim to one old name: somebody should look at whose the account is.
async fn taken(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    (person, holder): (&PersonId, &PersonId),
    account: &Account,
) -> Result<(), StoreError> {
    let origin = Origin { address: String::new(), request_id: String::new(), device: Device::default() };
    let detail = json!({ "source": account.source, "legacy_id": account.legacy_id, "holder": holder });
    let event = Event {
        event: "legacy_subject.taken",
        actor: client.id.clone(),
        person: Some(person),
        client: Some(&client.id),
        origin: &origin,
        detail,
    };
    audit::record(tx, services, event).await
}

/// What an old system calls an account, as a subject: itself where it is printable ASCII, does not begin with `~` and is
/// short enough; else `~d.` and the SHA-256 digest of its UTF-8 text in base64url without padding, which anybody who has
/// the old name can compute. Where a client keeps several systems' names, `source:` stands before either.
pub fn written(legacy_id: &str, prefix: Option<&str>) -> String {
    let before = prefix.map(|source| format!("{source}:")).unwrap_or_default();
    let plain = !legacy_id.is_empty()
        && !legacy_id.starts_with(OURS)
        && legacy_id.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && before.len() + legacy_id.len() <= LONGEST;
    if plain { format!("{before}{legacy_id}") } else { format!("{before}{OURS}d.{}", base64url(&sha256(legacy_id.as_bytes()))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_old_name_is_kept_as_it_is_where_it_can_be() {
        let long = "a".repeat(256);
        let table = [
            ("bd-0001", None, "bd-0001"),
            ("bd-0001", Some("bd"), "bd:bd-0001"),
            ("uid=kim,ou=Phòng,dc=vn", None, "~d.t"),
            ("~n.abc", None, "~d."),
            ("", None, "~d."),
            ("a\u{7}", Some("vt"), "vt:~d."),
            (long.as_str(), Some("vt"), "vt:~d."),
        ];
        for (name, prefix, expected) in table {
            let sub = written(name, prefix);
            if expected.contains("~d.") {
                let begins = &expected[..expected.find("~d.").unwrap_or_default() + 3];
                assert!(sub.starts_with(begins) && sub.len() == begins.len() + 43, "{name}: {sub}");
            } else {
                assert_eq!(sub, expected);
            }
            assert!(sub.is_ascii() && (1..=LONGEST).contains(&sub.len()), "{sub}");
            assert_eq!(sub, written(name, prefix), "the same at every asking");
        }
        assert_eq!(written(&long[..255], None), long[..255]);
        assert!(written(&long[..253], Some("vt")).starts_with("vt:~d."), "with what stands before it");
    }

    #[test]
    fn no_two_old_names_are_written_alike_and_none_like_ours() {
        let names = ["1", "vt:1", "~n.1", "~d.1", "Kim", "kim", "kím", " kim"];
        let mut all = BTreeSet::new();
        for name in names {
            assert!(all.insert(written(name, None)), "{name}");
            assert!(!written(name, None).starts_with("~n.") && !written(name, Some("bd")).starts_with('~'), "{name}");
        }
        assert_eq!(all.len(), names.len());
    }
}
