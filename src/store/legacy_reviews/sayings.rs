//! What accounts say of their units in the same words, where that is in question or unknown.

use super::{COLUMNS, ReviewRow};
use crate::store::legacy_units::ToldUnit;
use crate::store::{AsEx, StoreError, sql};

/// What accounts of one source say of their units in the same words, and how many of them nobody decided about.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SayingRow {
    /// The source.
    pub source: String,
    /// The code.
    pub unit_code: String,
    /// The name.
    pub unit_name: String,
    /// The district's name.
    pub district_name: String,
    /// Why it is in question.
    pub unit_reason: String,
    /// Accounts that say so.
    pub accounts: i64,
}

impl SayingRow {
    /// What is said.
    pub fn told(&self) -> ToldUnit {
        ToldUnit { code: self.unit_code.clone(), name: self.unit_name.clone(), district: self.district_name.clone() }
    }
}

/// Sayings that are in question (`review`) or unknown, in their order after one; of one source or (empty) of all.
pub async fn list_sayings(
    conn: &mut impl AsEx,
    (decision, source): (&str, &str),
    after: Option<(&str, &ToldUnit)>,
    most: i64,
) -> Result<Vec<SayingRow>, StoreError> {
    let (from, told) = after.map_or(("", None), |(source, told)| (source, Some(told)));
    let part = |of: fn(&ToldUnit) -> &str| told.map_or("", of).to_owned();
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, unit_code, unit_name, district_name, MIN(unit_reason) AS unit_reason, COUNT(*) AS accounts
           FROM legacy_accounts
          WHERE unit_decision IN ('review', 'unknown') AND unit_decision = $1 AND unit_decided_by IS NULL
            AND ($2 = '' OR source = $2) AND (source, unit_code, unit_name, district_name) > ($3, $4, $5, $6)
          GROUP BY source, unit_code, unit_name, district_name
          ORDER BY source, unit_code, unit_name, district_name LIMIT $7",
    )
    .bind(decision)
    .bind(source)
    .bind(from)
    .bind(part(|told| &told.code))
    .bind(part(|told| &told.name))
    .bind(part(|told| &told.district))
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The accounts that say so of whose unit nobody decided, by their keys, at most so many.
pub async fn list_saying(conn: &mut impl AsEx, source: &str, told: &ToldUnit, most: i64) -> Result<Vec<ReviewRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM legacy_accounts a
          WHERE a.unit_decision IN ('review', 'unknown') AND a.unit_decided_by IS NULL
            AND a.source = $1 AND a.unit_code = $2 AND a.unit_name = $3 AND a.district_name = $4
          ORDER BY a.legacy_id LIMIT $5"
    )))
    .bind(source)
    .bind(&told.code)
    .bind(&told.name)
    .bind(&told.district)
    .bind(most)
    .fetch_all(c)
    .await)?)
}
