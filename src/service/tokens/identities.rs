//! What old systems know of a person: the accounts behind the scope `legacy`, the units that they came from, and who is
//! noted to count on what was before. And for whom they act, by the name that a client knows.
//!
//! A client is told the accounts of the systems that it belongs to and of no
//! other, and of each of them through the system's last day. Which unit
//! somebody came from is asked only for clients that are set to be told that.

use super::claims::{Facts, OfOld};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::client::{Client, UnitIdentifier};
use crate::protocol::claims_request::ClaimsRequest;
use crate::protocol::scope::Scopes;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::store::legacy_uses::{Kind, Use};
use crate::store::subjects::{self, Account};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::Date;

/// A claim, and the scope that it comes with.
#[derive(Clone, Copy)]
struct Told {
    scope: &'static str,
    claim: &'static str,
}

const ACCOUNTS: Told = Told { scope: "legacy", claim: "legacy_identities" };
const UNIT: Told = Told { scope: "unit", claim: "legacy_unit" };
const POSITION: Told = Told { scope: "position", claim: "position" };
const POSITIONS: Told = Told { scope: "positions", claim: "positions" };

impl Told {
    /// Whether a request asks for it.
    fn is_asked(self, (scopes, asked): (&Scopes, &ClaimsRequest)) -> bool {
        scopes.contains(self.scope) || asked.id_token.contains_key(self.claim) || asked.userinfo.contains_key(self.claim)
    }

    /// Whether an ID token of a client tells it, once it is asked for.
    fn is_in_id_token(self, client: &Client, asked: &ClaimsRequest) -> bool {
        client.settings.id_token_claims.iter().any(|claim| claim == self.claim) || asked.id_token.contains_key(self.claim)
    }
}

/// What a client may be told of a person from old systems. Nothing is read for clients that are not told any of it, and for
/// requests that ask for none.
pub async fn of(
    services: &Services,
    client: &Client,
    person: &KnownPerson,
    request: (&Scopes, &ClaimsRequest),
    now: Millis,
) -> Result<OfOld, Failure> {
    let asked = [ACCOUNTS, UNIT, POSITION, POSITIONS].map(|told| told.is_asked(request));
    read(services, client, person, asked, now).await
}

/// The same for an ID token, which tells what its client's settings or a request put there, or `all`. So most clients'
/// sign-ons read nothing here.
pub async fn for_id_token(
    services: &Services,
    client: &Client,
    person: &KnownPerson,
    request: (&Scopes, &ClaimsRequest),
    all: bool,
    now: Millis,
) -> Result<OfOld, Failure> {
    let is_told = |told: Told| told.is_asked(request) && (all || told.is_in_id_token(client, request.1));
    let asked = [ACCOUNTS, UNIT, POSITION, POSITIONS].map(is_told);
    read(services, client, person, asked, now).await
}

async fn read(
    services: &Services,
    client: &Client,
    known: &KnownPerson,
    [accounts, unit, position, positions]: [bool; 4],
    now: Millis,
) -> Result<OfOld, Failure> {
    let person = &known.person.id;
    let mut of_old = OfOld::default();
    if accounts && client.may_have(ACCOUNTS.scope) && !client.settings.legacy_sources.is_empty() {
        of_old.accounts = accounts_of(services, client, person, now).await?;
    }
    if unit && client.settings.unit_identifier_on(vietnam_date(now)) == UnitIdentifier::Legacy {
        of_old.units = units_of(services, person, now).await?;
    }
    let acts_for = if position || positions { givers(known, vietnam_date(now)) } else { BTreeSet::new() };
    if !acts_for.is_empty() {
        of_old.delegators = called(services, client, acts_for, now).await?;
    }
    Ok(of_old)
}

/// Those who handed somebody a post that they act in on a day.
fn givers(known: &KnownPerson, today: Date) -> BTreeSet<&PersonId> {
    known.person.positions_on(today).into_iter().filter_map(|post| post.delegated_by.as_ref()).collect()
}

/// What a client calls some people already. Whoever has never come to it is called nothing there: their subject is fixed when
/// they come themselves, by the account that they use, and not by somebody else's sign-in.
async fn called(
    services: &Services,
    client: &Client,
    people: BTreeSet<&PersonId>,
    now: Millis,
) -> Result<BTreeMap<PersonId, String>, StoreError> {
    let sector = client.sector();
    let mut all = BTreeMap::new();
    for person in people {
        if let Some(known) = services.known.subject(&sector, person, now) {
            all.insert(person.clone(), known.sub.clone());
            continue;
        }
        let generation = services.known.generation();
        let found = subjects::find(&mut services.store.read().await?, &sector, person).await?;
        if let Some(stored) = found.map(Arc::new) {
            services.known.remember_subject(&sector, person, &stored, generation, now);
            all.insert(person.clone(), stored.sub.clone());
        }
    }
    Ok(all)
}

/// The accounts that a client may be told of a person.
async fn accounts_of(services: &Services, client: &Client, person: &PersonId, now: Millis) -> Result<Vec<Account>, StoreError> {
    let today = vietnam_date(now);
    let sources = services.known.legacy_sources(&services.store, now).await?;
    let tells = |account: &Account| {
        let source = sources.iter().find(|source| source.id == account.source);
        let lasts = source.is_some_and(|source| source.sunset_on.is_none_or(|last| last >= today));
        lasts && client.settings.legacy_sources.contains(&account.source)
    };
    let mut accounts = subjects::list_accounts(&mut services.store.read().await?, person).await?;
    accounts.retain(tells);
    Ok(accounts)
}

/// The units that a person's accounts were in, of whatever source.
async fn units_of(services: &Services, person: &PersonId, now: Millis) -> Result<Vec<UnitId>, StoreError> {
    if let Some(known) = services.known.units_from(person, now) {
        return Ok(known);
    }
    let generation = services.known.generation();
    let units = subjects::list_units_from(&mut services.store.read().await?, person).await?;
    services.known.remember_units_from(person, &units, generation, now);
    Ok(units)
}

/// Notes what of it was told, and which units of before. Waits for nothing.
pub fn note(services: &Services, facts: &Facts<'_>, told: &Map<String, Value>) {
    let used = |kind: Kind, source: &str| {
        services.writer.legacy_used(Use::new(&facts.client.id, kind, source, &facts.person.id, facts.today));
    };
    if told.contains_key(ACCOUNTS.claim) {
        for account in &facts.identities.accounts {
            used(Kind::Scope, &account.source);
        }
    }
    if told.contains_key(UNIT.claim) || told.contains_key("legacy_units") {
        for province in facts.provinces_before() {
            used(Kind::Unit, province);
        }
    }
}
