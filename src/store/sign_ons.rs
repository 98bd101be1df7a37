//! Single sign-on sessions. The cookie is kept as a digest only.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, SignOnId};
use crate::model::device::Device;
use crate::model::sign_on::{Manner, SignOn};
use std::collections::{BTreeSet, HashSet};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    person_id: String,
    started_at: i64,
    authenticated_at: i64,
    last_seen_at: i64,
    ends_at: i64,
    level: i64,
    methods: String,
    device: String,
    idle_seconds: Option<i64>,
    shared: i64,
    waived: i64,
    legacy_source: Option<String>,
    legacy_id: Option<String>,
    ended_at: Option<i64>,
}

impl From<Row> for SignOn {
    fn from(row: Row) -> Self {
        Self {
            id: SignOnId(row.id),
            person: PersonId(row.person_id),
            started_at: Millis(row.started_at),
            authenticated_at: Millis(row.authenticated_at),
            last_seen_at: Millis(row.last_seen_at),
            ends_at: Millis(row.ends_at),
            level: row.level,
            methods: row.methods,
            device: Device::from_words(&row.device),
            manner: Manner { idle_seconds: row.idle_seconds, shared: row.shared != 0, waived: row.waived != 0 },
            legacy: row.legacy_source,
            legacy_id: row.legacy_id,
            ended_at: row.ended_at.map(Millis),
        }
    }
}

/// Begins a sign-on.
pub async fn add(conn: &mut impl AsEx, sign_on: &SignOn, cookie_digest: &[u8], address: &str) -> Result<(), StoreError> {
    sql!(conn, |c| {
        sqlx::query(
        "INSERT INTO sign_ons (id, cookie_digest, person_id, started_at, authenticated_at, last_seen_at, ends_at, level, methods, address, device, idle_seconds, shared, waived, legacy_source, legacy_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(&sign_on.id.0)
    .bind(cookie_digest)
    .bind(&sign_on.person.0)
    .bind(sign_on.started_at.0)
    .bind(sign_on.authenticated_at.0)
    .bind(sign_on.last_seen_at.0)
    .bind(sign_on.ends_at.0)
    .bind(sign_on.level)
    .bind(&sign_on.methods)
    .bind(address)
    .bind(sign_on.device.words())
    .bind(sign_on.manner.idle_seconds)
    .bind(i64::from(sign_on.manner.shared))
    .bind(i64::from(sign_on.manner.waived))
    .bind(sign_on.legacy.as_deref())
    .bind(sign_on.legacy_id.as_deref())
    .execute(c)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// The sign-on of a cookie, ended or not.
pub async fn find_by_cookie(conn: &mut impl AsEx, cookie_digest: &[u8]) -> Result<Option<SignOn>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| {
        sqlx::query_as(
        "SELECT id, person_id, started_at, authenticated_at, last_seen_at, ends_at, level, methods, device, idle_seconds, shared, waived, legacy_source, legacy_id, ended_at
           FROM sign_ons WHERE cookie_digest = $1",
    )
    .bind(cookie_digest)
    .fetch_optional(c)
    .await
    })?;
    Ok(row.map(Into::into))
}

/// One sign-on, ended or not.
pub async fn find(conn: &mut impl AsEx, id: &SignOnId) -> Result<Option<SignOn>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| {
        sqlx::query_as(
        "SELECT id, person_id, started_at, authenticated_at, last_seen_at, ends_at, level, methods, device, idle_seconds, shared, waived, legacy_source, legacy_id, ended_at
           FROM sign_ons WHERE id = $1",
    )
    .bind(&id.0)
    .fetch_optional(c)
    .await
    })?;
    Ok(row.map(Into::into))
}

