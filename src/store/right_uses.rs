//! When roles were last used: read off the grants, some at a time, in the order in which those were made.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// Once a day is often enough to note that a role is in use.
const NOTED_EVERY_MS: i64 = 86_400_000;

/// How far the grants were read.
pub async fn read_to(conn: &mut impl AsEx) -> Result<String, StoreError> {
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar("SELECT MAX(read_to) FROM right_uses").fetch_one(c).await)?;
    Ok(found.unwrap_or_default())
}

/// Where the next stretch ends: the id of the last of at most so many grants after `from` and before `below`.
pub async fn end_of_stretch(conn: &mut impl AsEx, from: &str, below: &str, most: i64) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT MAX(s.id) FROM (SELECT id FROM grants WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3) s",
    )
    .bind(from)
    .bind(below)
    .bind(most)
    .fetch_one(c)
    .await)?)
}

/// The roles that a stretch of grants used, and when: those that were not noted within a day. A role that is bound to a
/// position is used in that one, and in those that go on from it.
pub async fn list_used(conn: &mut impl AsEx, from: &str, to: &str) -> Result<Vec<(String, Millis)>, StoreError> {
    let rows: Vec<(String, i64)> = sql!(conn, |c| sqlx::query_as(
        "WITH RECURSIVE lineage (post, earlier, depth) AS (
           SELECT g.position_id, q.follows, 1
             FROM grants g JOIN positions q ON q.id = g.position_id JOIN change_sets s ON s.id = q.change_set
            WHERE g.id > $1 AND g.id <= $2 AND q.follows IS NOT NULL AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
           UNION
           SELECT l.post, q.follows, l.depth + 1
             FROM lineage l JOIN positions q ON q.id = l.earlier JOIN change_sets s ON s.id = q.change_set
            WHERE q.follows IS NOT NULL AND l.depth < 32 AND s.applied_at IS NOT NULL AND s.undone_at IS NULL)
         SELECT r.id, MAX(g.issued_at)
           FROM grants g JOIN role_grants r ON r.person_id = g.person_id AND r.client_id = g.client_id
          WHERE g.id > $1 AND g.id <= $2 AND r.revoked_at IS NULL
            AND (r.position_id IS NULL OR r.position_id = g.position_id
                 OR EXISTS (SELECT 1 FROM lineage l WHERE l.post = g.position_id AND l.earlier = r.position_id))
            AND (r.used_at IS NULL OR r.used_at < g.issued_at - $3)
          GROUP BY r.id",
    )
    .bind(from)
    .bind(to)
    .bind(NOTED_EVERY_MS)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(id, at)| (id, Millis(at))).collect())
}

/// Notes a use, unless a later one is noted.
pub async fn mark_used(conn: &mut impl AsEx, id: &str, at: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE role_grants SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)")
        .bind(id)
        .bind(at.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Notes how far the grants were read; false when somebody else read on from there.
pub async fn mark_read(conn: &mut impl AsEx, from: &str, to: &str) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE right_uses SET read_to = $2 WHERE read_to = $1")
        .bind(from)
        .bind(to)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
