//! Old accounts retire once their person can come in by a way of their own: all of them when that begins, and one that
//! comes to the person later with the decision that it is theirs.

use super::is_lasting;
use crate::base::clock::Millis;
use crate::base::id::{PersonId, SignOnId};
use crate::model::legacy_account::AccountKey;
use crate::model::methods::Methods;
use crate::service::Services;
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Ended, end_limited};
use crate::store::legacy_accounts::credentials;
use crate::store::{StoreError, Tx, legacy_matching, legacy_sources};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Whether somebody can come in by a way of their own: by a passkey, or by a password that nobody else set for a while. An
/// app is nothing without a password. Old accounts open nothing to them.
pub fn has_own_way(methods: &Methods) -> bool {
    methods.passkeys > 0 || (methods.password_set_at.is_some() && !methods.must_change_password)
}

/// Retires all that a person has of old systems which do not stay, in the transaction of the act that gave them a way
/// to sign in of their own. The sign-ons that came through them end, but for the one in which that was done.
pub async fn retire(
    tx: &mut Tx,
    services: &Services,
    person: &PersonId,
    kept: Option<&SignOnId>,
    by: By<'_>,
) -> Result<Ended, StoreError> {
    let now = services.clock.now();
    let (mut accounts, mut sources) = (Vec::new(), Vec::new());
    for source in passing(tx).await? {
        for legacy_id in credentials::retire(tx, &source, person, now).await? {
            accounts.push(AccountKey { source: source.clone(), legacy_id });
        }
        sources.push(source);
    }
    end_retired(tx, services, (person, accounts.as_slice()), (sources.as_slice(), kept), by).await
}

/// Sources that do not stay.
async fn passing(tx: &mut Tx) -> Result<BTreeSet<String>, StoreError> {
    let sources = legacy_sources::list(tx).await?;
    Ok(sources.into_iter().filter(|source| !is_lasting(source)).map(|source| source.id).collect())
}

/// Ends what a person entered through some sources, once accounts of theirs were retired, and has these on record.
async fn end_retired(
    tx: &mut Tx,
    services: &Services,
    (person, accounts): (&PersonId, &[AccountKey]),
    (sources, kept): (&[String], Option<&SignOnId>),
    by: By<'_>,
) -> Result<Ended, StoreError> {
    let ended = end_limited(tx, services, person, (sources, kept), by).await?;
    if !accounts.is_empty() {
        audit::record(tx, services, retired_event((person, accounts), &ended, by)).await?;
    }
    Ok(ended)
}

/// That accounts of a person were retired, and what ended with it.
fn retired_event<'a>((person, accounts): (&'a PersonId, &[AccountKey]), ended: &Ended, by: By<'a>) -> Event<'a> {
    let told: Vec<Value> =
        accounts.iter().map(|account| json!({ "source": account.source, "legacy_id": account.legacy_id })).collect();
    let detail = json!({ "accounts": told, "sign_ons_ended": ended.sign_ons.len() });
    let (event, actor) = ("legacy_account.retired", by.actor.to_owned());
    Event { event, actor, person: Some(person), client: None, origin: by.origin, detail }
}

/// Accounts that were retired with the decision that they are somebody's. It counts once that is committed;
/// [`Retired::tell`] follows.
#[derive(Debug, Default)]
#[must_use = "after the commit this node still has to forget what ended"]
pub struct Retired {
    /// The accounts.
    pub accounts: BTreeSet<AccountKey>,
    /// Since when they open nothing; nothing where there are none.
    pub at: Option<Millis>,
    ended: Vec<Ended>,
}

impl Retired {
    /// After the commit: this node forgets what ended.
    pub fn tell(&self, services: &Services) {
        for ended in &self.ended {
            ended.tell(services);
        }
    }
}

