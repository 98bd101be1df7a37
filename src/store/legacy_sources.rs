//! Legacy sources: what is set for each, and what is there of its accounts.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::base::id::PersonId;
use crate::model::legacy_source::{LegacySource, Settings, SourceKind};
use time::Date;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    name: String,
    province: Option<String>,
    as_of: String,
    sunset_on: Option<String>,
    settings: String,
    stopped_at: Option<i64>,
    closed_at: Option<i64>,
    version: i64,
}

impl Row {
    fn read(self) -> Result<LegacySource, StoreError> {
        let kind = SourceKind::from_word(&self.kind).ok_or_else(|| corrupt("kind"))?;
        Ok(LegacySource {
            settings: Settings::from_json(kind, &self.settings)?,
            id: self.id,
            kind,
            name: self.name,
            province: self.province,
            as_of: day(&self.as_of, "as_of")?,
            sunset_on: self.sunset_on.map(|text| day(&text, "sunset_on")).transpose()?,
            stopped_at: self.stopped_at.map(Millis),
            closed_at: self.closed_at.map(Millis),
            version: self.version,
        })
    }
}

/// One source.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<LegacySource>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, kind, name, province, as_of, sunset_on, settings, stopped_at, closed_at, version
           FROM legacy_sources
          WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(c)
    .await)?;
    row.map(Row::read).transpose()
}

/// All sources, by id.
pub async fn list(conn: &mut impl AsEx) -> Result<Vec<LegacySource>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, kind, name, province, as_of, sunset_on, settings, stopped_at, closed_at, version
           FROM legacy_sources
          ORDER BY id",
    )
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Adds a source, with its secret as it was sealed; `Stale` when the id is taken.
pub async fn add(conn: &mut impl AsEx, source: &LegacySource, secret: Option<&[u8]>, now: Millis) -> Result<(), StoreError> {
    let settings = source.settings.to_json()?.to_string();
    sql!(conn, |c| sqlx::query(
        "INSERT INTO legacy_sources
             (id, kind, name, province, as_of, sunset_on, settings, secret, version, created_at, changed_at, stopped_at,
              closed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)",
    )
    .bind(&source.id)
    .bind(source.kind.word())
    .bind(&source.name)
    .bind(source.province.as_deref())
    .bind(iso(source.as_of))
    .bind(source.sunset_on.map(iso))
    .bind(&settings)
    .bind(secret)
    .bind(source.version)
    .bind(now.0)
    .bind(source.stopped_at.map(|at| at.0))
    .bind(source.closed_at.map(|at| at.0))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Lays a source over the version before its own; `Stale` when that one is no longer there. Its kind stays. Its secret
/// stays too unless another is given.
pub async fn set(conn: &mut impl AsEx, source: &LegacySource, secret: Option<&[u8]>, now: Millis) -> Result<(), StoreError> {
    let settings = source.settings.to_json()?.to_string();
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_sources
            SET name = $3, province = $4, as_of = $5, sunset_on = $6, settings = $7, secret = COALESCE($8, secret),
                version = $9, changed_at = $10, stopped_at = $11, closed_at = $12
          WHERE id = $1 AND kind = $2 AND version = $9 - 1",
    )
    .bind(&source.id)
    .bind(source.kind.word())
    .bind(&source.name)
    .bind(source.province.as_deref())
    .bind(iso(source.as_of))
    .bind(source.sunset_on.map(iso))
    .bind(&settings)
    .bind(secret)
    .bind(source.version)
    .bind(now.0)
    .bind(source.stopped_at.map(|at| at.0))
    .bind(source.closed_at.map(|at| at.0))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Removes a source of which no account is left; false when there is none, or one has come since.
pub async fn remove(conn: &mut impl AsEx, id: &str) -> Result<bool, StoreError> {
    let gone = sql!(conn, |c| sqlx::query(
        "DELETE FROM legacy_sources
          WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM legacy_accounts a WHERE a.source = $1)",
    )
    .bind(id)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(gone == 1)
}

/// Holds a source until the unit of work ends: nobody else changes or removes it meanwhile. False when there is none.
pub async fn hold(conn: &mut impl AsEx, id: &str) -> Result<bool, StoreError> {
    let held = sql!(conn, |c| sqlx::query("UPDATE legacy_sources SET version = version WHERE id = $1")
        .bind(id)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(held == 1)
}

/// The secret of a source, sealed.
pub async fn secret(conn: &mut impl AsEx, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(Option<Vec<u8>>,)> =
        sql!(conn, |c| sqlx::query_as("SELECT secret FROM legacy_sources WHERE id = $1").bind(id).fetch_optional(c).await)?;
    Ok(row.and_then(|(secret,)| secret))
}

/// How many accounts of a source there are, by what was decided of them (empty: nothing yet).
pub async fn count_accounts(conn: &mut impl AsEx, id: &str) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT decision, COUNT(*) FROM legacy_accounts WHERE source = $1 GROUP BY decision ORDER BY decision",
    )
    .bind(id)
    .fetch_all(c)
    .await)?)
}

