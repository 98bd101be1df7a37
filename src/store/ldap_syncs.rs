//! Readings of directories: where each stands, so that it can go on, what it has seen, and who is not there any more.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// The last reading of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When it began.
    pub started_at: Option<Millis>,
    /// When it ended, well or not.
    pub ended_at: Option<Millis>,
    /// Where it goes on; empty when it was read to its end, or not begun.
    pub cursor: String,
    /// How many accounts it saw.
    pub seen: i64,
    /// What waits for somebody's word; empty when nothing does.
    pub held_back: String,
    /// What came of it.
    pub outcome: String,
}

/// How a reading ends.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Where the next one goes on.
    pub cursor: &'a str,
    /// What waits for somebody's word.
    pub held_back: &'a str,
    /// What came of it.
    pub outcome: &'a str,
    /// It was read to its end, and all that it says counts.
    pub is_done: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    started_at: Option<i64>,
    ended_at: Option<i64>,
    cursor_text: String,
    seen: i64,
    held_back: String,
    outcome: String,
}

/// The last reading of a source.
pub async fn find(conn: &mut impl AsEx, source: &str) -> Result<Option<Reading>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT started_at, ended_at, cursor_text, seen, held_back, outcome FROM ldap_syncs WHERE source = $1",
    )
    .bind(source)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|row| Reading {
        started_at: row.started_at.map(Millis),
        ended_at: row.ended_at.map(Millis),
        cursor: row.cursor_text,
        seen: row.seen,
        held_back: row.held_back,
        outcome: row.outcome,
    }))
}

/// Begins a reading anew: nothing is seen yet. What waits for somebody's word goes on waiting.
pub async fn begin(conn: &mut impl AsEx, source: &str, cursor: &str, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO ldap_syncs (source, started_at, ended_at, cursor_text, seen, held_back, outcome)
         VALUES ($1, $2, NULL, $3, 0, '', '')
         ON CONFLICT (source) DO UPDATE
            SET started_at = excluded.started_at, ended_at = NULL, cursor_text = excluded.cursor_text, seen = 0, outcome = ''",
    )
    .bind(source)
    .bind(now.0)
    .bind(cursor)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    sql!(conn, |c| sqlx::query("DELETE FROM ldap_seen WHERE source = $1")
        .bind(source)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Takes up a reading that was cut off; `Stale` when somebody else did.
pub async fn take_up(conn: &mut impl AsEx, source: &str, cursor: &str) -> Result<(), StoreError> {
    let taken = sql!(conn, |c| sqlx::query(
        "UPDATE ldap_syncs SET ended_at = NULL, outcome = '' WHERE source = $1 AND cursor_text = $2",
    )
    .bind(source)
    .bind(cursor)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if taken == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Notes a page: what it showed, and where the next one begins. Answers how many accounts had not been seen; `Stale` when
/// somebody else is at work.
pub async fn advance(
    conn: &mut impl AsEx,
    source: &str,
    (before, after): (&str, &str),
    ids: &[String],
) -> Result<u64, StoreError> {
    let mut added = 0;
    if !ids.is_empty() {
        added = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO ldap_seen (source, legacy_id) ");
            query.push_values(ids, |mut values, id| {
                values.push_bind(source).push_bind(id.as_str());
            });
            query.push(" ON CONFLICT (source, legacy_id) DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    let moved = sql!(conn, |c| sqlx::query(
        "UPDATE ldap_syncs SET cursor_text = $3, seen = seen + $4
          WHERE source = $1 AND cursor_text = $2 AND ended_at IS NULL",
    )
    .bind(source)
    .bind(before)
    .bind(after)
    .bind(i64::try_from(added).unwrap_or_default())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if moved == 1 { Ok(added) } else { Err(StoreError::Stale) }
}

/// Ends a reading; `Stale` when somebody else is at work.
pub async fn end(conn: &mut impl AsEx, source: &str, cursor: &str, end: End<'_>, now: Millis) -> Result<(), StoreError> {
    let ended = sql!(conn, |c| sqlx::query(
        "UPDATE ldap_syncs
            SET ended_at = $3, cursor_text = $4, held_back = $5, outcome = $6,
                done_at = CASE WHEN $7 = 1 THEN $3 ELSE done_at END
          WHERE source = $1 AND cursor_text = $2 AND ended_at IS NULL",
    )
    .bind(source)
    .bind(cursor)
    .bind(now.0)
    .bind(end.cursor)
    .bind(end.held_back)
    .bind(end.outcome)
    .bind(i64::from(end.is_done))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if ended == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// When a source was last read to its end with all that it says.
pub async fn done_at(conn: &mut impl AsEx, source: &str) -> Result<Option<Millis>, StoreError> {
    let found: Option<Option<i64>> = sql!(conn, |c| sqlx::query_scalar("SELECT done_at FROM ldap_syncs WHERE source = $1")
        .bind(source)
        .fetch_optional(c)
        .await)?;
    Ok(found.flatten().map(Millis))
}

/// How many accounts of a source there are that are not gone.
pub async fn count_known(conn: &mut impl AsEx, source: &str) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM legacy_accounts WHERE source = $1 AND gone_at IS NULL")
        .bind(source)
        .fetch_one(c)
        .await)?)
}

/// How many of them the reading since a moment did not see. Whoever came meanwhile was not missed.
pub async fn count_missing(conn: &mut impl AsEx, source: &str, since: Millis) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*) FROM legacy_accounts a
          WHERE a.source = $1 AND a.gone_at IS NULL AND a.changed_at < $2
            AND NOT EXISTS (SELECT 1 FROM ldap_seen s WHERE s.source = a.source AND s.legacy_id = a.legacy_id)",
    )
    .bind(source)
    .bind(since.0)
    .fetch_one(c)
    .await)?)
}

/// Marks some of those as gone; answers which, and whose they are.
pub async fn mark_gone(
    conn: &mut impl AsEx,
    source: &str,
    since: Millis,
    most: i64,
    now: Millis,
) -> Result<Vec<(String, Option<String>)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "UPDATE legacy_accounts
            SET gone_at = $4
          WHERE source = $1 AND gone_at IS NULL AND changed_at < $2
            AND legacy_id IN (SELECT a.legacy_id FROM legacy_accounts a
                               WHERE a.source = $1 AND a.gone_at IS NULL AND a.changed_at < $2
                                 AND NOT EXISTS (SELECT 1 FROM ldap_seen s
                                                  WHERE s.source = a.source AND s.legacy_id = a.legacy_id)
                               ORDER BY a.legacy_id
                               LIMIT $3)
      RETURNING legacy_id, person_id",
    )
    .bind(source)
    .bind(since.0)
    .bind(most)
    .bind(now.0)
    .fetch_all(c)
    .await)?)
}

/// Whether anything of a source was decided already, by matching or by a human.
pub async fn is_matched(conn: &mut impl AsEx, source: &str) -> Result<bool, StoreError> {
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT legacy_id FROM legacy_accounts WHERE source = $1 AND decision <> '' LIMIT 1")
            .bind(source)
            .fetch_optional(c)
            .await)?;
    Ok(found.is_some())
}
