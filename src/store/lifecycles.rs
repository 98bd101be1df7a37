//! When people last signed in, whose account a job has shut, and how far the job has looked.
//!
//! Whether somebody is to be shut out is decided in the statement that does it, once their row is held: a post that was
//! given, or a sign-in, in that very moment is seen, or waits.

use super::{AsEx, Ex, StoreError, admin_roles, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, vietnam_date};
use crate::base::id::PersonId;

/// How far the job has looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The grace that it looked with.
    pub grace_days: i64,
    /// All sets before this version were looked at.
    pub version: i64,
    /// The last set of it that was looked at; `None` when all of them were.
    pub set_id: Option<String>,
    /// The last person of the set after it.
    pub within: String,
    /// The ends of all days up to this one were looked at (ISO 8601); empty before the first time.
    pub day: String,
    /// The last person of the day after it.
    pub day_within: String,
}

/// Somebody who has not signed in for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// Who.
    pub person: PersonId,
    /// When they last did.
    pub last_signed_in_at: Millis,
    /// When they were told.
    pub warned_at: Option<Millis>,
}

/// What is kept of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// When they last signed in.
    pub last_signed_in_at: Option<Millis>,
    /// When the job shut their account.
    pub disabled_at: Option<Millis>,
    /// Why it did.
    pub disabled_why: Option<String>,
    /// When what was known of them was removed.
    pub erased_at: Option<Millis>,
}

/// What shuts an account.
#[derive(Debug, Clone, Copy)]
pub struct Shut<'a> {
    /// Whose.
    pub person: &'a PersonId,
    /// When.
    pub now: Millis,
    /// Whoever was let in again at or after this moment stays in.
    pub spared_since: Millis,
}

/// A position `p` of the person `{id}` in its newest version that counts, one of their own: what another one handed to them
/// keeps nobody.
const HELD: &str = "SELECT 1 FROM positions p JOIN change_sets s ON s.id = p.change_set
  WHERE p.person_id = {id} AND p.delegated_by IS NULL AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM positions q JOIN change_sets t ON t.id = q.change_set
                     WHERE q.id = p.id AND t.applied_at IS NOT NULL AND t.undone_at IS NULL
                       AND (t.applied_at > s.applied_at OR (t.applied_at = s.applied_at AND t.id > s.id)))";

/// Accounts that no job shuts: those for the worst day, and those that were let in again since `{since}`.
const SPARED: &str = "EXISTS (SELECT 1 FROM admin_roles a
                               WHERE a.person_id = $1 AND a.break_glass = 1 AND a.revoked_at IS NULL)
  OR EXISTS (SELECT 1 FROM lifecycles k WHERE k.person_id = $1 AND k.enabled_at >= {since})";

/// Whose post ended by a plan, and nobody has said yet where they go on: they have not left. Somebody has said it who told
/// anything of that post since the plan ended it, or gave another one.
const WAITS: &str = "EXISTS (SELECT 1 FROM plan_open w JOIN plan_runs r ON r.id = w.run JOIN plans n ON n.name = r.plan
                              WHERE w.person_id = {id} AND r.state = 'applied'
                                AND NOT EXISTS (SELECT 1 FROM positions e
                                                 WHERE e.id = w.position_id AND e.delegated_by IS NOT NULL)
                                AND NOT EXISTS (SELECT 1 FROM positions l JOIN change_sets t ON t.id = l.change_set
                                                 WHERE l.person_id = w.person_id
                                                   AND (l.id = w.position_id OR l.valid_from >= n.effective)
                                                   AND t.undone_at IS NULL
                                                   AND t.applied_at > (SELECT MAX(k.applied_at) FROM positions h
                                                                         JOIN change_sets k ON k.id = h.change_set
                                                                        WHERE h.id = w.position_id
                                                                          AND (k.id = r.change_set
                                                                               OR k.id IN (SELECT m.change_set
                                                                                             FROM plan_latecomers m
                                                                                            WHERE m.run = w.run)))))";

fn waits(id: &str) -> String {
    WAITS.replace("{id}", id)
}

fn held(id: &str) -> String {
    HELD.replace("{id}", id)
}

fn spared(since: &str) -> String {
    SPARED.replace("{since}", since)
}

