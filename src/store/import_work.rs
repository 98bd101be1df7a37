//! The work on files that administrators bring: who holds which, how far it is, and what came of it.

use super::imports::{self, Import};
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::ChangeSetId;

/// Whoever works on a file.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The file.
    pub id: &'a str,
    /// Who holds it.
    pub holder: &'a str,
}

/// What is known of the rows so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Far {
    /// Rows that were read.
    pub rows_read: i64,
    /// Of those, rows with a mistake.
    pub rows_bad: i64,
}

/// Takes the file that waits longest and that nobody works on.
pub async fn claim(conn: &mut impl AsEx, holder: &str, until: Millis, now: Millis) -> Result<Option<Import>, StoreError> {
    let id: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "UPDATE imports SET holder = $1, held_until = $2
          WHERE id = (SELECT w.id FROM imports w
                       WHERE w.state IN ('checking', 'applying', 'undoing')
                         AND (w.held_until IS NULL OR w.held_until <= $3)
                       ORDER BY w.asked_at, w.id LIMIT 1)
            AND state IN ('checking', 'applying', 'undoing') AND (held_until IS NULL OR held_until <= $3)
         RETURNING id",
    )
    .bind(holder)
    .bind(until.0)
    .bind(now.0)
    .fetch_optional(c)
    .await)?;
    match id {
        Some(id) => imports::find(conn, &id).await,
        None => Ok(None),
    }
}

/// Says how far the work is, and that it goes on; false when another one has taken it over.
pub async fn mark_far(conn: &mut impl AsEx, held: Held<'_>, far: Far, until: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports SET rows_read = $3, rows_bad = $4, held_until = $5 WHERE id = $1 AND holder = $2"
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(far.rows_read)
    .bind(far.rows_bad)
    .bind(until.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Lets a file go whose work could not be finished now; it is taken again at a moment.
pub async fn release(conn: &mut impl AsEx, held: Held<'_>, again_at: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE imports SET held_until = $3 WHERE id = $1 AND holder = $2")
        .bind(held.id)
        .bind(held.holder)
        .bind(again_at.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Says which set the file is staged in; false when another one has taken it over.
pub async fn mark_staged_in(conn: &mut impl AsEx, held: Held<'_>, set: Option<&ChangeSetId>) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports SET change_set = $3 WHERE id = $1 AND holder = $2 AND state IN ('checking', 'applying')"
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(set.map(ChangeSetId::as_str))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says which set keeps what is left alone; false when another one has taken it over.
pub async fn mark_undone_in(conn: &mut impl AsEx, held: Held<'_>, set: &ChangeSetId) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query("UPDATE imports SET undo_set = $3 WHERE id = $1 AND holder = $2 AND state = 'undoing'")
            .bind(held.id)
            .bind(held.holder)
            .bind(set.as_str())
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// What the rows would do is there to be looked at, perhaps with a word on why it is to be looked at again; false when
/// another one has taken it over.
pub async fn mark_checked(
    conn: &mut impl AsEx,
    held: Held<'_>,
    (far, counts): (Far, &str),
    problem: (&str, &str),
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports
            SET state = 'checked', rows_read = $3, rows_bad = $4, counts = $5, problem_vi = $6, problem_en = $7,
                checked_at = $8, asked_at = $8, change_set = NULL, holder = NULL, held_until = NULL
          WHERE id = $1 AND holder = $2 AND state IN ('checking', 'applying')",
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(far.rows_read)
    .bind(far.rows_bad)
    .bind(counts)
    .bind(problem.0)
    .bind(problem.1)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// It counts from now on; false when another one has taken it over, and then nothing of this transaction may count.
pub async fn mark_applied(
    conn: &mut impl AsEx,
    held: Held<'_>,
    (far, counts): (Far, &str),
    set: Option<&ChangeSetId>,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports
            SET state = 'applied', rows_read = $3, rows_bad = $4, counts = $5, change_set = $6, applied_at = $7,
                holder = NULL, held_until = NULL
          WHERE id = $1 AND holder = $2 AND state = 'applying'",
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(far.rows_read)
    .bind(far.rows_bad)
    .bind(counts)
    .bind(set.map(ChangeSetId::as_str))
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// It is taken back; false when another one has taken it over, and then nothing of this transaction may count.
pub async fn mark_undone(conn: &mut impl AsEx, held: Held<'_>, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports SET state = 'undone', undone_at = $3, holder = NULL, held_until = NULL
          WHERE id = $1 AND holder = $2 AND state = 'undoing'",
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// It could not be checked or applied: nothing of it counts. What was to be taken back stays applied.
pub async fn mark_failed(conn: &mut impl AsEx, held: Held<'_>, problem: (&str, &str), now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE imports
            SET state = CASE WHEN state = 'undoing' THEN 'applied' ELSE 'failed' END, problem_vi = $3, problem_en = $4,
                asked_at = $5, holder = NULL, held_until = NULL
          WHERE id = $1 AND holder = $2 AND state IN ('checking', 'applying', 'undoing')",
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(problem.0)
    .bind(problem.1)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
