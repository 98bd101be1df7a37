//! What legacy accounts say of their units, and what was decided of that by rule.

use super::{AsEx, StoreError, sql};
use crate::base::id::UnitId;

/// What an account says of its unit, as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToldUnit {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The district's name.
    pub district: String,
}

/// An account whose unit no human decided, and what was decided of it by rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUnit {
    /// What its source calls it.
    pub legacy_id: String,
    /// What it says.
    pub told: ToldUnit,
    /// The decision; empty when there is none yet.
    pub decision: String,
    /// The unit, when it is mapped.
    pub unit: Option<UnitId>,
    /// The unit that was meant on the day of the source.
    pub from: Option<UnitId>,
    /// Why.
    pub reason: String,
}

/// What is to be written of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecidedUnit<'a> {
    /// What its source calls it.
    pub legacy_id: &'a str,
    /// What it said when it was decided.
    pub told: &'a ToldUnit,
    /// The decision.
    pub decision: &'static str,
    /// The unit, when it is mapped.
    pub unit: Option<&'a UnitId>,
    /// The unit that was meant on the day of the source.
    pub from: Option<&'a UnitId>,
    /// Why.
    pub reason: &'static str,
}

#[derive(sqlx::FromRow)]
struct Row {
    legacy_id: String,
    unit_code: String,
    unit_name: String,
    district_name: String,
    unit_decision: String,
    unit_id: Option<String>,
    unit_from: Option<String>,
    unit_reason: String,
}

impl From<Row> for OpenUnit {
    fn from(row: Row) -> Self {
        Self {
            legacy_id: row.legacy_id,
            told: ToldUnit { code: row.unit_code, name: row.unit_name, district: row.district_name },
            decision: row.unit_decision,
            unit: row.unit_id.map(UnitId),
            from: row.unit_from.map(UnitId),
            reason: row.unit_reason,
        }
    }
}

/// Accounts of a source whose unit no human decided, in the order of their ids after one, some at a time.
pub async fn list_open(conn: &mut impl AsEx, source: &str, after: Option<&str>, most: i64) -> Result<Vec<OpenUnit>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT legacy_id, unit_code, unit_name, district_name, unit_decision, unit_id, unit_from, unit_reason
           FROM legacy_accounts
          WHERE source = $1 AND legacy_id > $2 AND unit_decided_by IS NULL
          ORDER BY legacy_id LIMIT $3",
    )
    .bind(source)
    .bind(after.unwrap_or_default())
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes what was decided of accounts of a source; answers of how many.
///
/// An account of which a human decided meanwhile, or which says something else by now, stays as it is: the next run sees it.
pub async fn mark_decided(conn: &mut impl AsEx, source: &str, decided: &[DecidedUnit<'_>]) -> Result<u64, StoreError> {
    if decided.is_empty() {
        return Ok(0);
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "WITH said (legacy_id, unit_code, unit_name, district_name, decision, unit, meant, reason) AS (",
        );
        query.push_values(decided, |mut row, one| {
            row.push_bind(one.legacy_id);
            row.push_bind(one.told.code.as_str()).push_bind(one.told.name.as_str()).push_bind(one.told.district.as_str());
            row.push_bind(one.decision).push_bind(one.unit.map(UnitId::as_str));
            row.push_bind(one.from.map(UnitId::as_str)).push_bind(one.reason);
        });
        query.push(
            ") UPDATE legacy_accounts
                  SET unit_decision = said.decision, unit_id = said.unit, unit_from = said.meant, unit_reason = said.reason
                 FROM said
                WHERE legacy_accounts.source = ",
        );
        query.push_bind(source);
        query.push(
            "     AND legacy_accounts.legacy_id = said.legacy_id
                  AND legacy_accounts.unit_decided_by IS NULL
                  AND legacy_accounts.unit_code = said.unit_code
                  AND legacy_accounts.unit_name = said.unit_name
                  AND legacy_accounts.district_name = said.district_name",
        );
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?)
}
