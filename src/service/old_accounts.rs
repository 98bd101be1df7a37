//! What accounts of old systems open here, and for how long.
//!
//! A part of the corridor: signing in, authorization, enrolment and the pages
//! of the account ask here. A sign-on that came through an old system is
//! *limited*: it enters the systems of its own source and no other, it is
//! never an administrator's, and it changes nothing of the account. So the
//! weakest password of a person lends nobody their strongest rights. Once the
//! person has a way to sign in of their own, all their old ones are retired; and
//! one that comes to them later is retired with the decision that it is theirs.

mod enrolment;
mod retiring;

use super::audit::{self, Event};
use super::sign_on::{Proof, open_source, source_of};
use super::{Failure, Origin, Services};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::client::Client;
use crate::model::legacy_account::{AccountKey, AccountStatus};
use crate::model::legacy_source::LegacySource;
use crate::model::methods::ONE_FACTOR;
use crate::model::sign_on::{Manner, SignOn};
use crate::store::legacy_accounts::credentials::{self, Credential};
use crate::store::{StoreError, Tx, passwords};
use serde_json::json;

pub use super::sign_on::is_lasting;
pub use enrolment::{EnrolProof, hold_enough, may_enrol, wants_own_way};
pub use retiring::{Retired, end_linked, has_own_way, hold, retire, retire_linked};

/// No level is higher (NĐ 69/2024).
const HIGHEST_LEVEL: i64 = 4;

/// The word, among the methods of a sign-on, of a password that was held against what was learnt before, while its
/// directory was away.
pub const CACHED: &str = "cached";

/// What an old system, or a hash of it, said of a sign-in.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its level of assurance. It counts where the source stays, and is 1 elsewhere.
    pub level: i64,
    /// How the person proved who they are (RFC 8176), space-separated.
    pub methods: String,
    /// The source is one that stays. Its settings must say so too.
    pub lasting: bool,
    /// When they did, where another system says so of a sign-in there.
    pub proved_at: Option<Millis>,
}

/// To whom an account leads.
pub enum Leads {
    /// To this person: what they have proven.
    Person(Proof),
    /// A human has to say whose it is.
    Undecided,
    /// To nobody: the same as a wrong password.
    Nobody,
}

/// Whose an account is, once its system, or its hash, said yes.
///
/// Only a decision counts: that an account names a person is not enough, since one that waits to be decided anew names
/// the one before. What was retired, is gone or was locked in its source leads to nobody.
pub async fn lead(
    services: &Services,
    source: &LegacySource,
    legacy_id: &str,
    said: Said,
    origin: &Origin,
) -> Result<Leads, Failure> {
    let now = services.clock.now();
    // As it is set now, whatever the caller remembers.
    let Some(source) = open_source(services, &source.id).await? else { return Ok(Leads::Nobody) };
    let lasting = said.lasting && is_lasting(&source);
    let found = credentials::find(&mut services.store.read().await?, &source.id, legacy_id).await?;
    let Some(account) = found.filter(|account| is_in_use(account, lasting)) else { return Ok(Leads::Nobody) };
    let person = match (account.decision.as_str(), &account.person_id) {
        ("linked" | "created", Some(person)) => PersonId(person.clone()),
        ("" | "review", _) => {
            undecided(services, &account, origin).await?;
            return Ok(Leads::Undecided);
        }
        _ => return Ok(Leads::Nobody),
    };
    // Before anything else is asked of them: what is proven here does not outlive a change of password.
    let password_since = passwords::find(&mut services.store.read().await?, &person).await?.map(|password| password.changed_at);
    if services.person(&person).await?.is_none() {
        return Ok(Leads::Nobody);
    }
    let mut tx = services.store.write().await?;
    if !credentials::mark_used(&mut tx, &account, &person, lasting, now).await? {
        return Ok(Leads::Nobody);
    }
    let detail = json!({ "source": account.source, "legacy_id": account.legacy_id, "first": account.first_used_at.is_none() });
    record(&mut tx, services, ("legacy_account.used", detail), (person.as_str(), &person), origin).await?;
    tx.commit().await?;
    let level = if lasting { said.level.clamp(ONE_FACTOR, HIGHEST_LEVEL) } else { ONE_FACTOR };
    let legacy = Some(AccountKey { source: account.source, legacy_id: account.legacy_id });
    let Said { methods, proved_at, .. } = said;
    Ok(Leads::Person(Proof { person, level, methods, password_since, proved_at, manner: Manner::default(), legacy }))
}

/// True for an account that may open something at all.
fn is_in_use(account: &Credential, lasting: bool) -> bool {
    account.gone_at.is_none()
        && AccountStatus::read(&account.status) != AccountStatus::Disabled
        && (lasting || account.retired_at.is_none())
}

