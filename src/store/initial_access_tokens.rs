//! Initial access tokens (RFC 7591 §1.2), kept as digests.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// A token about to be recorded.
#[derive(Debug, Clone)]
pub struct NewInitialAccessToken {
    /// Its identifier, for audit.
    pub id: String,
    /// SHA-256 of the token.
    pub digest: Vec<u8>,
    /// How many clients may register with it.
    pub uses: i64,
    /// Issued.
    pub issued_at: Millis,
    /// By whom.
    pub issued_by: String,
    /// Not usable from here on.
    pub expires_at: Millis,
}

/// Records a token.
pub async fn add(conn: &mut impl AsEx, token: &NewInitialAccessToken) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO initial_access_tokens (id, digest, uses_left, issued_at, issued_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&token.id)
    .bind(&token.digest)
    .bind(token.uses)
    .bind(token.issued_at.0)
    .bind(&token.issued_by)
    .bind(token.expires_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The id of a token that has a use left: only a first look, [`take_use`] decides.
pub async fn find_usable(conn: &mut impl AsEx, digest: &[u8], now: Millis) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT id FROM initial_access_tokens WHERE digest = $1 AND uses_left > 0 AND expires_at > $2"
    )
    .bind(digest)
    .bind(now.0)
    .fetch_optional(c)
    .await)?)
}

/// Takes one use; answers the token's id, or nothing when none is left.
pub async fn take_use(conn: &mut impl AsEx, digest: &[u8], now: Millis) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "UPDATE initial_access_tokens SET uses_left = uses_left - 1
          WHERE digest = $1 AND uses_left > 0 AND expires_at > $2
      RETURNING id",
    )
    .bind(digest)
    .bind(now.0)
    .fetch_optional(c)
    .await)?)
}