/// Holds those to whom accounts are to be given, before that is written: nobody among them gets a way to sign in of their
/// own between the decision and [`retire_linked`].
pub async fn hold(tx: &mut Tx, people: &[&PersonId]) -> Result<(), StoreError> {
    credentials::hold_people(tx, people).await
}

/// Retires, of accounts that have just become somebody's, those whose owners can come in by a way of their own: in the
/// transaction of the decision, once the owners are held by [`hold`]. Of sources that stay nothing is retired.
///
/// What was kept of the passwords stays, since such a decision may be taken back: an account that is retired opens
/// nothing, whatever is kept.
pub async fn retire_linked(
    tx: &mut Tx,
    services: &Services,
    linked: &[(&AccountKey, &PersonId)],
    by: By<'_>,
) -> Result<Retired, StoreError> {
    let people: BTreeSet<&PersonId> = linked.iter().map(|(_, owner)| *owner).collect();
    let people: Vec<&PersonId> = people.into_iter().collect();
    let enrolled = credentials::list_enrolled(tx, &people).await?;
    let mut retired = Retired::default();
    if enrolled.is_empty() {
        return Ok(retired);
    }
    let (passing, now) = (passing(tx).await?, services.clock.now());
    let opens_nothing = |(key, owner): &(&AccountKey, &PersonId)| enrolled.contains(*owner) && passing.contains(&key.source);
    let theirs: Vec<(&AccountKey, &PersonId)> = linked.iter().copied().filter(opens_nothing).collect();
    retired.accounts = credentials::retire_some(tx, &theirs, now).await?.into_iter().collect();
    if retired.accounts.is_empty() {
        return Ok(retired);
    }
    retired.at = Some(now);
    let since = now.plus_seconds(-services.settings.lifetimes.access_token_seconds);
    let signed_on = credentials::list_signed_on(tx, &enrolled, since).await?;
    let mut records = Vec::new();
    for person in &enrolled {
        let of_person = theirs.iter().filter(|(key, owner)| *owner == person && retired.accounts.contains(*key));
        let accounts: Vec<AccountKey> = of_person.map(|(key, _)| (*key).clone()).collect();
        if accounts.is_empty() {
            continue;
        }
        let mut ended = Ended::default();
        if signed_on.contains(person) {
            ended = end_limited(tx, services, person, (sources_of(&accounts).as_slice(), None), by).await?;
        }
        records.push(audit::row(services, retired_event((person, accounts.as_slice()), &ended, by)));
        retired.ended.push(ended);
    }
    legacy_matching::add_records(tx, &records).await?;
    Ok(retired)
}

fn sources_of(accounts: &[AccountKey]) -> Vec<String> {
    let sources: BTreeSet<String> = accounts.iter().map(|account| account.source.clone()).collect();
    sources.into_iter().collect()
}

/// Ends what a person entered through the sources of accounts that were retired with a decision, and has these on record.
pub async fn end_linked(
    tx: &mut Tx,
    services: &Services,
    (person, accounts): (&PersonId, &[AccountKey]),
    by: By<'_>,
) -> Result<Ended, StoreError> {
    if accounts.is_empty() {
        return Ok(Ended::default());
    }
    end_retired(tx, services, (person, accounts), (sources_of(accounts).as_slice(), None), by).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_or_a_password_that_the_person_chose_is_a_way_of_their_own() {
        let none = Methods::default();
        let password = Methods { password_set_at: Some(Millis(1)), ..none };
        let table = [
            ("nothing", none, false),
            ("a password", password, true),
            ("one that somebody else set", Methods { must_change_password: true, ..password }, false),
            ("an app alone", Methods { totp: true, ..none }, false),
            ("printed codes alone", Methods { recovery_codes: 10, ..none }, false),
            ("a passkey", Methods { passkeys: 1, ..none }, true),
            ("a passkey beside it", Methods { passkeys: 1, must_change_password: true, ..password }, true),
        ];
        for (case, methods, expected) in table {
            assert_eq!(has_own_way(&methods), expected, "{case}");
        }
    }
}
