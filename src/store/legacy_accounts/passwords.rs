//! Passwords of legacy accounts: as files bring them, wrapped, and rewritten at the first good sign-in.

use crate::base::clock::Millis;
use crate::base::digest::{hex, sha256};
use crate::store::{AsEx, StoreError, sql};

/// A weak hash under AEAD, until the background job wraps it.
pub const SEALED: &str = "sealed";
/// A weak hash that Argon2id lies over.
pub const WRAPPED: &str = "wrapped";
/// A strong hash, sealed too.
pub const STRONG: &str = "strong";
/// A scheme that nobody knows: nothing is kept, and the person must reset.
pub const UNKNOWN: &str = "unknown";

/// Letters of the order of decoys.
const ORDER_LETTERS: usize = 16;
/// Accounts of old systems of one person whose names are told.
const MOST_NAMES: i64 = 50;

/// The password of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// What the source calls the account.
    pub legacy_id: String,
    /// One of the words above.
    pub state: &'static str,
    /// The scheme, in one word.
    pub scheme: String,
    /// The hash, sealed for this account.
    pub sealed: Option<Vec<u8>>,
}

/// Sets passwords, anew where there is another. One that was retired stays so: it opens nothing, whatever a file says.
pub async fn set(conn: &mut impl AsEx, source: &str, passwords: &[Password], now: Millis) -> Result<(), StoreError> {
    if passwords.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "INSERT INTO legacy_passwords (source, legacy_id, state, scheme, sealed, changed_at, decoy_order) ",
        );
        query.push_values(passwords, |mut values, password| {
            values.push_bind(source).push_bind(password.legacy_id.as_str()).push_bind(password.state);
            values.push_bind(password.scheme.as_str()).push_bind(password.sealed.as_deref()).push_bind(now.0);
            values.push_bind(decoy_order(source, &password.legacy_id));
        });
        query.push(
            " ON CONFLICT (source, legacy_id) DO UPDATE
                SET state = excluded.state, scheme = excluded.scheme, sealed = excluded.sealed, wrapped = NULL,
                    changed_at = excluded.changed_at, decoy_order = excluded.decoy_order
              WHERE legacy_passwords.retired_at IS NULL",
        );
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// Removes the passwords of accounts that have none any more. One that was retired stays on record.
pub async fn remove(conn: &mut impl AsEx, source: &str, ids: &[&str]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM legacy_passwords WHERE retired_at IS NULL AND source = ");
        query.push_bind(source).push(" AND legacy_id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// What is kept of an account's password.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// How it is kept.
    pub state: String,
    /// The scheme, in one word.
    pub scheme: String,
    /// A hash, sealed for the account.
    pub sealed: Option<Vec<u8>>,
    /// A hash that was wrapped.
    pub wrapped: Option<String>,
    /// Since when it opens nothing.
    pub retired_at: Option<i64>,
}

/// The password of an account, as it is kept.
pub async fn find(conn: &mut impl AsEx, source: &str, legacy_id: &str) -> Result<Option<Kept>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT state, scheme, sealed, wrapped, retired_at
           FROM legacy_passwords
          WHERE source = $1 AND legacy_id = $2",
    )
    .bind(source)
    .bind(legacy_id)
    .fetch_optional(c)
    .await)?)
}

/// What is kept of the passwords of some accounts, by account; those that have none are left out.
pub async fn list(conn: &mut impl AsEx, source: &str, ids: &[&str]) -> Result<Vec<(String, Kept)>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        legacy_id: String,
        state: String,
        scheme: String,
        sealed: Option<Vec<u8>>,
        wrapped: Option<String>,
        retired_at: Option<i64>,
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT legacy_id, state, scheme, sealed, wrapped, retired_at FROM legacy_passwords WHERE source = ",
        );
        query.push_bind(source).push(" AND legacy_id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    let of = |Row { legacy_id, state, scheme, sealed, wrapped, retired_at }: Row| {
        (legacy_id, Kept { state, scheme, sealed, wrapped, retired_at })
    };
    Ok(rows.into_iter().map(of).collect())
}

/// By which names (folded) passwords of whoever has a folded user name here are typed for old systems, with the source of
/// each: of accounts that may still open something.
pub async fn list_names_of(conn: &mut impl AsEx, folded: &str) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT DISTINCT a.source, a.username_folded
           FROM legacy_accounts a JOIN persons p ON p.id = a.person_id
          WHERE p.username_folded = $1 AND a.decision IN ('linked', 'created') AND a.gone_at IS NULL AND a.retired_at IS NULL
          ORDER BY a.source, a.username_folded
          LIMIT $2",
    )
    .bind(folded)
    .bind(MOST_NAMES)
    .fetch_all(c)
    .await)?)
}

