//! Runs of the template of units: what each would give, and how far it came.
//!
//! A unit of a run is applied once and undone once: each is one conditional statement, and whoever comes second is told so.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::iso;
use crate::base::id::{PersonId, UnitId};
use std::collections::BTreeSet;
use time::Date;

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

/// A run as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredRun {
    /// Its identity.
    pub id: String,
    /// The posts of the template as they were then, as JSON.
    pub posts: String,
    /// Why.
    pub reason: String,
    /// Over all that it would give.
    pub digest: Vec<u8>,
    /// When it was previewed.
    pub made_at: i64,
    /// By whom.
    pub made_by: String,
    /// As what.
    pub made_role: String,
    /// What that role is bound to; may be empty.
    pub made_bound: String,
    /// Nobody may apply it any more.
    pub discarded_at: Option<i64>,
}

/// One unit of a run as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredUnit {
    /// Which.
    pub unit_id: String,
    /// Who was named for its posts, as JSON.
    pub named: String,
    /// What it would give, as JSON.
    pub plan: String,
    /// Over what it would give.
    pub digest: Vec<u8>,
    /// People who are given something.
    pub people: i64,
    /// Roles in clients that are given.
    pub rights: i64,
    /// Administrators that are made.
    pub appoints: i64,
    /// Posts and people that are left out.
    pub left_out: i64,
    /// When it was found to be another than the plan says.
    pub changed_at: Option<i64>,
    /// When all of it was given.
    pub applied_at: Option<i64>,
    /// By whom.
    pub applied_by: Option<String>,
    /// When it was taken back.
    pub undone_at: Option<i64>,
    /// By whom.
    pub undone_by: Option<String>,
}

/// A run in figures.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RunFigures {
    /// Its identity.
    pub id: String,
    /// Why.
    pub reason: String,
    /// When it was previewed.
    pub made_at: i64,
    /// By whom.
    pub made_by: String,
    /// Nobody may apply it any more.
    pub discarded_at: Option<i64>,
    /// Units in it.
    pub units: i64,
    /// Units that were given everything.
    pub applied: i64,
    /// Units that were found changed.
    pub changed: i64,
    /// Units of which all was taken back.
    pub undone: i64,
    /// Administrators that it makes.
    pub appoints: i64,
}

/// Who changes something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// When.
    pub now: Millis,
}

const RUN: &str = "id, posts, reason, digest, made_at, made_by, made_role, made_bound, discarded_at";
const UNIT: &str = "unit_id, named, plan, digest, people, rights, appoints, left_out, changed_at, applied_at, applied_by, \
                    undone_at, undone_by";

/// Adds a run with its units.
pub async fn add(conn: &mut impl AsEx, run: &StoredRun, units: &[StoredUnit]) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO onboardings (id, posts, reason, digest, made_at, made_by, made_role, made_bound)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&run.id)
    .bind(&run.posts)
    .bind(&run.reason)
    .bind(&run.digest)
    .bind(run.made_at)
    .bind(&run.made_by)
    .bind(&run.made_role)
    .bind(&run.made_bound)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    for chunk in units.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO onboarding_units (run_id, unit_id, named, plan, digest, people, rights, appoints, left_out) ",
            );
            query.push_values(chunk, |mut row, unit| {
                row.push_bind(run.id.as_str()).push_bind(unit.unit_id.as_str()).push_bind(unit.named.as_str());
                row.push_bind(unit.plan.as_str()).push_bind(unit.digest.as_slice());
                row.push_bind(unit.people).push_bind(unit.rights).push_bind(unit.appoints).push_bind(unit.left_out);
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// One run.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<StoredRun>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {RUN} FROM onboardings WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// The units of a run.
pub async fn list_units(conn: &mut impl AsEx, run: &str) -> Result<Vec<StoredUnit>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {UNIT} FROM onboarding_units WHERE run_id = $1 ORDER BY unit_id"
    )))
    .bind(run)
    .fetch_all(c)
    .await)?)
}

/// One unit of a run.
pub async fn find_unit(conn: &mut impl AsEx, run: &str, unit: &UnitId) -> Result<Option<StoredUnit>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {UNIT} FROM onboarding_units WHERE run_id = $1 AND unit_id = $2"
    )))
    .bind(run)
    .bind(unit.as_str())
    .fetch_optional(c)
    .await)?)
}

