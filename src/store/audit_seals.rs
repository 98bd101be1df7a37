//! Seals over the chain of records, the keys that they are signed with, and the
//! months that lie in files. What is signed is text; whether it holds is judged above.

use super::{AsEx, StoreError, sql};

/// A seal as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredSeal {
    /// The number of the last entry under it.
    pub seq: i64,
    /// When it was signed.
    pub at: i64,
    /// Everything before had been looked for.
    pub through: i64,
    /// Signed with which key.
    pub kid: String,
    /// What was signed.
    pub seal: String,
}

/// A key that signs seals: the private part is sealed, the rest is public.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredAuditKey {
    /// Key identifier: the RFC 7638 thumbprint.
    pub kid: String,
    /// PKCS#8, sealed.
    pub private_key: Vec<u8>,
    /// Public JWK as JSON.
    pub public_jwk: String,
    /// When it was made.
    pub created_at: i64,
}

/// A month that lies in a file.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredSegment {
    /// Which month.
    pub month: String,
    /// The number of its first entry.
    pub first_seq: i64,
    /// The number of its last one.
    pub last_seq: i64,
    /// What was signed.
    pub seal: String,
}

/// Adds a seal.
pub async fn add(conn: &mut impl AsEx, seal: &StoredSeal) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO audit_seals (seq, at, through, kid, seal) VALUES ($1, $2, $3, $4, $5)")
        .bind(seal.seq)
        .bind(seal.at)
        .bind(seal.through)
        .bind(&seal.kid)
        .bind(&seal.seal)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The seals after a number and up to another, in order.
pub async fn list_between(conn: &mut impl AsEx, after: i64, until: i64) -> Result<Vec<StoredSeal>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT seq, at, through, kid, seal FROM audit_seals WHERE seq > $1 AND seq <= $2 ORDER BY seq",
    )
    .bind(after)
    .bind(until)
    .fetch_all(c)
    .await)?)
}

/// The newest seal.
pub async fn newest(conn: &mut impl AsEx) -> Result<Option<StoredSeal>, StoreError> {
    before(conn, i64::MAX).await
}

/// The last seal under which no entry of this number is.
pub async fn before(conn: &mut impl AsEx, seq: i64) -> Result<Option<StoredSeal>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT seq, at, through, kid, seal FROM audit_seals WHERE seq < $1 ORDER BY seq DESC LIMIT 1",
    )
    .bind(seq)
    .fetch_optional(c)
    .await)?)
}

/// The seal that an entry of this number is under.
pub async fn over(conn: &mut impl AsEx, seq: i64) -> Result<Option<StoredSeal>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT seq, at, through, kid, seal FROM audit_seals WHERE seq >= $1 ORDER BY seq LIMIT 1",
    )
    .bind(seq)
    .fetch_optional(c)
    .await)?)
}

/// The last seal after a number of which everything was there by a moment; never the newest, which others are added to.
pub async fn last_through(conn: &mut impl AsEx, after: i64, through: i64) -> Result<Option<StoredSeal>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT seq, at, through, kid, seal
           FROM audit_seals
          WHERE seq > $1 AND through <= $2 AND seq < (SELECT MAX(s.seq) FROM audit_seals s)
          ORDER BY seq DESC LIMIT 1",
    )
    .bind(after)
    .bind(through)
    .fetch_optional(c)
    .await)?)
}

/// Removes the seals of some numbers.
pub async fn remove(conn: &mut impl AsEx, first: i64, last: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM audit_seals WHERE seq >= $1 AND seq <= $2")
        .bind(first)
        .bind(last)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Adds a key.
pub async fn add_key(conn: &mut impl AsEx, key: &StoredAuditKey) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO audit_keys (kid, private_key, public_jwk, created_at) VALUES ($1, $2, $3, $4)")
        .bind(&key.kid)
        .bind(&key.private_key)
        .bind(&key.public_jwk)
        .bind(key.created_at)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// All keys, oldest first.
pub async fn list_keys(conn: &mut impl AsEx) -> Result<Vec<StoredAuditKey>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT kid, private_key, public_jwk, created_at FROM audit_keys ORDER BY created_at, kid",
    )
    .fetch_all(c)
    .await)?)
}

/// Notes that a month lies in a file. `Stale` when it does already.
pub async fn add_segment(conn: &mut impl AsEx, segment: &StoredSegment) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO audit_segments (month, first_seq, last_seq, seal) VALUES ($1, $2, $3, $4)")
        .bind(&segment.month)
        .bind(segment.first_seq)
        .bind(segment.last_seq)
        .bind(&segment.seal)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The months that lie in files, in the order of their entries.
pub async fn list_segments(conn: &mut impl AsEx) -> Result<Vec<StoredSegment>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT month, first_seq, last_seq, seal FROM audit_segments ORDER BY first_seq",)
        .fetch_all(c)
        .await)?)
}
