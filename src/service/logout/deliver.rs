//! Delivering logout tokens (Back-Channel Logout §2.5): at least once, with a
//! receipt, or a dead letter after the last try.

use crate::base::id::{SignOnId, uuid_v7};
use crate::crypto::keyring::TokenType;
use crate::model::device::Device;
use crate::protocol::logout_token::LogoutToken;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services};
use crate::store::logout_deliveries::{self, Delivery};
use crate::store::{StoreError, Tx, clients, sign_ons};
use serde_json::json;

/// Seconds until the next try, by tries so far; after the last one a delivery is dead.
const WAITS: [i64; 8] = [2, 5, 15, 60, 300, 1_800, 7_200, 21_600];
/// A claimed delivery that was not answered for is due again.
const CLAIMED_SECONDS: i64 = 30;

/// Takes what is due, some at a time; each is given to one caller.
pub async fn claim(services: &Services) -> Result<Vec<Delivery>, Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let claimed = logout_deliveries::claim(&mut tx, now, now.plus_seconds(CLAIMED_SECONDS)).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Delivers one and keeps its receipt; what cannot be sent is tried again like what is refused.
pub async fn deliver(services: &Services, delivery: &Delivery) -> Result<(), Failure> {
    let answer = match send(services, delivery).await {
        Ok(answer) => answer,
        Err(failure) => Err(failure.to_string()),
    };
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let outcome = match answer {
        Ok(status) => {
            logout_deliveries::mark_delivered(&mut tx, &delivery.id, &status, now).await?;
            "ok"
        }
        Err(reason) => {
            let tries = usize::try_from(delivery.attempts - 1).unwrap_or_default();
            let next = WAITS.get(tries).map(|wait| now.plus_seconds(*wait));
            tracing::warn!(client.id = %delivery.client_id, attempts = delivery.attempts, %reason, dead = next.is_none(), "a logout token was not accepted");
            let counts = logout_deliveries::mark_failed(&mut tx, delivery, &reason, next, now).await?;
            if counts && next.is_none() {
                record_dead(&mut tx, services, delivery).await?;
            }
            if next.is_some() { "retried" } else { "dead" }
        }
    };
    tx.commit().await?;
    metrics::counter!("motlan_logout_deliveries_total", "outcome" => outcome).increment(1);
    Ok(())
}

/// A system that could not be told is on record with the end of its delivery.
async fn record_dead(tx: &mut Tx, services: &Services, delivery: &Delivery) -> Result<(), StoreError> {
    let sign_on = sign_ons::find(tx, &SignOnId(delivery.sign_on_id.clone())).await?;
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    let event = Event {
        event: "logout.undelivered",
        actor: "job:logout_delivery".to_owned(),
        person: sign_on.as_ref().map(|sign_on| &sign_on.person),
        client: Some(&delivery.client_id),
        origin: &origin,
        detail: json!({ "delivery": delivery.id, "sign_on": delivery.sign_on_id, "attempts": delivery.attempts }),
    };
    audit::record(tx, services, event).await
}

/// Posts a fresh logout token; the answer in words, fine or not.
async fn send(services: &Services, delivery: &Delivery) -> Result<Result<String, String>, Failure> {
    let now = services.clock.now();
    let client = clients::find(&mut services.store.read().await?, &delivery.client_id).await?;
    let Some(client) = client else { return Ok(Err("the client is gone".to_owned())) };
    let jti = uuid_v7(now, services.entropy.as_ref());
    let token = LogoutToken {
        issuer: &services.settings.issuer,
        sub: &delivery.sub,
        client_id: &client.id,
        issued_at: now.seconds(),
        jti: &jti,
        sid: &delivery.sign_on_id,
    };
    let signer = services.keyring.signer(client.settings.id_token_alg, now)?;
    let signed = signer.sign(TokenType::Logout, &serde_json::to_vec(&token.claims()).map_err(StoreError::from)?)?;
    Ok(match services.outbound.post_form(&delivery.uri, &[("logout_token", &signed)]).await {
        // 204 is what some frameworks answer to an empty success.
        Ok(status @ (200 | 204)) => Ok(status.to_string()),
        Ok(status) => Err(format!("answered {status}")),
        Err(reason) => Err(reason.to_string()),
    })
}
