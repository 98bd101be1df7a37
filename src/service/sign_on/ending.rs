//! How sign-ons end: every kind of ending goes this one way.
//!
//! A sign-out, another person in the same browser, a new password, a locked
//! person and an administrator all end with [`end`], [`end_all`] or
//! [`end_others`]; an old system that is closed ends with [`end_closed`]. In the
//! transaction of the act the sign-on ends, what it gave is revoked, a logout
//! token for every client that it entered is enqueued (Back-Channel Logout
//! §2.3 and §2.7), and the record is written.

use crate::base::id::{GrantId, PersonId, SignOnId, uuid_v7};
use crate::model::sign_on::SignOn;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::logout_deliveries::{self, Delivery};
use crate::store::{StoreError, Tx, clients, devices, grants, sign_ons};
use serde_json::json;

/// Who ends something, and from where.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// A person's id, or `os:NAME` at the command line.
    pub actor: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// How much of what a person holds ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Their sign-ons, and what dies with them. Offline access stays, as after any sign-out.
    SignOns,
    /// Offline access too: the person, or the proof that it rests on, counts no more.
    Everything,
}

/// What ended in a transaction. It counts once that is committed; [`Ended::tell`] follows.
#[derive(Debug, Default)]
#[must_use = "after the commit this node still has to forget what ended"]
pub struct Ended {
    /// The sign-ons.
    pub sign_ons: Vec<SignOnId>,
    /// Grants that would have outlived their sign-on.
    pub grants: Vec<String>,
}

impl Ended {
    /// After the commit: this node forgets what ended, and the deliveries begin.
    pub fn tell(&self, services: &Services) {
        let now = services.clock.now();
        for sign_on in &self.sign_ons {
            services.known.forget(Kind::SignOn, &sign_on.0, now);
        }
        for grant in &self.grants {
            services.known.forget(Kind::Grant, grant, now);
        }
        if !self.sign_ons.is_empty() {
            services.deliveries.notify_one();
        }
    }
}

/// Ends a sign-on everywhere. False when it had ended before.
pub async fn end(services: &Services, sign_on: &SignOn, actor: &str, origin: &Origin) -> Result<bool, Failure> {
    let mut ended = Ended::default();
    let mut tx = services.store.write().await?;
    if !end_one(&mut tx, services, sign_on, By { actor, origin }, &mut ended).await? {
        return Ok(false);
    }
    tx.commit().await?;
    ended.tell(services);
    Ok(true)
}

/// Ends what a person holds, in the transaction of the act that wants it.
pub async fn end_all(tx: &mut Tx, services: &Services, person: &PersonId, reach: Reach, by: By<'_>) -> Result<Ended, StoreError> {
    end_but(tx, services, person, None, reach, by).await
}

/// Ends what a person holds beside the sign-on in which they proved themselves
/// just now: the others, and offline access that others gave.
pub async fn end_others(tx: &mut Tx, services: &Services, kept: &SignOn, by: By<'_>) -> Result<Ended, StoreError> {
    end_but(tx, services, &kept.person, Some(&kept.id), Reach::Everything, by).await
}

/// Ends the sign-ons of a person that came through one of some old systems, but for the one in which they proved
/// themselves just now. Devices that are known by nothing better are new again.
pub async fn end_limited(
    tx: &mut Tx,
    services: &Services,
    person: &PersonId,
    (sources, kept): (&[String], Option<&SignOnId>),
    by: By<'_>,
) -> Result<Ended, StoreError> {
    let mut ended = Ended::default();
    let since = services.clock.now().plus_seconds(-services.settings.lifetimes.access_token_seconds);
    let mut open = sign_ons::list_open(tx, person, since).await?;
    open.retain(|sign_on| Some(&sign_on.id) != kept && sign_on.legacy.as_ref().is_some_and(|legacy| sources.contains(legacy)));
    open.sort_by(|one, other| one.id.cmp(&other.id));
    for sign_on in &open {
        end_one(tx, services, sign_on, by, &mut ended).await?;
    }
    for source in sources {
        devices::remove_of_source(tx, person, source).await?;
    }
    Ok(ended)
}

