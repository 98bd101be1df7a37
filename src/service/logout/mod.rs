//! Signing out: one act ends the sign-on, revokes what it gave and enqueues a
//! logout token for every client that it entered.

pub mod deliver;
pub mod request;

use super::audit::{self, Event};
use super::{Failure, Origin, Services, forget};
use crate::base::id::{SignOnId, uuid_v7};
use crate::model::sign_on::SignOn;
use crate::store::changes::Kind;
use crate::store::logout_deliveries::{self, Delivery};
use crate::store::{clients, grants, sign_ons};
use serde_json::json;

/// How a system was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It answered that the person is out.
    Done,
    /// It has been told, or will be.
    Waiting,
    /// It cannot be told: the person signs out there.
    Manual,
}

/// Ends a sign-on everywhere. False when it had ended before.
pub async fn end(services: &Services, sign_on: &SignOn, actor: &str, origin: &Origin) -> Result<bool, Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if !sign_ons::mark_ended(&mut tx, &sign_on.id, now).await? {
        return Ok(false);
    }
    let revoked = grants::revoke_of_sign_on(&mut tx, &sign_on.id, now).await?;
    let mut told = 0;
    for (client_id, sub) in grants::clients_of_sign_on(&mut tx, &sign_on.id).await? {
        let Some(client) = clients::find(&mut tx, &client_id).await? else { continue };
        let Some(uri) = client.settings.backchannel_logout_uri else { continue };
        let delivery = Delivery {
            id: uuid_v7(now, services.entropy.as_ref()),
            client_id,
            sign_on_id: sign_on.id.0.clone(),
            sub,
            uri,
            created_at: now.0,
            attempts: 0,
            delivered_at: None,
            dead_at: None,
        };
        logout_deliveries::add(&mut tx, &delivery).await?;
        told += 1;
    }
    let event = Event {
        event: "sign_out",
        actor: actor.to_owned(),
        person: Some(&sign_on.person),
        client: None,
        origin,
        detail: json!({ "sign_on": sign_on.id, "grants_revoked": revoked, "clients_told": told }),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::SignOn, &sign_on.id.0).await?;
    tx.commit().await?;
    services.known.forget(Kind::SignOn, &sign_on.id.0, now);
    services.deliveries.notify_one();
    Ok(true)
}

/// The systems that a sign-on entered, by name, and how each was left.
pub async fn systems(services: &Services, sign_on: &SignOnId) -> Result<Vec<(String, Left)>, Failure> {
    let mut conn = services.store.read().await?;
    let deliveries = logout_deliveries::list_of_sign_on(&mut conn, sign_on).await?;
    let mut systems = Vec::new();
    for (client_id, _) in grants::clients_of_sign_on(&mut conn, sign_on).await? {
        let Some(client) = clients::find(&mut conn, &client_id).await? else { continue };
        let delivery = deliveries.iter().find(|delivery| delivery.client_id == client_id);
        let left = match delivery {
            None => Left::Manual,
            Some(delivery) if delivery.delivered_at.is_some() => Left::Done,
            Some(delivery) if delivery.dead_at.is_some() => Left::Manual,
            Some(_) => Left::Waiting,
        };
        systems.push((client.name, left));
    }
    Ok(systems)
}
