//! Refresh tokens, kept as digests.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::GrantId;
use crate::model::confirmation::Confirmation;

/// How long a replaced token may yield another successor (for answers lost on the way).
pub const OVERLAP_SECONDS: i64 = 10;

/// A token about to be recorded.
#[derive(Debug, Clone)]
pub struct NewRefreshToken {
    /// SHA-256 of the token.
    pub digest: Vec<u8>,
    /// What it renews.
    pub grant: GrantId,
    /// The token that it replaces.
    pub parent: Option<Vec<u8>>,
    /// Issued.
    pub issued_at: Millis,
    /// Not usable from here on.
    pub expires_at: Millis,
    /// What it is bound to.
    pub confirmation: Option<Confirmation>,
}

/// A token as stored.
#[derive(Debug, Clone)]
pub struct StoredRefreshToken {
    /// What it renews.
    pub grant: GrantId,
    /// The token that it replaces.
    pub parent: Option<Vec<u8>>,
    /// Not usable from here on.
    pub expires_at: Millis,
    /// When a successor was first asked of it.
    pub replaced_at: Option<Millis>,
    /// What it is bound to.
    pub confirmation: Option<Confirmation>,
}

const UNREADABLE: &str = "refresh_tokens.confirmation";

/// Records a token.
pub async fn add(conn: &mut impl AsEx, token: &NewRefreshToken) -> Result<(), StoreError> {
    let confirmation = token.confirmation.as_ref().map(serde_json::to_string).transpose();
    let confirmation = confirmation.map_err(|_| StoreError::Corrupt(UNREADABLE.to_owned()))?;
    sql!(conn, |c| sqlx::query(
        "INSERT INTO refresh_tokens (digest, grant_id, parent, issued_at, expires_at, confirmation)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(&token.digest)
    .bind(&token.grant.0)
    .bind(&token.parent)
    .bind(token.issued_at.0)
    .bind(token.expires_at.0)
    .bind(&confirmation)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// A token, used or not.
pub async fn find(conn: &mut impl AsEx, digest: &[u8]) -> Result<Option<StoredRefreshToken>, StoreError> {
    type Row = (String, Option<Vec<u8>>, i64, Option<i64>, Option<String>);
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT grant_id, parent, expires_at, replaced_at, confirmation FROM refresh_tokens WHERE digest = $1"
    )
    .bind(digest)
    .fetch_optional(c)
    .await)?;
    let Some((grant, parent, end, replaced_at, confirmation)) = row else { return Ok(None) };
    let confirmation = confirmation.as_deref().map(serde_json::from_str).transpose();
    Ok(Some(StoredRefreshToken {
        grant: GrantId(grant),
        parent,
        expires_at: Millis(end),
        replaced_at: replaced_at.map(Millis),
        confirmation: confirmation.map_err(|_| StoreError::Corrupt(UNREADABLE.to_owned()))?,
    }))
}

/// Uses a token that rotates: the first use marks it replaced; for ten seconds,
/// until a successor is used, it may be used again. False is a replay.
pub async fn mark_replaced(conn: &mut impl AsEx, digest: &[u8], now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE refresh_tokens
            SET replaced_at = COALESCE(replaced_at, $2)
          WHERE digest = $1 AND expires_at > $2
            AND (replaced_at IS NULL OR (replaced_at > $3 AND used_successor IS NULL))",
    )
    .bind(digest)
    .bind(now.0)
    .bind(now.plus_seconds(-OVERLAP_SECONDS).0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says on the replaced token which of its successors was used. False when
/// another successor was used before: one of the two is in foreign hands.
pub async fn mark_successor_used(conn: &mut impl AsEx, parent: &[u8], successor: &[u8]) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE refresh_tokens SET used_successor = $2 WHERE digest = $1 AND (used_successor IS NULL OR used_successor = $2)",
    )
    .bind(parent)
    .bind(successor)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes tokens that ended long ago, some at a time; answers how many.
///
/// A replaced token is asked for when its successor is first used: `before` must
/// lie at least a token's lifetime back.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM refresh_tokens
          WHERE digest IN (SELECT digest FROM refresh_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