/// How many accounts of a source are somebody's.
pub async fn count_owned(conn: &mut impl AsEx, id: &str) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM legacy_accounts WHERE source = $1 AND person_id IS NOT NULL")
        .bind(id)
        .fetch_one(c)
        .await)?)
}

/// How many passwords of a source there are that may still open something, as (scheme, state, count).
pub async fn count_passwords(conn: &mut impl AsEx, id: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT scheme, state, COUNT(*)
           FROM legacy_passwords
          WHERE source = $1 AND retired_at IS NULL
          GROUP BY scheme, state
          ORDER BY scheme, state",
    )
    .bind(id)
    .fetch_all(c)
    .await)?)
}

/// How far the people of a source have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Accounts about which nothing is decided yet, or a human is to decide.
    pub waiting: i64,
    /// Accounts that are locked in the source: they open nothing, and nobody waits for them.
    pub locked: i64,
    /// People to whom accounts belong that the source still has.
    pub linked: i64,
    /// Those of them who have signed in here since.
    pub signed_in: i64,
    /// Those of them who have not signed in here yet, and have an account that is not locked.
    pub to_come: i64,
    /// Those of them who signed in by such an account, and have no other way yet.
    pub leaning: i64,
}

/// Whose accounts the source still has, and who may sign in.
const PRESENT: &str = "FROM legacy_accounts a
           JOIN persons p ON p.id = a.person_id
           LEFT JOIN lifecycles l ON l.person_id = a.person_id
          WHERE a.source = $1 AND a.decision IN ('linked', 'created') AND a.gone_at IS NULL AND p.disabled_at IS NULL";
/// Has signed in here.
const SIGNED_IN: &str = "(l.last_signed_in_at IS NOT NULL OR a.first_used_at IS NOT NULL)";
/// Has not signed in here yet, and may do so by the account.
const TO_COME: &str = "(l.last_signed_in_at IS NULL AND a.first_used_at IS NULL AND COALESCE(a.status_read, '') <> 'disabled')";
/// Signs in by the account, which opens something still.
const LEANING: &str = "(a.last_used_at IS NOT NULL AND a.retired_at IS NULL AND COALESCE(a.status_read, '') <> 'disabled')";

/// How far the people of a source have come. It reads all its accounts.
pub async fn progress(conn: &mut impl AsEx, id: &str) -> Result<Progress, StoreError> {
    let (waiting, locked): (i64, i64) = sql!(conn, |c| sqlx::query_as(
        "SELECT COUNT(CASE WHEN decision IN ('', 'review') AND COALESCE(status_read, '') <> 'disabled' THEN 1 END),
                COUNT(CASE WHEN decision <> 'rejected' AND status_read = 'disabled' THEN 1 END)
           FROM legacy_accounts
          WHERE source = $1 AND gone_at IS NULL",
    )
    .bind(id)
    .fetch_one(c)
    .await)?;
    let (linked, signed_in, to_come, leaning): (i64, i64, i64, i64) =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT COUNT(DISTINCT a.person_id),
                COUNT(DISTINCT CASE WHEN {SIGNED_IN} THEN a.person_id END),
                COUNT(DISTINCT CASE WHEN {TO_COME} THEN a.person_id END),
                COUNT(DISTINCT CASE WHEN {LEANING} THEN a.person_id END)
           {PRESENT}"
        )))
        .bind(id)
        .fetch_one(c)
        .await)?;
    Ok(Progress { waiting, locked, linked, signed_in, to_come, leaning })
}

/// Some of the people of a source who have not signed in here yet.
pub async fn list_to_come(conn: &mut impl AsEx, id: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    list_present(conn, id, TO_COME, most).await
}