/// Where the job is.
pub async fn cursor(conn: &mut impl AsEx) -> Result<Cursor, StoreError> {
    type Row = (i64, i64, Option<String>, String, String, String);
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as("SELECT grace_days, version, set_id, within, day, day_within FROM lifecycle_cursor")
            .fetch_optional(c)
            .await)?;
    let (grace_days, version, set_id, within, day, day_within) =
        row.ok_or_else(|| StoreError::Corrupt("lifecycle_cursor is empty".to_owned()))?;
    Ok(Cursor { grace_days, version, set_id, within, day, day_within })
}

/// Moves it on; false when somebody else did since it was read.
pub async fn move_cursor(conn: &mut impl AsEx, read: &Cursor, next: &Cursor) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE lifecycle_cursor SET grace_days = $1, version = $2, set_id = $3, within = $4, day = $5, day_within = $6
          WHERE grace_days = $7 AND version = $8 AND set_id IS NOT DISTINCT FROM $9 AND within = $10
            AND day = $11 AND day_within = $12",
    )
    .bind(next.grace_days)
    .bind(next.version)
    .bind(next.set_id.as_deref())
    .bind(&next.within)
    .bind(&next.day)
    .bind(&next.day_within)
    .bind(read.grace_days)
    .bind(read.version)
    .bind(read.set_id.as_deref())
    .bind(&read.within)
    .bind(&read.day)
    .bind(&read.day_within)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Whose post ends on a day, in the order of ids after one, some at a time.
pub async fn list_ended_on(conn: &mut impl AsEx, day: &str, after: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT DISTINCT p.person_id FROM positions p JOIN change_sets s ON s.id = p.change_set
          WHERE p.valid_to = $1 AND p.person_id > $2 AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
          ORDER BY p.person_id LIMIT $3",
    )
    .bind(day)
    .bind(after)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// Of these people, those who may sign in, have had a post, hold none on or after a day, and wait for none.
pub async fn list_gone(conn: &mut impl AsEx, people: &[PersonId], day: &str) -> Result<Vec<PersonId>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let held = held("o.id");
    let ids: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT o.id FROM persons o WHERE o.disabled_at IS NULL AND o.id IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.as_str());
        }
        query.push(") AND EXISTS (").push(&held).push(") AND NOT EXISTS (").push(&held);
        query.push(" AND (p.valid_to IS NULL OR p.valid_to >= ").push_bind(day.to_owned()).push(")) AND NOT ");
        query.push(waits("o.id")).push(" ORDER BY o.id");
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// Holds a person's row until this transaction ends: whoever signs in or is let in meanwhile waits (on SQLite the one
/// writer sees to it).
pub async fn hold(conn: &mut impl AsEx, person: &PersonId) -> Result<(), StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR UPDATE",
    };
    let _: Option<String> =
        sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT id FROM persons WHERE id = $1{lock}")))
            .bind(person.as_str())
            .fetch_optional(c)
            .await)?;
    Ok(())
}

/// Shuts the account of somebody who holds no post on or after a day, and waits for none; false when that is not so, they
/// are spared, or they are the last one who runs the service.
pub async fn disable_gone(conn: &mut impl AsEx, shut: Shut<'_>, day: &str) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE persons SET disabled_at = $2
          WHERE id = $1 AND disabled_at IS NULL
            AND NOT EXISTS ({} AND (p.valid_to IS NULL OR p.valid_to >= $4))
            AND NOT {} AND NOT ({}) AND {}",
        held("$1"),
        waits("$1"),
        spared("$3"),
        admin_roles::not_the_last("$1", "$5")
    )))
    .bind(shut.person.as_str())
    .bind(shut.now.0)
    .bind(shut.spared_since.0)
    .bind(day)
    .bind(iso(vietnam_date(shut.now)))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Shuts the account of somebody who has not signed in since a moment (the one since which they are not spared either)
/// and was told so before another one; false when that is not so, they are spared, or they are the last one who runs the
/// service.
pub async fn disable_idle(conn: &mut impl AsEx, shut: Shut<'_>, warned_before: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE persons SET disabled_at = $2
          WHERE id = $1 AND disabled_at IS NULL
            AND EXISTS (SELECT 1 FROM lifecycles l
                         WHERE l.person_id = $1 AND l.last_signed_in_at <= $3 AND l.warned_at <= $4)
            AND NOT ({}) AND {}",
        spared("$3"),
        admin_roles::not_the_last("$1", "$5")
    )))
    .bind(shut.person.as_str())
    .bind(shut.now.0)
    .bind(shut.spared_since.0)
    .bind(warned_before.0)
    .bind(iso(vietnam_date(shut.now)))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Notes that somebody who may not sign in is let in from now on: no job shuts them out again for what was before. To be