/// A weak hash that waits to be wrapped.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// The source.
    pub source: String,
    /// What the source calls the account.
    pub legacy_id: String,
    /// The hash, sealed for the account.
    pub sealed: Vec<u8>,
}

/// Some weak hashes that wait to be wrapped, by account, after one.
pub async fn list_sealed(conn: &mut impl AsEx, after: (&str, &str), most: i64) -> Result<Vec<Waiting>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, sealed
           FROM legacy_passwords
          WHERE state = 'sealed' AND sealed IS NOT NULL AND retired_at IS NULL
            AND (source > $1 OR (source = $1 AND legacy_id > $2))
          ORDER BY source, legacy_id
          LIMIT $3",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// How many weak hashes wait to be wrapped.
pub async fn count_sealed(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*) FROM legacy_passwords WHERE state = 'sealed' AND sealed IS NOT NULL AND retired_at IS NULL",
    )
    .fetch_one(c)
    .await)?)
}

/// Puts a wrapped hash in place of the sealed one; false when another is there meanwhile, or none.
pub async fn wrap(conn: &mut impl AsEx, old: &Waiting, wrapped: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_passwords
            SET state = 'wrapped', wrapped = $4, sealed = NULL, changed_at = $5, decoy_order = $6
          WHERE source = $1 AND legacy_id = $2 AND state = 'sealed' AND sealed = $3 AND retired_at IS NULL",
    )
    .bind(&old.source)
    .bind(&old.legacy_id)
    .bind(&old.sealed)
    .bind(wrapped)
    .bind(now.0)
    .bind(decoy_order(&old.source, &old.legacy_id))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Which password of which account, as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Old<'a> {
    /// The source.
    pub source: &'a str,
    /// What the source calls the account.
    pub legacy_id: &'a str,
    /// What was kept of it.
    pub kept: &'a Kept,
}

/// Puts a strong hash of the password itself in place of what was kept, unless that changed meanwhile.
///
/// What was there is part of the condition: of two first sign-ins one rewrites it, and a file that brought another
/// hash, or a retirement, is not undone.
pub async fn rewrite(conn: &mut impl AsEx, old: &Old<'_>, scheme: &str, sealed: &[u8], now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_passwords
            SET state = 'strong', scheme = $6, sealed = $7, wrapped = NULL, changed_at = $8, decoy_order = $9
          WHERE source = $1 AND legacy_id = $2 AND state = $3 AND retired_at IS NULL
            AND (sealed = $4 OR wrapped = $5)",
    )
    .bind(old.source)
    .bind(old.legacy_id)
    .bind(&old.kept.state)
    .bind(old.kept.sealed.as_deref())
    .bind(old.kept.wrapped.as_deref())
    .bind(scheme)
    .bind(sealed)
    .bind(now.0)
    .bind(decoy_order(old.source, old.legacy_id))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Where an account stands in the order of [`find_decoy`]: what it is called by says nothing of it, since ids of one source
/// begin alike.
fn decoy_order(source: &str, legacy_id: &str) -> String {
    let digest = sha256(format!("decoy\n{source}\n{legacy_id}").as_bytes());
    hex(&digest).chars().take(ORDER_LETTERS).collect()
}

/// The password of some account of a source, the first at or after a point (hexadecimal): what a name that nobody has is
/// checked against, so that it takes as long as others do.
pub async fn find_decoy(conn: &mut impl AsEx, source: &str, point: &str) -> Result<Option<(String, Kept)>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        legacy_id: String,
        state: String,
        scheme: String,
        sealed: Option<Vec<u8>>,
        wrapped: Option<String>,
        retired_at: Option<i64>,
    }
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT legacy_id, state, scheme, sealed, wrapped, retired_at
           FROM legacy_passwords
          WHERE source = $1 AND decoy_order >= $2 AND retired_at IS NULL AND state <> 'unknown'
          ORDER BY decoy_order
          LIMIT 1",
    )
    .bind(source)
    .bind(point)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|row| {
        let Row { legacy_id, state, scheme, sealed, wrapped, retired_at } = row;
        (legacy_id, Kept { state, scheme, sealed, wrapped, retired_at })
    }))
}
