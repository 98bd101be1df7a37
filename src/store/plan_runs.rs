//! Plans as they are carried out: staged by one process, made to count by one short write, perhaps taken back by another.
//!
//! Every step is one conditional statement: it names the state that it begins in, and a step of the staging names who holds
//! the run too, so that a process which was thought dead changes nothing when it wakes up.

mod rows;

pub use rows::{Applying, Far, Held, NewRun, Run, RunEffect, RunState};

use super::{AsEx, StoreError, plans, sql};
use crate::base::clock::Millis;
use crate::base::date::iso;
use crate::base::id::ChangeSetId;
use rows::Row;
use time::Date;

/// Runs, to be narrowed down.
const RUNS: &str = "SELECT id, plan, stage, approval, digest, change_set, state, cursor, started_at, started_by, touched_at,
       holder, people, posts, open_posts, registry_before, registry_after, applied_at, swept, undo_set, undone_at,
       undone_by, reason
  FROM plan_runs";

/// Begins a run; false when the same, or the plan that it is a stage of, is being carried out or was, or when the city does
/// another such thing just now.
pub async fn add(conn: &mut impl AsEx, run: &NewRun<'_>, now: Millis) -> Result<bool, StoreError> {
    plans::hold(conn, run.plan).await?;
    let added = sql!(conn, |c| {
        sqlx::query(
        "INSERT INTO plan_runs (id, plan, stage, approval, digest, change_set, registry_before, started_by, holder, started_at,
                                touched_at, state, cursor, people, posts, open_posts)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 'staging', '', 0, 0, 0
          WHERE NOT EXISTS (SELECT 1 FROM plan_runs o
                             WHERE o.plan = $2 AND (o.stage = $3 OR o.stage = '' OR $3 = '')
                               AND o.state IN ('staging', 'applied', 'undoing'))
         ON CONFLICT DO NOTHING",
    )
    .bind(run.id)
    .bind(run.plan)
    .bind(run.stage)
    .bind(run.approval)
    .bind(run.digest)
    .bind(run.change_set.as_str())
    .bind(run.registry_before)
    .bind(run.by)
    .bind(run.holder)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(added == 1)
}

/// One run.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Run>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{RUNS} WHERE id = $1"))).bind(id).fetch_optional(c).await)?;
    row.map(Row::run).transpose()
}

/// The run of a plan or stage that is staged, counts, or is being taken back.
pub async fn find_live(conn: &mut impl AsEx, plan: &str, stage: &str) -> Result<Option<Run>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{RUNS} WHERE plan = $1 AND stage = $2 AND state IN ('staging', 'applied', 'undoing')"
    )))
    .bind(plan)
    .bind(stage)
    .fetch_optional(c)
    .await)?;
    row.map(Row::run).transpose()
}

/// The one run of the whole city that is staged or being taken back.
pub async fn find_busy(conn: &mut impl AsEx) -> Result<Option<Run>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{RUNS} WHERE state IN ('staging', 'undoing')")))
            .fetch_optional(c)
            .await)?;
    row.map(Row::run).transpose()
}

/// The run that is staged of a plan whose day has not come.
pub async fn find_ahead(conn: &mut impl AsEx, today: Date) -> Result<Option<Run>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{RUNS} WHERE state = 'staging' AND plan IN (SELECT p.name FROM plans p WHERE p.effective > $1)"
    )))
    .bind(iso(today))
    .fetch_optional(c)
    .await)?;
    row.map(Row::run).transpose()
}

/// What a run did; nothing before it is applied.
pub async fn find_effect(conn: &mut impl AsEx, id: &str) -> Result<Option<RunEffect>, StoreError> {
    let row: Option<(String, String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT edits, scopes, ended FROM plan_runs
          WHERE id = $1 AND edits IS NOT NULL AND scopes IS NOT NULL AND ended IS NOT NULL"
    )
    .bind(id)
    .fetch_optional(c)
    .await)?;
    let Some((edits, scopes, ended)) = row else { return Ok(None) };
    Ok(Some(RunEffect {
        edits: serde_json::from_str(&edits)?,
        scopes: serde_json::from_str(&scopes)?,
        ended: serde_json::from_str(&ended)?,
    }))
}

/// The runs of a plan, newest first.
pub async fn list_of(conn: &mut impl AsEx, plan: &str) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{RUNS} WHERE plan = $1 ORDER BY started_at DESC, id DESC")))
            .bind(plan)
            .fetch_all(c)
            .await)?;
    rows.into_iter().map(Row::run).collect()
}

/// The runs that are staged, count, or are being taken back, oldest first.
pub async fn list_live(conn: &mut impl AsEx) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{RUNS} WHERE state IN ('staging', 'applied', 'undoing') ORDER BY started_at, id"
    )))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::run).collect()
}

/// The runs that count and changed the registry after it had come to a version, oldest first.
pub async fn list_applied_after(conn: &mut impl AsEx, registry_after: i64) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{RUNS} WHERE state IN ('applied', 'undoing') AND registry_after > $1 ORDER BY registry_after, id"
    )))
    .bind(registry_after)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::run).collect()
}

