//! The order of the records: which audit row and which grant stands where.
//!
//! A place is added once and never changed. What is read here may have been
//! altered by another hand: it is handed on as it is, and judged above.

use super::audit::AuditRow;
use super::grants::GrantRow;
use super::{AsEx, StoreError, sql};
use crate::model::audit_entry::Place;

/// Columns of a place.
const PLACE: &str = "seq, kind, row_id, at, digest, link, mac";
/// Columns of an audit row `a`.
const AUDIT: &str = "a.id, a.at, a.event, a.actor, a.person_id, a.client_id, a.address, a.request_id, a.detail, a.mac";
/// Columns of a grant `g`.
const GRANT: &str = "g.id, g.code_digest, g.client_id, g.person_id, g.sign_on_id, g.position_id, g.sub, g.scope, g.claims,
                g.extent, g.authenticated_at, g.acr, g.methods, g.issued_at, g.address, g.request_id, g.offline, g.mac,
                g.revoked_at";

/// A place as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredPlace {
    /// Its number.
    pub seq: i64,
    /// `audit` or `grant`.
    pub kind: String,
    /// Of the row.
    pub row_id: String,
    /// The row's moment.
    pub at: i64,
    /// Of the row.
    pub digest: Vec<u8>,
    /// Over the one before it.
    pub link: Vec<u8>,
    /// Keyed hash over all of it.
    pub mac: Vec<u8>,
}

/// How far the chain goes, and how far it is sealed, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Ends {
    /// The highest number of the chain.
    pub chained: Option<i64>,
    /// The highest number of the seals.
    pub sealed: Option<i64>,
}

/// Adds places in one statement. `Stale` when a number or a row has its place already.
pub async fn add_all(conn: &mut impl AsEx, places: &[Place]) -> Result<(), StoreError> {
    if places.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO audit_chain (seq, kind, row_id, at, digest, link, mac) ");
        query.push_values(places, |mut values, place| {
            values.push_bind(place.seq).push_bind(place.kind.as_str()).push_bind(place.row_id.as_str());
            values.push_bind(place.at).push_bind(place.digest.as_slice()).push_bind(place.link.as_slice());
            values.push_bind(place.mac.as_slice());
        });
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// How far the chain goes and how far it is sealed, in one look.
pub async fn ends(conn: &mut impl AsEx) -> Result<Ends, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT (SELECT MAX(seq) FROM audit_chain) AS chained, (SELECT MAX(seq) FROM audit_seals) AS sealed",
    )
    .fetch_one(c)
    .await)?)
}

/// One place.
pub async fn find(conn: &mut impl AsEx, seq: i64) -> Result<Option<StoredPlace>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {PLACE} FROM audit_chain WHERE seq = $1")))
        .bind(seq)
        .fetch_optional(c)
        .await)?)
}

/// Places after a number and up to another, in order, some at a time.
pub async fn list_after(conn: &mut impl AsEx, after: i64, until: i64, most: i64) -> Result<Vec<StoredPlace>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {PLACE} FROM audit_chain WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3"
    )))
    .bind(after)
    .bind(until)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The audit rows that have their places from one number to another.
pub async fn audit_rows(conn: &mut impl AsEx, first: i64, last: i64) -> Result<Vec<AuditRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {AUDIT} FROM audit a
          WHERE a.id IN (SELECT row_id FROM audit_chain WHERE kind = 'audit' AND seq >= $1 AND seq <= $2)"
    )))
    .bind(first)
    .bind(last)
    .fetch_all(c)
    .await)?)
}

/// The same of grants.
pub async fn grant_rows(conn: &mut impl AsEx, first: i64, last: i64) -> Result<Vec<GrantRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {GRANT} FROM grants g
          WHERE g.id IN (SELECT row_id FROM audit_chain WHERE kind = 'grant' AND seq >= $1 AND seq <= $2)"
    )))
    .bind(first)
    .bind(last)
    .fetch_all(c)
    .await)?)
}

