//! Acts on many people: who was chosen, and what became of each.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredBulk {
    /// Its identity.
    pub id: String,
    /// A word for what is done.
    pub act: String,
    /// What the act needs, as JSON.
    pub detail: String,
    /// Who chose.
    pub created_by: String,
    /// When.
    pub created_at: i64,
    /// A word for how far it is.
    pub state: String,
    /// Why it is done; empty until it is begun.
    pub reason: String,
    /// The request to a second person.
    pub approval_id: Option<String>,
    /// The second person.
    pub approved_by: Option<String>,
    /// When it was begun, asked for or let happen.
    pub decided_at: Option<i64>,
}

/// Somebody who was chosen.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Item {
    /// Who.
    pub person_id: String,
    /// What became of them; empty until it is their turn.
    pub outcome: String,
    /// What taking it back looks at.
    pub mark: String,
}

/// Begins one.
pub async fn add(conn: &mut impl AsEx, bulk: &StoredBulk) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO people_bulks (id, act, detail, created_by, created_at, state) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(&bulk.id)
    .bind(&bulk.act)
    .bind(&bulk.detail)
    .bind(&bulk.created_by)
    .bind(bulk.created_at)
    .bind(&bulk.state)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Adds those who were chosen, in their order.
pub async fn add_items(conn: &mut impl AsEx, bulk: &str, people: &[PersonId]) -> Result<(), StoreError> {
    for (chunk, people) in people.chunks(500).enumerate() {
        let first = i64::try_from(chunk * 500).unwrap_or(i64::MAX);
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO people_bulk_items (bulk_id, place, person_id) ");
            query.push_values(people.iter().zip(first..), |mut values, (person, place)| {
                values.push_bind(bulk.to_owned()).push_bind(place).push_bind(person.0.clone());
            });
            query.push(" ON CONFLICT (bulk_id, person_id) DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// One of them.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<StoredBulk>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT id, act, detail, created_by, created_at, state, reason, approval_id, approved_by, decided_at
           FROM people_bulks WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(c)
    .await)?)
}

/// Everybody who was chosen, in their order.
pub async fn list_items(conn: &mut impl AsEx, bulk: &str) -> Result<Vec<Item>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, outcome, mark FROM people_bulk_items WHERE bulk_id = $1 ORDER BY place"
    )
    .bind(bulk)
    .fetch_all(c)
    .await)?)
}

/// Moves one on from a state that it must be in; false when it is in another.
pub async fn mark_state(conn: &mut impl AsEx, id: &str, from: &str, to: &str) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE people_bulks SET state = $3 WHERE id = $1 AND state = $2")
        .bind(id)
        .bind(from)
        .bind(to)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Begins, or asks for, what was chosen: once.
pub async fn mark_begun(
    conn: &mut impl AsEx,
    id: &str,
    (to, approval): (&str, Option<&str>),
    reason: &str,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE people_bulks SET state = $2, approval_id = $3, reason = $4, decided_at = $5
          WHERE id = $1 AND state = 'chosen'",
    )
    .bind(id)
    .bind(to)
    .bind(approval)
    .bind(reason)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Begins what was asked for and let happen by a second person.
pub async fn mark_approved(conn: &mut impl AsEx, id: &str, by: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE people_bulks SET state = 'running', approved_by = $2, decided_at = $3 WHERE id = $1 AND state = 'waiting'"
    )
    .bind(id)
    .bind(by.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says what became of somebody, from an outcome that they must have; false when that was said before.
pub async fn mark_item(
    conn: &mut impl AsEx,
    bulk: &str,
    person: &PersonId,
    (from, to): (&str, &str),
    mark: &str,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE people_bulk_items SET outcome = $4, mark = $5 WHERE bulk_id = $1 AND person_id = $2 AND outcome = $3"
    )
    .bind(bulk)
    .bind(person.as_str())
    .bind(from)
    .bind(to)
    .bind(mark)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Lets somebody sign in again who was stopped at exactly this moment; false when others did something since.
pub async fn restore(conn: &mut impl AsEx, person: &PersonId, disabled_at: i64) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE persons SET disabled_at = NULL
          WHERE id = $1 AND disabled_at = $2
            AND NOT EXISTS (SELECT 1 FROM lifecycles l WHERE l.person_id = $1 AND l.erased_at IS NOT NULL)",
    )
    .bind(person.as_str())
    .bind(disabled_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
