//! From where the sign-ons of a person were begun.

use super::{AsEx, StoreError, sql};
use crate::base::id::{PersonId, SignOnId};
use std::collections::HashMap;

/// The address of each sign-on of a person that was not ended.
pub async fn list_open(conn: &mut impl AsEx, person: &PersonId) -> Result<HashMap<SignOnId, String>, StoreError> {
    let rows: Vec<(String, String)> =
        sql!(conn, |c| sqlx::query_as("SELECT id, address FROM sign_ons WHERE person_id = $1 AND ended_at IS NULL")
            .bind(&person.0)
            .fetch_all(c)
            .await)?;
    Ok(rows.into_iter().map(|(id, address)| (SignOnId(id), address)).collect())
}
