//! Accounts of old systems that go with a person into another one, and back.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::legacy_account::AccountKey;
use crate::model::person_merge::MovedAccount;
use crate::store::{AsEx, StoreError, sql};

/// An account that leads to somebody.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRow {
    /// The source.
    pub source: String,
    /// What the source calls it.
    pub legacy_id: String,
    /// Its user name there.
    pub username: String,
    /// `linked` or `created`.
    pub decision: String,
    /// By which rule.
    pub rule: String,
    /// When it was decided.
    pub decided_at: Option<i64>,
    /// The human who decided.
    pub decided_by: Option<String>,
    /// Why they did.
    pub decided_why: String,
    /// Since when it opens nothing.
    pub retired_at: Option<i64>,
}

/// Who decided about an account by merging, and when: by this the account is known again.
#[derive(Debug, Clone, Copy)]
pub struct Mark<'a> {
    /// Who.
    pub by: &'a str,
    /// When.
    pub at: Millis,
}

/// The accounts of old systems that lead to somebody.
pub async fn list_accounts(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<AccountRow>, StoreError> {
    let mut rows: Vec<AccountRow> = sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, username, decision, rule, decided_at, decided_by, decided_why, retired_at
           FROM legacy_accounts WHERE person_id = $1 ORDER BY source, legacy_id",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    // Here and not in the statement, which SQLite would then answer by the index of decisions.
    rows.retain(|row| matches!(row.decision.as_str(), "linked" | "created"));
    Ok(rows)
}

/// Leads an account of one person to another one, by a human's word; false when it is not as it was read.
pub async fn move_account(
    conn: &mut impl AsEx,
    account: &MovedAccount,
    (from, to): (&PersonId, &PersonId),
    mark: Mark<'_>,
    why: &str,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET person_id = $4, decision = 'linked', rule = 'by_hand', decided_by = $5, decided_at = $6, decided_why = $7,
                retired_at = CASE WHEN $8 = 1 THEN COALESCE(retired_at, $6) ELSE retired_at END,
                offline_since = NULL
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision = $9
            AND decided_at IS NOT DISTINCT FROM $10 AND decided_by IS NOT DISTINCT FROM $11",
    )
    .bind(&account.source)
    .bind(&account.legacy_id)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(mark.by)
    .bind(mark.at.0)
    .bind(why)
    .bind(i64::from(account.retired))
    .bind(&account.decision)
    .bind(account.decided_at)
    .bind(account.decided_by.as_deref())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Leads an account back to whom it led, as it was decided then; false when somebody decided otherwise since. It opens
/// what it opened before: that it was retired since was for the kept person's sake. First use and confirmation since are
/// of whoever signed in as the kept person: the one to whom it goes back is asked anew.
pub async fn return_account(
    conn: &mut impl AsEx,
    account: &MovedAccount,
    (from, to): (&PersonId, &PersonId),
    mark: Mark<'_>,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET person_id = $4, decision = $7, rule = $8, decided_by = $9, decided_at = $10, decided_why = $11,
                retired_at = CASE WHEN retired_at >= $6 THEN $12 ELSE retired_at END,
                last_used_at = CASE WHEN first_used_at >= $6 THEN NULL ELSE last_used_at END,
                first_used_at = CASE WHEN first_used_at >= $6 THEN NULL ELSE first_used_at END,
                confirmed_at = CASE WHEN confirmed_at >= $6 THEN NULL ELSE confirmed_at END,
                offline_since = NULL
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision = 'linked'
            AND decided_by = $5 AND decided_at = $6",
    )
    .bind(&account.source)
    .bind(&account.legacy_id)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(mark.by)
    .bind(mark.at.0)
    .bind(&account.decision)
    .bind(&account.rule)
    .bind(account.decided_by.as_deref())
    .bind(account.decided_at)
    .bind(&account.decided_why)
    .bind(account.retired_before)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// When an account was last used, whosever it is.
pub async fn last_used_at(conn: &mut impl AsEx, source: &str, legacy_id: &str) -> Result<Option<i64>, StoreError> {
    let at: Option<Option<i64>> =
        sql!(conn, |c| sqlx::query_scalar("SELECT last_used_at FROM legacy_accounts WHERE source = $1 AND legacy_id = $2")
            .bind(source)
            .bind(legacy_id)
            .fetch_optional(c)
            .await)?;
    Ok(at.flatten())
}

/// Takes back that an account of somebody was retired at a moment; false when that is not so.
pub async fn mark_open(conn: &mut impl AsEx, key: &AccountKey, person: &PersonId, retired_at: i64) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts SET retired_at = NULL
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND retired_at = $4",
    )
    .bind(&key.source)
    .bind(&key.legacy_id)
    .bind(person.as_str())
    .bind(retired_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
