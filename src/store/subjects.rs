//! Subjects: what a sector knows a person as, fixed when first issued.

use super::{AsEx, StoreError, sql};
use crate::base::id::PersonId;

/// The subject of a person in a sector.
pub async fn find(conn: &mut impl AsEx, sector: &str, person: &PersonId) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT sub FROM subjects WHERE sector = $1 AND person_id = $2")
        .bind(sector)
        .bind(&person.0)
        .fetch_optional(c)
        .await)?)
}

/// Offers a new subject; whoever came first stays.
pub async fn add(conn: &mut impl AsEx, sector: &str, person: &PersonId, sub: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO subjects (sector, person_id, sub) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(sector)
        .bind(&person.0)
        .bind(sub)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}
