//! Whose e-mail address a set of changes made another one, and up to which set people were told.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId};

/// A set that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedSet {
    /// Its identity.
    pub id: ChangeSetId,
    /// The version of the people that it made.
    pub version: i64,
    /// Since when it counts.
    pub applied_at: Millis,
}

/// Somebody whose address became another one, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Who.
    pub person: PersonId,
    /// The address of before.
    pub before: String,
}

/// The version of the people up to which everybody was told.
pub async fn cursor(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT version FROM address_changes_cursor").fetch_one(c).await)?)
}

/// Moves on from a version; false when another node did so first.
pub async fn move_cursor(conn: &mut impl AsEx, from: i64, to: i64) -> Result<bool, StoreError> {
    let moved = sql!(conn, |c| sqlx::query("UPDATE address_changes_cursor SET version = $1 WHERE version = $2")
        .bind(to)
        .bind(from)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// The first set that counts after a version.
pub async fn next_set(conn: &mut impl AsEx, after: i64) -> Result<Option<AppliedSet>, StoreError> {
    let row: Option<(String, i64, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, version, applied_at FROM change_sets
          WHERE version > $1 AND applied_at IS NOT NULL AND undone_at IS NULL
          ORDER BY version LIMIT 1",
    )
    .bind(after)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(id, version, applied_at)| AppliedSet { id: ChangeSetId(id), version, applied_at: Millis(applied_at) }))
}

/// People whose address a set made another one and who have no notice of this kind since, in the order of ids after one,
/// some at a time. Whoever had no address before is told nothing.
pub async fn list_untold(
    conn: &mut impl AsEx,
    set: &AppliedSet,
    kind: &str,
    after: &PersonId,
    most: i64,
) -> Result<Vec<Moved>, StoreError> {
    let rows: Vec<(String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT f.person_id, b.email
           FROM person_facts f
           JOIN person_facts b ON b.person_id = f.person_id
            AND b.change_set = (SELECT e.change_set FROM person_facts e JOIN change_sets p ON p.id = e.change_set
                                 WHERE e.person_id = f.person_id AND p.applied_at < $2 AND p.undone_at IS NULL
                                 ORDER BY p.applied_at DESC LIMIT 1)
          WHERE f.change_set = $1 AND f.person_id > $4
            AND b.email <> '' AND LOWER(COALESCE(f.email, '')) <> LOWER(b.email)
            AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.person_id = f.person_id AND n.kind = $3 AND n.at >= $2)
          ORDER BY f.person_id LIMIT $5",
    )
    .bind(set.id.as_str())
    .bind(set.applied_at.0)
    .bind(kind)
    .bind(after.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(person, before)| Moved { person: PersonId(person), before }).collect())
}