/// done in the transaction that lets them in, and before it does.
pub async fn mark_let_in(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO lifecycles (person_id, enabled_at)
         SELECT p.id, $2 FROM persons p WHERE p.id = $1 AND p.disabled_at IS NOT NULL
         ON CONFLICT (person_id) DO UPDATE SET enabled_at = excluded.enabled_at WHERE lifecycles.erased_at IS NULL",
    )
    .bind(person.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Notes that the job shut an account, and why.
pub async fn mark_disabled(conn: &mut impl AsEx, person: &PersonId, now: Millis, why: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO lifecycles (person_id, disabled_at, disabled_why) VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO UPDATE
            SET disabled_at = excluded.disabled_at, disabled_why = excluded.disabled_why, warned_at = NULL",
    )
    .bind(person.as_str())
    .bind(now.0)
    .bind(why)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Lets somebody in again whom the job shut out and of whom nobody did anything since; false when that is not so.
pub async fn restore(conn: &mut impl AsEx, person: &PersonId) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE persons SET disabled_at = NULL
          WHERE id = $1 AND merged_into IS NULL
            AND disabled_at = (SELECT l.disabled_at FROM lifecycles l WHERE l.person_id = $1 AND l.erased_at IS NULL)",
    )
    .bind(person.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Notes a sign-in.
pub async fn mark_signed_in(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO lifecycles (person_id, last_signed_in_at) VALUES ($1, $2)
         ON CONFLICT (person_id) DO UPDATE SET last_signed_in_at = excluded.last_signed_in_at, warned_at = NULL",
    )
    .bind(person.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Who may sign in and has not since a moment, longest first, after one of them, some at a time. Whoever never did is
/// not among them.
pub async fn list_idle(conn: &mut impl AsEx, since: Millis, after: (Millis, &str), most: i64) -> Result<Vec<Idle>, StoreError> {
    let rows: Vec<(String, i64, Option<i64>)> = sql!(conn, |c| sqlx::query_as(
        "SELECT l.person_id, l.last_signed_in_at, l.warned_at
           FROM lifecycles l JOIN persons p ON p.id = l.person_id
          WHERE l.last_signed_in_at <= $1 AND p.disabled_at IS NULL AND (l.last_signed_in_at, l.person_id) > ($2, $3)
          ORDER BY l.last_signed_in_at, l.person_id LIMIT $4",
    )
    .bind(since.0)
    .bind(after.0.0)
    .bind(after.1)
    .bind(most)
    .fetch_all(c)
    .await)?;
    let read = |(person, last, warned): (String, i64, Option<i64>)| Idle {
        person: PersonId(person),
        last_signed_in_at: Millis(last),
        warned_at: warned.map(Millis),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Notes that somebody was told that their account will be shut; false when they were told before, have signed in or
/// are spared.
pub async fn mark_warned(conn: &mut impl AsEx, warned: Shut<'_>) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE lifecycles SET warned_at = $2
          WHERE person_id = $1 AND warned_at IS NULL AND last_signed_in_at <= $3 AND NOT ({})",
        spared("$3")
    )))
    .bind(warned.person.as_str())
    .bind(warned.now.0)
    .bind(warned.spared_since.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// What is kept of somebody.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Option<Kept>, StoreError> {
    type Row = (Option<i64>, Option<i64>, Option<String>, Option<i64>);
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT last_signed_in_at, disabled_at, disabled_why, erased_at FROM lifecycles WHERE person_id = $1"
    )
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(last, disabled, disabled_why, erased)| Kept {
        last_signed_in_at: last.map(Millis),
        disabled_at: disabled.map(Millis),
        disabled_why,
        erased_at: erased.map(Millis),
    }))
}

/// Notes that what was known of somebody is removed; false unless their account has been shut since a moment, and that
/// was not done before.
pub async fn mark_erased(
    conn: &mut impl AsEx,
    person: &PersonId,
    now: Millis,
    disabled_before: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "INSERT INTO lifecycles (person_id, erased_at)
         SELECT p.id, $2 FROM persons p WHERE p.id = $1 AND p.disabled_at IS NOT NULL AND p.disabled_at <= $3
         ON CONFLICT (person_id) DO UPDATE SET erased_at = excluded.erased_at WHERE lifecycles.erased_at IS NULL",
    )
    .bind(person.as_str())
    .bind(now.0)
    .bind(disabled_before.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
