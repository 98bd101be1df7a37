//! Signing out: one act ends the sign-on, revokes what it gave and enqueues a
//! logout token for every client that it entered. Clients that have no address
//! for logout tokens may have one that the person's browser loads
//! (OpenID Connect Front-Channel Logout 1.0).

pub use super::sign_on::ending::end;

pub mod deliver;
pub mod receipts;
pub mod request;
pub mod sessions;

use super::{Failure, Services};
use crate::base::id::SignOnId;
use crate::model::client::Client;
use crate::protocol::response_mode::with_query;
use crate::store::{clients, grants, logout_deliveries};

/// How a system was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It answered that the person is out.
    Done,
    /// It has been told, or will be.
    Waiting,
    /// The browser asks it, and nobody learns what it did.
    Asked,
    /// It cannot be told: the person signs out there.
    Manual,
}

/// The systems that a sign-on entered, by name, and how each was left.
pub async fn systems(services: &Services, sign_on: &SignOnId) -> Result<Vec<(String, Left)>, Failure> {
    let mut conn = services.store.read().await?;
    let deliveries = logout_deliveries::list_of_sign_on(&mut conn, sign_on).await?;
    let mut systems = Vec::new();
    for (client_id, _) in grants::clients_of_sign_on(&mut conn, sign_on).await? {
        let Some(client) = clients::find(&mut conn, &client_id).await? else { continue };
        // Who was told of a move before is told of the end too.
        let delivery = deliveries.iter().rfind(|delivery| delivery.client_id == client_id);
        let left = match delivery {
            Some(delivery) if delivery.delivered_at.is_some() => Left::Done,
            Some(delivery) if delivery.dead_at.is_none() => Left::Waiting,
            Some(_) | None if frame_of(&client).is_some() => Left::Asked,
            Some(_) | None => Left::Manual,
        };
        systems.push((client.name, left));
    }
    Ok(systems)
}

/// The addresses that the browser loads to leave the systems of a sign-on,
/// with issuer and session where a system wants them (Front-Channel Logout §2 and §3).
pub async fn frames(services: &Services, sign_on: &SignOnId) -> Result<Vec<String>, Failure> {
    let mut conn = services.store.read().await?;
    let mut frames: Vec<String> = Vec::new();
    for (client_id, _) in grants::clients_of_sign_on(&mut conn, sign_on).await? {
        let Some(client) = clients::find(&mut conn, &client_id).await? else { continue };
        let Some(address) = frame_of(&client) else { continue };
        // Either says nothing without the other: both or none.
        let both = [("iss", services.settings.issuer.as_str()), ("sid", sign_on.as_str())];
        let named = client.settings.frontchannel_logout_session_required;
        let frame = with_query(address, if named { &both } else { &[] });
        if !frames.contains(&frame) {
            frames.push(frame);
        }
    }
    Ok(frames)
}

/// What the browser loads for a client; nothing of one that was refused since.
fn frame_of(client: &Client) -> Option<&str> {
    client.settings.frontchannel_logout_uri.as_deref().filter(|_| client.disabled_at.is_none())
}