/// Some of the people who sign in by an account of a source, and have no other way yet.
pub async fn list_leaning(conn: &mut impl AsEx, id: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    list_present(conn, id, LEANING, most).await
}

async fn list_present(conn: &mut impl AsEx, id: &str, who: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let rows: Vec<String> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT DISTINCT a.person_id {PRESENT} AND {who} ORDER BY a.person_id LIMIT $2"
    )))
    .bind(id)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(PersonId).collect())
}

/// Removes some of all that hangs on a source that goes, also accounts that are somebody's; 0 when nothing of it is left.
/// What people are called by stays.
pub async fn remove_some_of_all(conn: &mut impl AsEx, id: &str, most: i64) -> Result<u64, StoreError> {
    // In the order of the statements behind `remove_some_rows`, for the same reason.
    const STATEMENTS: [&str; 3] = [
        "DELETE FROM legacy_passwords
          WHERE source = $1 AND legacy_id IN (SELECT p.legacy_id FROM legacy_passwords p WHERE p.source = $1 LIMIT $2)",
        "DELETE FROM legacy_verifiers
          WHERE source = $1 AND legacy_id IN (SELECT v.legacy_id FROM legacy_verifiers v WHERE v.source = $1 LIMIT $2)",
        "DELETE FROM legacy_accounts
          WHERE source = $1 AND legacy_id IN (SELECT a.legacy_id FROM legacy_accounts a WHERE a.source = $1 LIMIT $2)",
    ];
    for statement in STATEMENTS {
        let gone = sql!(conn, |c| sqlx::query(statement).bind(id).bind(most).execute(c).await.map(|done| done.rows_affected()))?;
        if gone > 0 {
            return Ok(gone);
        }
    }
    remove_some_rows(conn, id, most).await
}

/// Removes some of what hangs on a source that goes; 0 when nothing of it is left. Accounts that are somebody's stay.
pub async fn remove_some_rows(conn: &mut impl AsEx, id: &str, most: i64) -> Result<u64, StoreError> {
    // Passwords first: an account that lost its password is harmless, the other way round is a loose end.
    const STATEMENTS: [&str; 7] = [
        "DELETE FROM legacy_passwords
          WHERE source = $1
            AND legacy_id IN (SELECT p.legacy_id FROM legacy_passwords p
                               WHERE p.source = $1
                                 AND NOT EXISTS (SELECT 1 FROM legacy_accounts a
                                                  WHERE a.source = p.source AND a.legacy_id = p.legacy_id
                                                    AND a.person_id IS NOT NULL)
                               LIMIT $2)",
        "DELETE FROM legacy_verifiers
          WHERE source = $1
            AND legacy_id IN (SELECT v.legacy_id FROM legacy_verifiers v
                               WHERE v.source = $1
                                 AND NOT EXISTS (SELECT 1 FROM legacy_accounts a
                                                  WHERE a.source = v.source AND a.legacy_id = v.legacy_id
                                                    AND a.person_id IS NOT NULL)
                               LIMIT $2)",
        "DELETE FROM legacy_accounts
          WHERE source = $1 AND person_id IS NULL
            AND legacy_id IN (SELECT a.legacy_id FROM legacy_accounts a
                               WHERE a.source = $1 AND a.person_id IS NULL
                               LIMIT $2)",
        "DELETE FROM legacy_imports
          WHERE source = $1 AND id IN (SELECT i.id FROM legacy_imports i WHERE i.source = $1 LIMIT $2)",
        "DELETE FROM ldap_syncs WHERE source = $1 AND $2 > 0",
        "DELETE FROM upstream_sign_ons
          WHERE source = $1 AND sign_on_id IN (SELECT u.sign_on_id FROM upstream_sign_ons u WHERE u.source = $1 LIMIT $2)",
        "DELETE FROM legacy_uses WHERE source = $1 AND $2 > 0",
    ];
    for statement in STATEMENTS {
        let gone = sql!(conn, |c| sqlx::query(statement).bind(id).bind(most).execute(c).await.map(|done| done.rows_affected()))?;
        if gone > 0 {
            return Ok(gone);
        }
    }
    Ok(0)
}

fn day(text: &str, column: &str) -> Result<Date, StoreError> {
    parse(text).ok_or_else(|| corrupt(column))
}

fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(format!("legacy_sources.{column}"))
}
