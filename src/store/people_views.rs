//! Filters that administrators keep under a name.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct View {
    /// Its identity.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The filter, as addresses carry it.
    pub query: String,
}

/// Those of a person, by name.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<View>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT id, name, query FROM people_views WHERE person_id = $1 ORDER BY name, id")
        .bind(person.as_str())
        .fetch_all(c)
        .await)?)
}

/// Keeps one; false when the person has `most` already.
pub async fn add(conn: &mut impl AsEx, person: &PersonId, view: &View, most: i64, now: Millis) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO people_views (id, person_id, name, query, created_at)
         SELECT $1, $2, $3, $4, $5
          WHERE (SELECT COUNT(*) FROM people_views WHERE person_id = $2) < $6",
    )
    .bind(&view.id)
    .bind(person.as_str())
    .bind(&view.name)
    .bind(&view.query)
    .bind(now.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Removes one of this person; false when they have none such.
pub async fn remove(conn: &mut impl AsEx, person: &PersonId, id: &str) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query("DELETE FROM people_views WHERE id = $1 AND person_id = $2")
        .bind(id)
        .bind(person.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}
