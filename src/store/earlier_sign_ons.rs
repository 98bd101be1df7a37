//! When and where a person began to sign on before: so that they notice what was not them.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::device::Device;

/// The beginning of a sign-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// When.
    pub at: Millis,
    /// From which address.
    pub address: String,
    /// What with.
    pub device: Device,
}

/// The last sign-on of a person that began before a moment, ended or not.
pub async fn find(conn: &mut impl AsEx, person: &PersonId, before: Millis) -> Result<Option<Earlier>, StoreError> {
    let row: Option<(i64, String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT started_at, address, device FROM sign_ons
          WHERE person_id = $1 AND started_at < $2 ORDER BY started_at DESC LIMIT 1",
    )
    .bind(&person.0)
    .bind(before.0)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(at, address, device)| Earlier { at: Millis(at), address, device: Device::from_words(&device) }))
}
