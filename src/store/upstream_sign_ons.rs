//! Which sign-on came from which upstream provider, so that a logout there or here finds the other.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::SignOnId;

/// Where a sign-on came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSignOn {
    /// The sign-on here.
    pub sign_on: SignOnId,
    /// The source.
    pub source: String,
    /// What the provider calls the person (`sub`).
    pub subject: String,
    /// What the provider calls its session; empty when it does not tell.
    pub sid: String,
    /// The ID token, sealed for the sign-on.
    pub id_token: Option<Vec<u8>>,
    /// Since when.
    pub begun_at: Millis,
}

#[derive(sqlx::FromRow)]
struct Row {
    sign_on_id: String,
    source: String,
    subject: String,
    sid: String,
    id_token: Option<Vec<u8>>,
    begun_at: i64,
}

impl From<Row> for UpstreamSignOn {
    fn from(row: Row) -> Self {
        Self {
            sign_on: SignOnId(row.sign_on_id),
            source: row.source,
            subject: row.subject,
            sid: row.sid,
            id_token: row.id_token,
            begun_at: Millis(row.begun_at),
        }
    }
}

/// Notes where a sign-on came from; where it came from before counts no more.
pub async fn set(conn: &mut impl AsEx, upstream: &UpstreamSignOn) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO upstream_sign_ons (sign_on_id, source, subject, sid, id_token, begun_at)
         VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (sign_on_id) DO UPDATE
            SET source = excluded.source, subject = excluded.subject, sid = excluded.sid, id_token = excluded.id_token,
                begun_at = excluded.begun_at",
    )
    .bind(upstream.sign_on.as_str())
    .bind(upstream.source.as_str())
    .bind(upstream.subject.as_str())
    .bind(upstream.sid.as_str())
    .bind(upstream.id_token.as_deref())
    .bind(upstream.begun_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Where a sign-on came from, if it came from elsewhere.
pub async fn find(conn: &mut impl AsEx, sign_on: &SignOnId) -> Result<Option<UpstreamSignOn>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT sign_on_id, source, subject, sid, id_token, begun_at FROM upstream_sign_ons WHERE sign_on_id = $1",
    )
    .bind(sign_on.as_str())
    .fetch_optional(c)
    .await)?;
    Ok(row.map(Into::into))
}

/// The sign-ons of a session of a provider that have not ended; with a subject, only those of that person.
pub async fn list_of_sid(
    conn: &mut impl AsEx,
    source: &str,
    sid: &str,
    subject: Option<&str>,
) -> Result<Vec<SignOnId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT u.sign_on_id FROM upstream_sign_ons u JOIN sign_ons s ON s.id = u.sign_on_id
          WHERE u.source = $1 AND u.sid = $2 AND ($3 = '' OR u.subject = $3) AND s.ended_at IS NULL
          ORDER BY u.sign_on_id",
    )
    .bind(source)
    .bind(sid)
    .bind(subject.unwrap_or_default())
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(SignOnId).collect())
}

/// The sign-ons of a person of a provider that have not ended.
pub async fn list_of_subject(conn: &mut impl AsEx, source: &str, subject: &str) -> Result<Vec<SignOnId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT u.sign_on_id FROM upstream_sign_ons u JOIN sign_ons s ON s.id = u.sign_on_id
          WHERE u.source = $1 AND u.subject = $2 AND s.ended_at IS NULL
          ORDER BY u.sign_on_id",
    )
    .bind(source)
    .bind(subject)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(SignOnId).collect())
}

/// Removes what is kept of sign-ons that are no more; answers of how many.
pub async fn remove_lost(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM upstream_sign_ons
          WHERE sign_on_id IN (SELECT u.sign_on_id FROM upstream_sign_ons u
                                WHERE u.begun_at < $1
                                  AND NOT EXISTS (SELECT 1 FROM sign_ons s WHERE s.id = u.sign_on_id)
                                LIMIT $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
