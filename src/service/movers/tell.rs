//! Telling systems of whoever holds the post no more in which they entered: what was given in it is revoked, and a logout
//! token is enqueued, in one short write for some at a time.

use super::Asked;
use crate::base::id::{PositionId, SignOnId, uuid_v7};
use crate::model::device::Device;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::logout_deliveries::{self, Delivery};
use crate::store::moved_grants::{self, Open, Revoked};
use crate::store::{StoreError, Tx, sign_ons};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What the records say of who did it.
const ACTOR: &str = "job:movers";
/// Systems, each in one sign-on, that are told in one short write.
const TOLD_AT_ONCE: usize = 20;

/// Revokes what was given in posts that are held no more, and tells the systems; some at a time.
pub(super) async fn tell(services: &Services, gone: Vec<Open>, asked: &Asked) -> Result<(), Failure> {
    // In the order of sign-ons, so that two nodes never wait for each other.
    let mut systems: BTreeMap<(SignOnId, String), Vec<Open>> = BTreeMap::new();
    for one in gone {
        systems.entry((one.sign_on.clone(), one.client_id.clone())).or_default().push(one);
    }
    let systems: Vec<Vec<Open>> = systems.into_values().collect();
    for some in systems.chunks(TOLD_AT_ONCE) {
        tell_some(services, some, asked).await?;
    }
    Ok(())
}

/// Each of them is what one system was given in one sign-on.
async fn tell_some(services: &Services, some: &[Vec<Open>], asked: &Asked) -> Result<(), Failure> {
    let sign_ons: BTreeSet<&str> = some.iter().flatten().map(|one| one.sign_on.as_str()).collect();
    let mut usable = Vec::new();
    let mut tx = services.store.write().await?;
    // Whoever ends a sign-on tells every system of it: either they see what is done here, or they came first.
    let open = sign_ons::hold_open(&mut tx, &sign_ons).await?;
    let mut told = false;
    for left in some {
        let Some(first) = left.first().filter(|first| open.contains(first.sign_on.as_str())) else { continue };
        let Some(uri) = asked.get(&first.client_id) else { continue };
        let revoked = revoke(&mut tx, services, left).await?;
        // Another node was first.
        if revoked.count == 0 {
            continue;
        }
        enqueue(&mut tx, services, first, &revoked, uri).await?;
        record(&mut tx, services, left, revoked.count).await?;
        usable.extend(revoked.usable);
        told = true;
    }
    if !told {
        return Ok(());
    }
    for grant in &usable {
        forget(&mut tx, services, Kind::Grant, grant).await?;
    }
    tx.commit().await?;
    let now = services.clock.now();
    for grant in &usable {
        services.known.forget(Kind::Grant, grant, now);
    }
    services.deliveries.notify_one();
    Ok(())
}

async fn revoke(tx: &mut Tx, services: &Services, left: &[Open]) -> Result<Revoked, StoreError> {
    let now = services.clock.now();
    let usable_since = now.plus_seconds(-services.settings.lifetimes.access_token_seconds);
    let mut all = Revoked::default();
    for one in left {
        let some = moved_grants::mark_revoked(tx, one, usable_since, now).await?;
        all.count += some.count;
        all.subs.extend(some.subs);
        all.usable.extend(some.usable);
    }
    Ok(all)
}

/// One logout token for the system, as each that it knows the person by.
async fn enqueue(tx: &mut Tx, services: &Services, left: &Open, revoked: &Revoked, uri: &str) -> Result<(), StoreError> {
    let now = services.clock.now();
    for sub in &revoked.subs {
        let delivery = Delivery {
            id: uuid_v7(now, services.entropy.as_ref()),
            client_id: left.client_id.clone(),
            sign_on_id: left.sign_on.0.clone(),
            sub: sub.clone(),
            uri: uri.to_owned(),
            created_at: now.0,
            attempts: 0,
            delivered_at: None,
            dead_at: None,
        };
        logout_deliveries::add(tx, &delivery).await?;
    }
    Ok(())
}

async fn record(tx: &mut Tx, services: &Services, left: &[Open], grants: usize) -> Result<(), StoreError> {
    let Some(first) = left.first() else { return Ok(()) };
    let positions: Vec<&PositionId> = left.iter().map(|one| &one.position).collect();
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    let event = Event {
        event: "client.told_of_move",
        actor: ACTOR.to_owned(),
        person: Some(&first.person),
        client: Some(&first.client_id),
        origin: &origin,
        detail: json!({ "sign_on": first.sign_on, "positions": positions, "grants_revoked": grants }),
    };
    audit::record(tx, services, event).await
}