/// That somebody came whose account waits for a decision: whoever decides sees that they wait.
async fn undecided(services: &Services, account: &Credential, origin: &Origin) -> Result<(), Failure> {
    let detail = json!({ "source": account.source, "legacy_id": account.legacy_id });
    let event = Event { event: "legacy_account.undecided", actor: String::new(), person: None, client: None, origin, detail };
    audit::record_once_a_minute(services, &format!("{}/{}", account.source, account.legacy_id), event).await
}

async fn record(
    tx: &mut Tx,
    services: &Services,
    (event, detail): (&'static str, serde_json::Value),
    (actor, person): (&str, &PersonId),
    origin: &Origin,
) -> Result<(), StoreError> {
    let event = Event { event, actor: actor.to_owned(), person: Some(person), client: None, origin, detail };
    audit::record(tx, services, event).await
}

/// True for a sign-on that came through an old system which does not stay. It costs nothing for any other.
pub async fn is_limited(services: &Services, sign_on: &SignOn) -> Result<bool, StoreError> {
    if sign_on.legacy.is_none() {
        return Ok(false);
    }
    // What came through a system that is closed, or is not there any more, opens nothing at all.
    Ok(source_of(services, sign_on).await?.is_none_or(|source| !is_lasting(&source)))
}

/// Whether a sign-on may enter a client: a limited one enters the systems of its own source only.
pub async fn may_enter(services: &Services, sign_on: &SignOn, client: &Client) -> Result<bool, StoreError> {
    if sign_on.legacy.is_none() {
        return Ok(true);
    }
    let Some(source) = source_of(services, sign_on).await? else { return Ok(false) };
    Ok(is_lasting(&source) || client.settings.legacy_sources.contains(&source.id))
}

/// The account that a sign-on came through, while its person has not yet said that it is theirs; of sign-ons from before
/// that was kept, the one of its source that was used last. None for a sign-on of one's own.
pub async fn unconfirmed(services: &Services, sign_on: &SignOn) -> Result<Option<Credential>, StoreError> {
    let Some(source) = &sign_on.legacy else { return Ok(None) };
    let mut conn = services.store.read().await?;
    let accounts = match &sign_on.legacy_id {
        Some(legacy_id) => Vec::from_iter(credentials::find(&mut conn, source, legacy_id).await?),
        None => credentials::list_of_person(&mut conn, &sign_on.person).await?,
    };
    let asked =
        |account: &Credential| is_of(account, &sign_on.person) && is_behind(account, sign_on) && account.confirmed_at.is_none();
    Ok(accounts.into_iter().filter(asked).max_by_key(|account| account.first_used_at))
}

/// True for an account that is a person's by a decision, and is there.
fn is_of(account: &Credential, person: &PersonId) -> bool {
    let is_decided = matches!(account.decision.as_str(), "linked" | "created");
    is_decided && account.gone_at.is_none() && account.person_id.as_deref() == Some(person.as_str())
}

/// True for the account that a sign-on was made through or, where that is not known, for any that may be it.
fn is_behind(account: &Credential, sign_on: &SignOn) -> bool {
    sign_on.legacy.as_ref() == Some(&account.source)
        && match &sign_on.legacy_id {
            Some(legacy_id) => account.legacy_id == *legacy_id,
            None => account.first_used_at.is_some(),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(change: impl FnOnce(&mut Credential)) -> Credential {
        let mut account = Credential {
            source: "bd".to_owned(),
            legacy_id: "7".to_owned(),
            username: "an.nv".to_owned(),
            full_name: "Nguyễn Văn An".to_owned(),
            unit_name: String::new(),
            district_name: String::new(),
            status: "active".to_owned(),
            decision: "linked".to_owned(),
            person_id: Some("p".to_owned()),
            unit_id: None,
            gone_at: None,
            retired_at: None,
            first_used_at: None,
            confirmed_at: None,
        };
        change(&mut account);
        account
    }

    #[test]
    fn an_account_that_was_locked_left_or_retired_opens_nothing() {
        let table = [
            ("in use", account(|_| ()), [true, true]),
            ("its source does not tell", account(|account| account.status = String::new()), [true, true]),
            ("locked there", account(|account| account.status = "khóa".to_owned()), [false, false]),
            ("gone from there", account(|account| account.gone_at = Some(1)), [false, false]),
            ("retired", account(|account| account.retired_at = Some(1)), [false, true]),
        ];
        for (case, account, expected) in table {
            assert_eq!([is_in_use(&account, false), is_in_use(&account, true)], expected, "{case}");
        }
    }
}