/// Audit rows without a place on one side of an id, in the order of ids, some at a time.
async fn audit_rows_beside(conn: &mut impl AsEx, side: &str, id: &str, most: i64) -> Result<Vec<AuditRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {AUDIT} FROM audit a
          WHERE a.id {side} $1
            AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.kind = 'audit' AND c.row_id = a.id)
          ORDER BY a.id LIMIT $2"
    )))
    .bind(id)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Grants without a place on one side of an id, in the order of ids, some at a time.
async fn grant_rows_beside(conn: &mut impl AsEx, side: &str, id: &str, most: i64) -> Result<Vec<GrantRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {GRANT} FROM grants g
          WHERE g.id {side} $1
            AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.kind = 'grant' AND c.row_id = g.id)
          ORDER BY g.id LIMIT $2"
    )))
    .bind(id)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Audit rows without a place whose ids come after one, in their order, some at a time.
pub async fn audit_rows_after(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<AuditRow>, StoreError> {
    audit_rows_beside(conn, ">", after, most).await
}

/// The same of grants.
pub async fn grant_rows_after(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<GrantRow>, StoreError> {
    grant_rows_beside(conn, ">", after, most).await
}

/// Audit rows without a place whose ids come no later than one, in their order, some at a time.
pub async fn audit_rows_until(conn: &mut impl AsEx, until: &str, most: i64) -> Result<Vec<AuditRow>, StoreError> {
    audit_rows_beside(conn, "<=", until, most).await
}

/// The same of grants.
pub async fn grant_rows_until(conn: &mut impl AsEx, until: &str, most: i64) -> Result<Vec<GrantRow>, StoreError> {
    grant_rows_beside(conn, "<=", until, most).await
}

/// The numbers of the first entry at or after a moment, and of the last one before another; of those after `seq`.
pub async fn numbers_between(conn: &mut impl AsEx, seq: i64, from: i64, to: i64) -> Result<Option<(i64, i64)>, StoreError> {
    let (first, last): (Option<i64>, Option<i64>) =
        sql!(conn, |c| sqlx::query_as("SELECT MIN(seq), MAX(seq) FROM audit_chain WHERE seq > $1 AND at >= $2 AND at < $3",)
            .bind(seq)
            .bind(from)
            .bind(to)
            .fetch_one(c)
            .await)?;
    Ok(first.zip(last))
}

/// Numbers from one to another whose entries [`remove`] would take, some at a time.
pub async fn removable(conn: &mut impl AsEx, first: i64, last: i64, most: i64) -> Result<Vec<i64>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT c.seq
           FROM audit_chain c
          WHERE c.seq >= $1 AND c.seq <= $2
            AND (c.kind = 'audit' OR NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.grant_id = c.row_id))
          ORDER BY c.seq LIMIT $3",
    )
    .bind(first)
    .bind(last)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Removes the entries of some numbers and their places, but for grants that a refresh token lives on: they stay, and so do
/// their places. Answers how many places went.
pub async fn remove(conn: &mut impl AsEx, first: i64, last: i64) -> Result<u64, StoreError> {
    const AUDIT_ROWS: &str = "DELETE FROM audit
          WHERE id IN (SELECT row_id FROM audit_chain WHERE kind = 'audit' AND seq >= $1 AND seq <= $2)";
    const GRANTS: &str = "DELETE FROM grants
          WHERE id IN (SELECT row_id FROM audit_chain WHERE kind = 'grant' AND seq >= $1 AND seq <= $2)
            AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.grant_id = grants.id)";
    const PLACES: &str = "DELETE FROM audit_chain
          WHERE seq >= $1 AND seq <= $2
            AND (kind = 'audit' OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.id = audit_chain.row_id))";
    remove_between(conn, AUDIT_ROWS, first, last).await?;
    remove_between(conn, GRANTS, first, last).await?;
    remove_between(conn, PLACES, first, last).await
}

/// Sends a statement about the numbers from `$1` to `$2`; answers how many rows went.
async fn remove_between(conn: &mut impl AsEx, statement: &'static str, first: i64, last: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(statement).bind(first).bind(last).execute(c).await.map(|done| done.rows_affected()))?)
}
