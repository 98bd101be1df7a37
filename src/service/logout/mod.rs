//! Signing out: one act ends the sign-on, revokes what it gave and enqueues a
//! logout token for every client that it entered.

pub use super::sign_on::end;

pub mod deliver;
pub mod request;

use super::{Failure, Services};
use crate::base::id::SignOnId;
use crate::store::{clients, grants, logout_deliveries};

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
