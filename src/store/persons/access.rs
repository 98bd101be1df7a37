//! Who may sign in; and who ended somebody's access last, and as what.

use crate::base::clock::Millis;
use crate::base::date::{iso, vietnam_date};
use crate::base::id::PersonId;
use crate::store::{AsEx, Ex, StoreError, admin_roles, sql};

/// How somebody's access ended last.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Disabling {
    /// When.
    pub disabled_at: i64,
    /// Who ended it: an administrator, a job, or somebody at the command line.
    pub disabled_by: String,
    /// The word of the role as which they did; empty for a job.
    pub role: String,
    /// What that role is bound to; may be empty.
    pub bound: String,
    /// 1: no second person let it happen.
    pub alone: i64,
}

/// Stops a person from signing in; false when that is so already.
pub async fn disable(conn: &mut impl AsEx, id: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE persons SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL")
        .bind(id.as_str())
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// The same, but never of the last one who runs the service: false then too. Two who do so to each other at once do so one
/// after the other.
pub async fn disable_but_last(conn: &mut impl AsEx, id: &PersonId, now: Millis) -> Result<bool, StoreError> {
    admin_roles::hold_system_of(conn, id).await?;
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE persons SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL AND {}",
        admin_roles::not_the_last("$1", "$3")
    )))
    .bind(id.as_str())
    .bind(now.0)
    .bind(iso(vietnam_date(now)))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// True for a person who may sign in; nobody stops them before this
/// transaction ends (on SQLite the one writer sees to it).
pub async fn hold_enabled(conn: &mut impl AsEx, id: &PersonId) -> Result<bool, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR SHARE",
    };
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM persons WHERE id = $1 AND disabled_at IS NULL{lock}"
    )))
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Lets a person sign in again; false when that is so already, they were merged into somebody, or nothing is known of
/// them any more.
pub async fn enable(conn: &mut impl AsEx, id: &PersonId) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE persons SET disabled_at = NULL
          WHERE id = $1 AND disabled_at IS NOT NULL AND merged_into IS NULL
            AND NOT EXISTS (SELECT 1 FROM lifecycles l WHERE l.person_id = $1 AND l.erased_at IS NOT NULL)",
    )
    .bind(id.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Notes who ended somebody's access, in place of who did so before.
pub async fn mark_disabled_by(conn: &mut impl AsEx, id: &PersonId, disabling: &Disabling) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO disablings (person_id, disabled_at, disabled_by, role, bound, alone) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (person_id) DO UPDATE
            SET disabled_at = excluded.disabled_at, disabled_by = excluded.disabled_by, role = excluded.role,
                bound = excluded.bound, alone = excluded.alone",
    )
    .bind(id.as_str())
    .bind(disabling.disabled_at)
    .bind(&disabling.disabled_by)
    .bind(&disabling.role)
    .bind(&disabling.bound)
    .bind(disabling.alone)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Who ended the access of somebody who may not sign in, where that is known.
pub async fn find_disabling(conn: &mut impl AsEx, id: &PersonId) -> Result<Option<Disabling>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT d.disabled_at, d.disabled_by, d.role, d.bound, d.alone
           FROM disablings d JOIN persons p ON p.id = d.person_id AND p.disabled_at = d.disabled_at
          WHERE d.person_id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?)
}

/// How many one administrator has disabled since a moment with nobody beside them, let in again or not, together with
/// those whose turn is still to come in what they have begun.
pub async fn count_disabled_alone(conn: &mut impl AsEx, by: &PersonId, since: Millis) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM disablings d
                  WHERE d.disabled_by = $1 AND d.disabled_at > $2 AND d.alone = 1)
              + (SELECT COUNT(*) FROM people_bulks b JOIN people_bulk_items i ON i.bulk_id = b.id
                  WHERE b.created_by = $1 AND b.act = 'disable' AND b.state = 'running' AND b.approved_by IS NULL
                    AND i.outcome = '')",
    )
    .bind(by.as_str())
    .bind(since.0)
    .fetch_one(c)
    .await)?)
}