/// Says how far the staging is, and that it goes on; false when another one has taken it over, or it is over.
pub async fn mark_touched(conn: &mut impl AsEx, held: Held<'_>, far: Far<'_>, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs SET cursor = $3, people = $4, posts = $5, touched_at = $6
          WHERE id = $1 AND holder = $2 AND state = 'staging'",
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(far.cursor.as_str())
    .bind(far.people)
    .bind(far.posts)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Another process goes on with a staging that nobody has worked on since a moment; false when somebody has.
pub async fn take_over(conn: &mut impl AsEx, held: Held<'_>, old_touched: Millis, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs SET holder = $2, touched_at = $4 WHERE id = $1 AND touched_at = $3 AND state = 'staging'"
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(old_touched.0)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// It counts from now on; false when another one has taken it over, and then nothing of this transaction may count. Whoever
/// applies it has raised the people's version before.
pub async fn mark_applied(
    conn: &mut impl AsEx,
    held: Held<'_>,
    applying: &Applying<'_>,
    now: Millis,
) -> Result<bool, StoreError> {
    let edits = serde_json::to_string(&applying.effect.edits)?;
    let scopes = serde_json::to_string(&applying.effect.scopes)?;
    let ended = serde_json::to_string(&applying.effect.ended)?;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs
            SET state = 'applied', people = $3, posts = $4, open_posts = $5, edits = $6, scopes = $7, registry_after = $8,
                applied_at = $9, touched_at = $9, ended = $10, swept = (SELECT v.version FROM people_version v)
          WHERE id = $1 AND holder = $2 AND state = 'staging'",
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(applying.people)
    .bind(applying.posts)
    .bind(applying.open)
    .bind(edits.as_str())
    .bind(scopes.as_str())
    .bind(applying.registry_after)
    .bind(now.0)
    .bind(ended.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Gives a staging up; false when another one has taken it over, or it is over.
pub async fn mark_abandoned(conn: &mut impl AsEx, held: Held<'_>, reason: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs SET state = 'abandoned', reason = $3, touched_at = $4
          WHERE id = $1 AND holder = $2 AND state = 'staging'",
    )
    .bind(held.id)
    .bind(held.holder)
    .bind(reason)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Gives a staging up, whoever holds it; false when it is over.
pub async fn set_aside(conn: &mut impl AsEx, id: &str, reason: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs SET state = 'abandoned', reason = $2, touched_at = $3 WHERE id = $1 AND state = 'staging'"
    )
    .bind(id)
    .bind(reason)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Begins to take a run back; false unless it counts, and while the city stages or takes back another one.
pub async fn mark_undoing(conn: &mut impl AsEx, id: &str, undo_set: &ChangeSetId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs SET state = 'undoing', undo_set = $2, touched_at = $3
          WHERE id = $1 AND state = 'applied'
            AND NOT EXISTS (SELECT 1 FROM plan_runs o WHERE o.state IN ('staging', 'undoing'))",
    )
    .bind(id)
    .bind(undo_set.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// A run is taken back; false unless that was begun.
pub async fn mark_undone(conn: &mut impl AsEx, id: &str, (by, reason): (&str, &str), now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs SET state = 'undone', undone_by = $2, reason = $3, undone_at = $4, touched_at = $4
          WHERE id = $1 AND state = 'undoing'",
    )
    .bind(id)
    .bind(by)
    .bind(reason)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// The runs that count and since which people were changed: somebody may have come into a unit that they ended. In the order
/// in which they were applied.
pub async fn list_unswept(conn: &mut impl AsEx) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{RUNS} WHERE state = 'applied' AND swept < (SELECT v.version FROM people_version v) ORDER BY registry_after, id"
    )))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::run).collect()
}

/// Says up to which version of the people nobody is in a unit that a run ended; false when that is known, or it counts no more.
pub async fn mark_swept(conn: &mut impl AsEx, id: &str, version: i64) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query("UPDATE plan_runs SET swept = $2 WHERE id = $1 AND state = 'applied' AND swept < $2")
            .bind(id)
            .bind(version)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// The runs that were taken back, and of whose people some may still be shut out because of them, oldest first.
pub async fn list_unrestored(conn: &mut impl AsEx) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{RUNS} WHERE state = 'undone' AND restored_at IS NULL ORDER BY undone_at, id"
    )))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::run).collect()
}

/// Nobody is shut out any more because of a run that was taken back; false when that is known.
pub async fn mark_restored(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_runs SET restored_at = $2 WHERE id = $1 AND state = 'undone' AND restored_at IS NULL"
    )
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// A run that was given up, and of which something is still noted.
pub async fn find_uncleaned(conn: &mut impl AsEx) -> Result<Option<Run>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{RUNS} WHERE state = 'abandoned' AND EXISTS (SELECT 1 FROM plan_open o WHERE o.run = plan_runs.id) LIMIT 1"
    )))
    .fetch_optional(c)
    .await)?;
    row.map(Row::run).transpose()
}
