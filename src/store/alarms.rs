//! What the account for the worst day did, each thing once, and when the administrators were told.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// Something that the account did.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Heard {
    /// The row of the records that says so.
    pub entry: String,
    /// What, dotted.
    pub event: String,
    /// When.
    pub at: i64,
}

/// What the records say of the account since a moment and nobody was told of, oldest first, at most so many.
pub async fn list_untold(conn: &mut impl AsEx, person: &PersonId, since: Millis, most: i64) -> Result<Vec<Heard>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT u.entry, u.event, u.at
           FROM (SELECT a.id AS entry, a.event AS event, a.at AS at FROM audit a WHERE a.actor = $1 AND a.at >= $2
                 UNION ALL
                 SELECT g.id AS entry, 'grant' AS event, g.issued_at AS at FROM grants g
                  WHERE g.person_id = $1 AND g.issued_at >= $2) u
          WHERE NOT EXISTS (SELECT 1 FROM alarms k WHERE k.entry = u.entry)
          ORDER BY u.at, u.entry LIMIT $3",
    )
    .bind(person.as_str())
    .bind(since.0)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Keeps that the administrators are told; false when they were before.
pub async fn add(conn: &mut impl AsEx, person: &PersonId, heard: &Heard, now: Millis) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO alarms (entry, person_id, event, at, told_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (entry) DO NOTHING",
    )
    .bind(&heard.entry)
    .bind(person.as_str())
    .bind(&heard.event)
    .bind(heard.at)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// The last thing since a moment, with the user name of the account, and how many things there were.
pub async fn newest(conn: &mut impl AsEx, since: Millis) -> Result<Option<(String, Millis, i64)>, StoreError> {
    let row: Option<(String, i64, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT p.username, k.at, (SELECT COUNT(*) FROM alarms o WHERE o.at >= $1)
           FROM alarms k JOIN persons p ON p.id = k.person_id
          WHERE k.at >= $1 ORDER BY k.at DESC, k.entry DESC LIMIT 1",
    )
    .bind(since.0)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(username, at, count)| (username, Millis(at), count)))
}

/// Forgets what happened long ago, some at a time; the records keep it.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM alarms WHERE entry IN (SELECT entry FROM alarms WHERE at < $1 ORDER BY at LIMIT $2)"
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