/// Ends some sign-ons, in the order of their ids, that came through an old system which was closed; not one that goes on by
/// better proof since.
pub async fn end_closed(
    tx: &mut Tx,
    services: &Services,
    source: &str,
    some: &[SignOn],
    by: By<'_>,
) -> Result<Ended, StoreError> {
    let now = services.clock.now();
    let mut ended = Ended::default();
    for sign_on in some {
        if sign_ons::mark_ended_of_source(tx, &sign_on.id, source, now).await? {
            follow(tx, services, sign_on, by, &mut ended).await?;
        }
    }
    Ok(ended)
}

/// Revokes offline access that rests on a proof which counts no more; answers which grants.
pub async fn revoke_offline(tx: &mut Tx, services: &Services, offline: &[GrantId]) -> Result<Vec<String>, StoreError> {
    let now = services.clock.now();
    let mut revoked = Vec::with_capacity(offline.len());
    for grant in offline {
        if grants::mark_revoked(tx, grant, now).await? {
            forget(tx, services, Kind::Grant, &grant.0).await?;
            revoked.push(grant.0.clone());
        }
    }
    Ok(revoked)
}

async fn end_but(
    tx: &mut Tx,
    services: &Services,
    person: &PersonId,
    kept: Option<&SignOnId>,
    reach: Reach,
    by: By<'_>,
) -> Result<Ended, StoreError> {
    let now = services.clock.now();
    let mut ended = Ended::default();
    // A sign-on that has just ended by itself may have left access tokens that live.
    let since = now.plus_seconds(-services.settings.lifetimes.access_token_seconds);
    let mut open = sign_ons::list_open(tx, person, since).await?;
    open.retain(|sign_on| Some(&sign_on.id) != kept);
    // In the order in which redemptions hold them, so that neither waits for the other for ever.
    open.sort_by(|one, other| one.id.cmp(&other.id));
    for sign_on in &open {
        end_one(tx, services, sign_on, by, &mut ended).await?;
    }
    if reach == Reach::Everything {
        ended.grants = grants::revoke_of_person(tx, person, kept, now).await?;
        for grant in &ended.grants {
            forget(tx, services, Kind::Grant, grant).await?;
        }
    }
    Ok(ended)
}

/// Ends one sign-on in a transaction; false when it had ended before.
async fn end_one(tx: &mut Tx, services: &Services, sign_on: &SignOn, by: By<'_>, ended: &mut Ended) -> Result<bool, StoreError> {
    if !sign_ons::mark_ended(tx, &sign_on.id, services.clock.now()).await? {
        return Ok(false);
    }
    follow(tx, services, sign_on, by, ended).await?;
    Ok(true)
}

/// What follows from the end of a sign-on, in its transaction.
async fn follow(tx: &mut Tx, services: &Services, sign_on: &SignOn, by: By<'_>, ended: &mut Ended) -> Result<(), StoreError> {
    let now = services.clock.now();
    let revoked = grants::revoke_of_sign_on(tx, &sign_on.id, now).await?;
    let told = enqueue(tx, services, &sign_on.id).await?;
    let event = Event {
        event: "sign_out",
        actor: by.actor.to_owned(),
        person: Some(&sign_on.person),
        client: None,
        origin: by.origin,
        detail: json!({ "sign_on": sign_on.id, "grants_revoked": revoked, "clients_told": told }),
    };
    audit::record(tx, services, event).await?;
    forget(tx, services, Kind::SignOn, &sign_on.id.0).await?;
    ended.sign_ons.push(sign_on.id.clone());
    Ok(())
}

/// One delivery for each client of a sign-on that takes logout tokens; answers how many.
async fn enqueue(tx: &mut Tx, services: &Services, sign_on: &SignOnId) -> Result<u64, StoreError> {
    let now = services.clock.now();
    let mut told = 0;
    for (client_id, sub) in grants::clients_of_sign_on(tx, sign_on).await? {
        let Some(client) = clients::find(tx, &client_id).await? else { continue };
        let Some(uri) = client.settings.backchannel_logout_uri else { continue };
        let delivery = Delivery {
            id: uuid_v7(now, services.entropy.as_ref()),
            client_id,
            sign_on_id: sign_on.0.clone(),
            sub,
            uri,
            created_at: now.0,
            attempts: 0,
            delivered_at: None,
            dead_at: None,
        };
        logout_deliveries::add(tx, &delivery).await?;
        told += 1;
    }
    Ok(told)
}