/// The sign-ons of a person that have not ended, newest first.
pub async fn list_open(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<Vec<SignOn>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| {
        sqlx::query_as(
        "SELECT id, person_id, started_at, authenticated_at, last_seen_at, ends_at, level, methods, device, idle_seconds, shared, waived, legacy_source, legacy_id, ended_at
           FROM sign_ons WHERE person_id = $1 AND ended_at IS NULL AND ends_at > $2 ORDER BY started_at DESC",
    )
    .bind(&person.0)
    .bind(now.0)
    .fetch_all(c)
    .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Ends a sign-on; false when it had ended before.
pub async fn mark_ended(conn: &mut impl AsEx, id: &SignOnId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE sign_ons SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(&id.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Some sign-ons that came through an old system, had begun by a moment, and have not ended.
pub async fn list_of_source(
    conn: &mut impl AsEx,
    source: &str,
    until: Millis,
    now: Millis,
    most: i64,
) -> Result<Vec<SignOn>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| {
        sqlx::query_as(
        "SELECT id, person_id, started_at, authenticated_at, last_seen_at, ends_at, level, methods, device, idle_seconds, shared, waived, legacy_source, legacy_id, ended_at
           FROM sign_ons
          WHERE legacy_source = $1 AND ended_at IS NULL AND started_at <= $2 AND ends_at > $3
          ORDER BY ends_at LIMIT $4",
    )
    .bind(source)
    .bind(until.0)
    .bind(now.0)
    .bind(most)
    .fetch_all(c)
    .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Ends a sign-on that came through an old system; false when it had ended, or goes on by a better proof.
pub async fn mark_ended_of_source(conn: &mut impl AsEx, id: &SignOnId, source: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE sign_ons
            SET ended_at = $3
          WHERE id = $1 AND ended_at IS NULL AND legacy_source = $2",
    )
    .bind(&id.0)
    .bind(source)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Those of some sign-ons that have not ended; they cannot end before this
/// transaction does (on SQLite the one writer sees to it).
pub async fn hold_open(conn: &mut impl AsEx, ids: &BTreeSet<&str>) -> Result<HashSet<String>, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR SHARE",
    };
    let open: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT id FROM sign_ons WHERE ended_at IS NULL AND id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind((*id).to_owned());
        }
        // In one order, so that two transactions never wait for each other.
        query.push(") ORDER BY id").push(lock);
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(open.into_iter().collect())
}

/// Puts a sign-on under a new cookie after its person proved themselves again;
/// false when it has ended.
pub async fn renew(conn: &mut impl AsEx, sign_on: &SignOn, cookie_digest: &[u8]) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE sign_ons
            SET cookie_digest = $2, authenticated_at = $3, last_seen_at = $4, ends_at = $5, level = $6, methods = $7, device = $8,
                idle_seconds = $9, shared = $10, waived = $11, legacy_source = $12, legacy_id = $13
          WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(&sign_on.id.0)
    .bind(cookie_digest)
    .bind(sign_on.authenticated_at.0)
    .bind(sign_on.last_seen_at.0)
    .bind(sign_on.ends_at.0)
    .bind(sign_on.level)
    .bind(&sign_on.methods)
    .bind(sign_on.device.words())
    .bind(sign_on.manner.idle_seconds)
    .bind(i64::from(sign_on.manner.shared))
    .bind(i64::from(sign_on.manner.waived))
    .bind(sign_on.legacy.as_deref())
    .bind(sign_on.legacy_id.as_deref())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Some sign-ons that ended by themselves before a moment and that no refresh
/// token lives on: revoking what a person was given looks for it by sign-on.
pub async fn list_over(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<Vec<SignOnId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT s.id FROM sign_ons s
          WHERE s.ends_at < $1
            AND NOT EXISTS (SELECT 1 FROM grants g JOIN refresh_tokens r ON r.grant_id = g.id WHERE g.sign_on_id = s.id)
          ORDER BY s.ends_at LIMIT $2",
    )
    .bind(before.0)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(SignOnId).collect())
}

/// Removes those of some sign-ons that [`list_over`] would still name; answers how many.
pub async fn remove(conn: &mut impl AsEx, ids: &[SignOnId], before: Millis) -> Result<u64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM sign_ons WHERE ends_at < ");
        query.push_bind(before.0);
        query.push(
            " AND NOT EXISTS (SELECT 1 FROM grants g JOIN refresh_tokens r ON r.grant_id = g.id
                               WHERE g.sign_on_id = sign_ons.id)
              AND id IN (",
        );
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id.as_str());
        }
        query.push(")");
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?)
}

/// Says that a sign-on was used, unless a later use is known.
pub async fn mark_seen(conn: &mut impl AsEx, id: &SignOnId, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE sign_ons SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2")
        .bind(&id.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}
