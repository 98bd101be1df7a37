//! Signing keys, sealed under the key-encryption key.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// A key as stored: the private part is sealed, the rest is public.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StoredKey {
    /// Key identifier, as in JWKS.
    pub kid: String,
    /// JWS algorithm (RFC 7518 §3.1, RFC 8037).
    pub algorithm: String,
    /// PKCS#8, sealed.
    pub private_key: Vec<u8>,
    /// Public JWK as JSON.
    pub public_jwk: String,
    /// In JWKS from here on.
    pub announced_at: i64,
    /// Signs from here on.
    pub active_at: i64,
    /// Signs no more from here on, still in JWKS.
    pub retiring_at: Option<i64>,
    /// Out of JWKS from here on.
    pub gone_at: Option<i64>,
    /// Dropped at once by hand.
    pub revoked_at: Option<i64>,
}

/// All keys, oldest first.
pub async fn list(conn: &mut impl AsEx) -> Result<Vec<StoredKey>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT kid, algorithm, private_key, public_jwk, announced_at, active_at, retiring_at, gone_at, revoked_at
           FROM signing_keys
          ORDER BY announced_at, kid",
    )
    .fetch_all(c)
    .await)?)
}

/// Adds a key.
pub async fn add(conn: &mut impl AsEx, key: &StoredKey) -> Result<(), StoreError> {
    sql!(conn, |c| {
        sqlx::query(
        "INSERT INTO signing_keys (kid, algorithm, private_key, public_jwk, announced_at, active_at, retiring_at, gone_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&key.kid)
    .bind(&key.algorithm)
    .bind(&key.private_key)
    .bind(&key.public_jwk)
    .bind(key.announced_at)
    .bind(key.active_at)
    .bind(key.retiring_at)
    .bind(key.gone_at)
    .bind(key.revoked_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// Says when a key stops signing and when it leaves JWKS, unless that is already said.
pub async fn mark_retiring(conn: &mut impl AsEx, kid: &str, retiring_at: Millis, gone_at: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| {
        sqlx::query(
        "UPDATE signing_keys SET retiring_at = $2, gone_at = $3 WHERE kid = $1 AND retiring_at IS NULL AND revoked_at IS NULL",
    )
    .bind(kid)
    .bind(retiring_at.0)
    .bind(gone_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(changed == 1)
}

/// Drops a key at once; false when there is none or it was dropped before.
pub async fn mark_revoked(conn: &mut impl AsEx, kid: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE signing_keys SET revoked_at = $2 WHERE kid = $1 AND revoked_at IS NULL")
        .bind(kid)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
