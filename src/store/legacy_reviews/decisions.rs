//! Decisions of humans about accounts, written over what was read and over nothing else, and what stood there before.

use super::ReviewRow;
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::legacy_account::AccountKey;
use crate::store::{AsEx, StoreError, sql};

/// What a human decides about an owner, or what is put back.
#[derive(Debug, Clone, Copy)]
pub struct OwnerSet<'a> {
    /// The decision.
    pub decision: &'a str,
    /// The rule.
    pub rule: &'a str,
    /// What was seen, as JSON.
    pub evidence: &'a str,
    /// Whose it is.
    pub person: Option<&'a str>,
    /// When.
    pub at: Option<i64>,
    /// Who decided.
    pub by: Option<&'a str>,
    /// Why.
    pub why: &'a str,
    /// When its next owner first and last came with it, and said that it is theirs. Of an owner who stays that is as it is.
    pub used: [Option<i64>; 3],
    /// Since when it opens nothing: as it was read, and from now on.
    pub retired: [Option<i64>; 2],
    /// Since when its next owner wants to sign in while its directory is away. Of an owner who stays that is as it is.
    pub offline: Option<i64>,
}

/// What of an account goes with its owner, beside when they came with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct OwnersRow {
    /// Since when it opens nothing.
    pub retired_at: Option<i64>,
    /// Since when its owner wants to sign in while its directory is away.
    pub offline_since: Option<i64>,
}

/// What of an account goes with its owner.
pub async fn find_owners(conn: &mut impl AsEx, key: &AccountKey) -> Result<Option<OwnersRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT retired_at, offline_since FROM legacy_accounts WHERE source = $1 AND legacy_id = $2"
    )
    .bind(&key.source)
    .bind(&key.legacy_id)
    .fetch_optional(c)
    .await)?)
}

/// Lays a decision about the owner over the account as it was read; false when it is another by now, or somebody came with
/// it, or said that it is theirs, since it was read.
pub async fn set_owner(conn: &mut impl AsEx, read: &ReviewRow, set: &OwnerSet<'_>) -> Result<bool, StoreError> {
    let [first, last, confirmed] = set.used;
    let [retired_before, retired] = set.retired;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET decision = $1, rule = $2, evidence = $3, person_id = $4, decided_at = $5, decided_by = $6, decided_why = $7,
                first_used_at = CASE WHEN person_id IS NOT DISTINCT FROM $4 THEN first_used_at ELSE $8 END,
                last_used_at = CASE WHEN person_id IS NOT DISTINCT FROM $4 THEN last_used_at ELSE $9 END,
                confirmed_at = CASE WHEN person_id IS NOT DISTINCT FROM $4 THEN confirmed_at ELSE $10 END,
                offline_since = CASE WHEN person_id IS NOT DISTINCT FROM $4 THEN offline_since ELSE $22 END,
                retired_at = $18
          WHERE source = $11 AND legacy_id = $12 AND row_digest = $13 AND decision = $14
            AND COALESCE(decided_at, 0) = $15 AND COALESCE(decided_by, '') = $16 AND COALESCE(person_id, '') = $17
            AND COALESCE(retired_at, 0) = $19 AND COALESCE(first_used_at, 0) = $20 AND COALESCE(confirmed_at, 0) = $21",
    )
    .bind(set.decision)
    .bind(set.rule)
    .bind(set.evidence)
    .bind(set.person)
    .bind(set.at)
    .bind(set.by)
    .bind(set.why)
    .bind(first)
    .bind(last)
    .bind(confirmed)
    .bind(&read.source)
    .bind(&read.legacy_id)
    .bind(read.row_digest.as_slice())
    .bind(&read.decision)
    .bind(read.decided_at.unwrap_or_default())
    .bind(read.decided_by.as_deref().unwrap_or_default())
    .bind(read.person_id.as_deref().unwrap_or_default())
    .bind(retired)
    .bind(retired_before.unwrap_or_default())
    .bind(read.first_used_at.unwrap_or_default())
    .bind(read.confirmed_at.unwrap_or_default())
    .bind(set.offline)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// What a human decides about a unit, or what is put back.