/// The newest runs.
pub async fn list(conn: &mut impl AsEx, most: i64) -> Result<Vec<RunFigures>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT r.id, r.reason, r.made_at, r.made_by, r.discarded_at, COUNT(*) AS units, COUNT(u.applied_at) AS applied,
                COUNT(u.changed_at) AS changed, COUNT(u.undone_at) AS undone, CAST(SUM(u.appoints) AS BIGINT) AS appoints
           FROM (SELECT id, reason, made_at, made_by, discarded_at FROM onboardings ORDER BY made_at DESC, id DESC LIMIT $1) AS r
           JOIN onboarding_units u ON u.run_id = r.id
          GROUP BY r.id, r.reason, r.made_at, r.made_by, r.discarded_at
          ORDER BY r.made_at DESC, r.id DESC",
    )
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The newest runs that have one of these units, with figures of these units alone.
pub async fn list_within(conn: &mut impl AsEx, units: &BTreeSet<UnitId>, most: i64) -> Result<Vec<RunFigures>, StoreError> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT r.id, r.reason, r.made_at, r.made_by, r.discarded_at, COUNT(*) AS units, COUNT(u.applied_at) AS applied,
                    COUNT(u.changed_at) AS changed, COUNT(u.undone_at) AS undone, CAST(SUM(u.appoints) AS BIGINT) AS appoints
               FROM onboardings r JOIN onboarding_units u ON u.run_id = r.id WHERE u.unit_id IN (",
        );
        let mut list = query.separated(", ");
        for unit in units {
            list.push_bind(unit.0.clone());
        }
        query.push(
            ") GROUP BY r.id, r.reason, r.made_at, r.made_by, r.discarded_at
               ORDER BY r.made_at DESC, r.id DESC LIMIT ",
        );
        query.push_bind(most);
        query.build_query_as::<RunFigures>().fetch_all(c).await
    })?)
}

/// Nobody may apply a run any more; false when that is so already.
pub async fn mark_discarded(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE onboardings SET discarded_at = $2 WHERE id = $1 AND discarded_at IS NULL")
        .bind(id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// No set of changes to people is applied before this transaction ends (on SQLite the one writer sees to it): who works
/// where stays as it is read.
pub async fn hold_people(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR SHARE",
    };
    Ok(sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT version FROM people_version{lock}")))
        .fetch_one(c)
        .await)?)
}

/// Says that a unit is given everything: once, not before the run was made or too long after, and, where it makes
/// administrators, only while whoever made the run is still what they made it as. False when any of that is not so.
pub async fn mark_applied(
    conn: &mut impl AsEx,
    (run, unit): (&str, &UnitId),
    made_after: Millis,
    today: Date,
    by: Hand<'_>,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE onboarding_units SET applied_at = $3, applied_by = $4
          WHERE run_id = $1 AND unit_id = $2 AND applied_at IS NULL AND changed_at IS NULL
            AND EXISTS (SELECT 1 FROM onboardings r
                         WHERE r.id = onboarding_units.run_id AND r.discarded_at IS NULL AND r.made_at > $5
                           AND (onboarding_units.appoints = 0 OR ({}))
                           AND (onboarding_units.appoints = 0
                                OR EXISTS (SELECT 1 FROM admin_roles a JOIN persons p ON p.id = a.person_id
                                            WHERE a.person_id = r.made_by AND a.role = r.made_role
                                              AND COALESCE(a.unit_id, a.client_id, '') = r.made_bound
                                              AND a.revoked_at IS NULL AND a.valid_from <= $6
                                              AND (a.valid_to IS NULL OR a.valid_to >= $6) AND p.disabled_at IS NULL)))",
        super::approvals::two_people("r.made_by", "$4", "$7")
    )))
    .bind(run)
    .bind(unit.as_str())
    .bind(by.now.0)
    .bind(by.person.as_str())
    .bind(made_after.0)
    .bind(iso(today))
    .bind(by.now.plus_seconds(-super::approvals::RECOVERED_SECONDS).0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says that a unit was found to be another than the plan says; false when it was given everything meanwhile.
pub async fn mark_changed(conn: &mut impl AsEx, (run, unit): (&str, &UnitId), now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE onboarding_units SET changed_at = $3
          WHERE run_id = $1 AND unit_id = $2 AND applied_at IS NULL AND changed_at IS NULL",
    )
    .bind(run)
    .bind(unit.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says that what a unit was given is taken back; false when that was done before, or it was given too long ago.
pub async fn mark_undone(
    conn: &mut impl AsEx,
    (run, unit): (&str, &UnitId),
    applied_after: Millis,
    by: Hand<'_>,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE onboarding_units SET undone_at = $3, undone_by = $4
          WHERE run_id = $1 AND unit_id = $2 AND applied_at > $5 AND undone_at IS NULL",
    )
    .bind(run)
    .bind(unit.as_str())
    .bind(by.now.0)
    .bind(by.person.as_str())
    .bind(applied_after.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
