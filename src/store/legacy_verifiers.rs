//! What was learnt at good sign-ins with a directory, for days on which it is away.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// A verifier that may be used.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Verifier {
    /// What the source calls the account.
    pub legacy_id: String,
    /// The hash of its password.
    pub hash: String,
}

/// The verifiers of a source that were learnt after a moment, of accounts whose user names fold to one of these texts.
/// An account that is gone, was retired or is nobody's has none, and one whose owner does not want it neither, unless
/// everybody has one.
pub async fn list_usable(
    conn: &mut impl AsEx,
    source: &str,
    [name, other]: [&str; 2],
    everybody: bool,
    after: Millis,
) -> Result<Vec<Verifier>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT v.legacy_id, v.hash
           FROM legacy_accounts a JOIN legacy_verifiers v ON v.source = a.source AND v.legacy_id = a.legacy_id
          WHERE a.username_folded IN ($2, $3) AND a.source = $1 AND a.gone_at IS NULL AND a.retired_at IS NULL
            AND a.decision IN ('linked', 'created') AND (a.offline_since IS NOT NULL OR $4 = 1) AND v.learnt_at > $5
          ORDER BY v.legacy_id
          LIMIT 2",
    )
    .bind(source)
    .bind(name)
    .bind(other)
    .bind(i64::from(everybody))
    .bind(after.0)
    .fetch_all(c)
    .await)?)
}

/// Whether something may be learnt of an account.
pub async fn is_wanted(conn: &mut impl AsEx, source: &str, legacy_id: &str, everybody: bool) -> Result<bool, StoreError> {
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT legacy_id FROM legacy_accounts
          WHERE source = $1 AND legacy_id = $2 AND gone_at IS NULL AND retired_at IS NULL
            AND decision IN ('linked', 'created') AND (offline_since IS NOT NULL OR $3 = 1)",
    )
    .bind(source)
    .bind(legacy_id)
    .bind(i64::from(everybody))
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Sets what was learnt of an account, in place of what was learnt before.
pub async fn put(conn: &mut impl AsEx, source: &str, verifier: &Verifier, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO legacy_verifiers (source, legacy_id, hash, learnt_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (source, legacy_id) DO UPDATE SET hash = excluded.hash, learnt_at = excluded.learnt_at",
    )
    .bind(source)
    .bind(&verifier.legacy_id)
    .bind(&verifier.hash)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Forgets what was learnt of some accounts.
pub async fn remove(conn: &mut impl AsEx, source: &str, ids: &[&str]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM legacy_verifiers WHERE source = ");
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

/// Whether anything was learnt before a moment.
pub async fn has_old(conn: &mut impl AsEx, before: Millis) -> Result<bool, StoreError> {
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT legacy_id FROM legacy_verifiers WHERE learnt_at <= $1 LIMIT 1")
            .bind(before.0)
            .fetch_optional(c)
            .await)?;
    Ok(found.is_some())
}

/// Forgets what was learnt before a moment; answers of how many accounts.
pub async fn remove_old(conn: &mut impl AsEx, before: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM legacy_verifiers WHERE learnt_at <= $1")
        .bind(before.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Notes since when the owner of an account wants it to be so, or that they do not; false when it is not theirs.
pub async fn choose(
    conn: &mut impl AsEx,
    (source, legacy_id): (&str, &str),
    person: &PersonId,
    since: Option<Millis>,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts SET offline_since = $4
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision IN ('linked', 'created')",
    )
    .bind(source)
    .bind(legacy_id)
    .bind(person.as_str())
    .bind(since.map(|since| since.0))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