#[derive(Debug, Clone, Copy)]
pub struct UnitSet<'a> {
    /// The decision.
    pub decision: &'a str,
    /// The unit.
    pub unit: Option<&'a str>,
    /// Why.
    pub reason: &'a str,
    /// Who decided.
    pub by: Option<&'a str>,
}

/// Lays a decision about the unit over the account as it was read; false when it is another by now.
pub async fn set_unit(conn: &mut impl AsEx, read: &ReviewRow, set: &UnitSet<'_>) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts SET unit_decision = $1, unit_id = $2, unit_reason = $3, unit_decided_by = $4
          WHERE source = $5 AND legacy_id = $6 AND unit_code = $7 AND unit_name = $8 AND district_name = $9
            AND unit_decision = $10 AND COALESCE(unit_id, '') = $11 AND COALESCE(unit_decided_by, '') = $12",
    )
    .bind(set.decision)
    .bind(set.unit)
    .bind(set.reason)
    .bind(set.by)
    .bind(&read.source)
    .bind(&read.legacy_id)
    .bind(&read.unit_code)
    .bind(&read.unit_name)
    .bind(&read.district_name)
    .bind(&read.unit_decision)
    .bind(read.unit_id.as_deref().unwrap_or_default())
    .bind(read.unit_decided_by.as_deref().unwrap_or_default())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// A decision of a human, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DecisionRow {
    /// Its identity.
    pub id: String,
    /// The source of the account.
    pub source: String,
    /// The account's key within it.
    pub legacy_id: String,
    /// `owner` or `unit`.
    pub what: String,
    /// What was done.
    pub act: String,
    /// What stood there before, as JSON.
    pub before_it: String,
    /// Whose the account became.
    pub person_id: Option<String>,
    /// Which unit it came to.
    pub unit_id: Option<String>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
    /// When.
    pub decided_at: i64,
    /// Who took it back.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<i64>,
}

const DECISION: &str =
    "id, source, legacy_id, what, act, before_it, person_id, unit_id, reason, decided_by, decided_at, undone_by, undone_at";

/// Keeps decisions.
pub async fn add_decisions(conn: &mut impl AsEx, decisions: &[DecisionRow]) -> Result<(), StoreError> {
    if decisions.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "INSERT INTO legacy_decisions
                 (id, source, legacy_id, what, act, before_it, person_id, unit_id, reason, decided_by, decided_at) ",
        );
        query.push_values(decisions, |mut values, kept| {
            values.push_bind(kept.id.as_str()).push_bind(kept.source.as_str()).push_bind(kept.legacy_id.as_str());
            values.push_bind(kept.what.as_str()).push_bind(kept.act.as_str()).push_bind(kept.before_it.as_str());
            values.push_bind(kept.person_id.as_deref()).push_bind(kept.unit_id.as_deref());
            values.push_bind(kept.reason.as_str()).push_bind(kept.decided_by.as_str()).push_bind(kept.decided_at);
        });
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// The decisions about an account, the newest first.
pub async fn list_decisions(conn: &mut impl AsEx, key: &AccountKey) -> Result<Vec<DecisionRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {DECISION} FROM legacy_decisions WHERE source = $1 AND legacy_id = $2 ORDER BY decided_at DESC, id DESC LIMIT 50"
    )))
    .bind(&key.source)
    .bind(&key.legacy_id)
    .fetch_all(c)
    .await)?)
}

/// Says that a decision was taken back; false when it was before.
pub async fn mark_undone(conn: &mut impl AsEx, id: &str, by: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_decisions SET undone_by = $2, undone_at = $3 WHERE id = $1 AND undone_at IS NULL"
    )
    .bind(id)
    .bind(by.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
