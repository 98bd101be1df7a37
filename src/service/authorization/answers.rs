//! What a person answers on a page: in which position, and whether a client may know.

use super::{Pending, waiting};
use crate::base::date::vietnam_date;
use crate::model::sign_on::SignOn;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::consents;
use crate::store::position_choices::{self, PositionChoice};

/// Remembers the position that a person chose: for good, or for this sign-on.
pub async fn choose_position(
    services: &Services,
    id: &str,
    pending: &mut Pending,
    sign_on: &SignOn,
    position: &str,
    remember: bool,
) -> Result<bool, Failure> {
    let now = services.clock.now();
    let Some(known) = services.known.person(&services.store, &sign_on.person, now).await? else { return Ok(false) };
    let held = known.person.positions_on(vietnam_date(now));
    let Some(chosen) = held.iter().find(|held| held.id.0 == position).map(|held| held.id.clone()) else { return Ok(false) };
    if let Some(request) = &pending.request {
        // Nothing outlasts the sign-on on a computer that others use too.
        let for_good = remember && !sign_on.manner.shared;
        let choice = PositionChoice {
            client_id: request.client_id.clone(),
            position: chosen.clone(),
            sign_on: (!for_good).then(|| sign_on.id.clone()),
            chosen_at: now,
        };
        let mut tx = services.store.write().await?;
        position_choices::replace(&mut tx, &sign_on.person, &choice).await?;
        forget(&mut tx, services, Kind::Person, &sign_on.person.0).await?;
        tx.commit().await?;
        services.known.forget(Kind::Person, &sign_on.person.0, now);
    }
    pending.position = Some(chosen);
    waiting::keep(services, id, pending, now).await?;
    Ok(true)
}

/// Remembers that a person agreed.
pub async fn agree(
    services: &Services,
    id: &str,
    pending: &mut Pending,
    sign_on: &SignOn,
    origin: &Origin,
) -> Result<(), Failure> {
    let now = services.clock.now();
    let Some(request) = &pending.request else { return Ok(()) };
    let Some(client) = services.known.client(&services.store, &request.client_id, now).await? else { return Ok(()) };
    let granted = client.grantable(&request.scopes);
    let mut tx = services.store.write().await?;
    consents::replace(&mut tx, &sign_on.person, &client.id, &granted.to_string(), now).await?;
    let event = Event {
        event: "consent.given",
        actor: sign_on.person.0.clone(),
        person: Some(&sign_on.person),
        client: Some(&client.id),
        origin,
        detail: serde_json::json!({ "scope": granted.to_string() }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    pending.consented = Some(sign_on.id.clone());
    waiting::keep(services, id, pending, now).await?;
    Ok(())
}
