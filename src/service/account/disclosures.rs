//! What was told about a person to which system, on which ground, and the end of an agreement.
//!
//! The grants are the record: one for every redeemed code. The city's own
//! systems are told by the city's decision; others by the person's agreement,
//! which can be taken back. What was told before cannot be called back.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::client::Client;
use crate::protocol::claims_request::ClaimsRequest;
use crate::protocol::scope;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::consents::{self, Consent};
use crate::store::grants::{self, Given};
use crate::store::{Conn, StoreError, clients};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Why a system may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// It is one of the city's own.
    City,
    /// The person agreed.
    Consent {
        /// Since when.
        since: Millis,
    },
    /// The person agreed once, and no more.
    Withdrawn,
}

/// What one system was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// Its id.
    pub client_id: String,
    /// Its name; the id when nobody knows it any more.
    pub name: String,
    /// What, as scopes in alphabetical order.
    pub scopes: Vec<String>,
    /// Why.
    pub ground: Ground,
    /// The first and the last time; absent for what was agreed to and never fetched.
    pub told: Option<(Millis, Millis)>,
}

/// Everything, what was told last first.
pub async fn list(services: &Services, person: &PersonId) -> Result<Vec<Disclosure>, Failure> {
    let mut conn = services.store.read().await?;
    let agreed = consents::list(&mut conn, person).await?;
    let mut by_client: BTreeMap<String, Vec<Given>> =
        agreed.iter().map(|consent| (consent.client_id.clone(), Vec::new())).collect();
    for given in grants::list_given(&mut conn, person).await? {
        by_client.entry(given.client_id.clone()).or_default().push(given);
    }
    let mut disclosures = Vec::with_capacity(by_client.len());
    for (client_id, given) in by_client {
        let consent = agreed.iter().find(|consent| consent.client_id == client_id);
        disclosures.push(one(&mut conn, client_id, &given, consent).await?);
    }
    disclosures.sort_by_key(|disclosure| std::cmp::Reverse(disclosure.told.map(|(_, last)| last)));
    Ok(disclosures)
}

async fn one(conn: &mut Conn, client_id: String, given: &[Given], consent: Option<&Consent>) -> Result<Disclosure, StoreError> {
    let client = clients::find(conn, &client_id).await?;
    let mut scopes: BTreeSet<String> = BTreeSet::new();
    for given in given {
        scopes.extend(given.scopes.iter().map(str::to_owned));
        if let Some(client) = &client {
            scopes.extend(asked_singly(client, &given.claims));
        }
    }
    if let Some(consent) = consent.filter(|_| given.is_empty()) {
        scopes.extend(consent.scope.split_ascii_whitespace().map(str::to_owned));
    }
    let first = given.iter().map(|given| given.first_at).min();
    let last = given.iter().map(|given| given.last_at).max();
    Ok(Disclosure {
        ground: ground(client.as_ref(), consent),
        name: client.map_or_else(|| client_id.clone(), |client| client.name),
        client_id,
        scopes: scopes.into_iter().collect(),
        told: first.zip(last),
    })
}

/// The scopes behind claims asked by name. The city's own systems may be told
/// them without asking for the scope; others only what was agreed to.
fn asked_singly(client: &Client, claims: &ClaimsRequest) -> Vec<String> {
    if client.settings.third_party {
        return Vec::new();
    }
    let asked = |scope: &&str| {
        scope::claims_of(scope).iter().any(|claim| claims.userinfo.contains_key(*claim) || claims.id_token.contains_key(*claim))
    };
    let held = scope::ALL.into_iter().filter(asked).filter(|scope| client.may_have(scope));
    held.map(str::to_owned).collect()
}

fn ground(client: Option<&Client>, consent: Option<&Consent>) -> Ground {
    // Of a system that nobody knows any more only the agreement is left.
    let asks = client.map_or(consent.is_some(), Client::asks_consent);
    match consent {
        _ if !asks => Ground::City,
        Some(consent) => Ground::Consent { since: consent.granted_at },
        None => Ground::Withdrawn,
    }
}

/// Takes an agreement back, and with it everything that the system could still
/// use. False when there is none, or the system is the city's own.
pub async fn withdraw(services: &Services, person: &PersonId, client_id: &str, origin: &Origin) -> Result<bool, Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let client = clients::find(&mut tx, client_id).await?;
    if client.as_ref().is_some_and(|client| !client.asks_consent()) {
        return Ok(false);
    }
    let Some(scope) = consents::remove(&mut tx, person, client_id).await? else { return Ok(false) };
    // Without a refresh token nothing older than an access token can still be used.
    let since = now.plus_seconds(-services.settings.lifetimes.access_token_seconds);
    let revoked = grants::revoke_of_client(&mut tx, person, client_id, since, now).await?;
    for grant in &revoked {
        forget(&mut tx, services, Kind::Grant, grant).await?;
    }
    let event = Event {
        event: "consent.withdrawn",
        actor: person.0.clone(),
        person: Some(person),
        client: Some(client_id),
        origin,
        detail: json!({ "scope": scope, "grants_revoked": revoked.len() }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    for grant in &revoked {
        services.known.forget(Kind::Grant, grant, now);
    }
    Ok(true)
}
