//! Posts whose powers were handed to somebody else for a time: by whom, to whom, on which days, and since when no more.
//!
//! The post of whoever acts for somebody is a position like others. What stands here says whether it counts.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::base::id::{PersonId, PositionId};
use time::Date;

/// One delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The post of whoever acts for somebody.
    pub position: PositionId,
    /// The post that it stands for.
    pub of_position: PositionId,
    /// Whose post that is.
    pub of_person: PersonId,
    /// Who acts for them.
    pub to_person: PersonId,
    /// First day.
    pub valid_from: Date,
    /// Last day, inclusive.
    pub valid_to: Date,
    /// Number of the decision.
    pub decision_no: String,
    /// When it was made.
    pub created_at: Millis,
    /// When somebody ended it.
    pub ended_at: Option<Millis>,
}

#[derive(sqlx::FromRow)]
struct Row {
    position_id: String,
    of_position: String,
    of_person: String,
    to_person: String,
    valid_from: String,
    valid_to: String,
    decision_no: String,
    created_at: i64,
    ended_at: Option<i64>,
}

impl Row {
    fn delegation(self) -> Result<Delegation, StoreError> {
        let day = |column: &str, text: &str| parse(text).ok_or_else(|| StoreError::Corrupt(format!("delegations.{column}")));
        Ok(Delegation {
            position: PositionId(self.position_id),
            of_position: PositionId(self.of_position),
            of_person: PersonId(self.of_person),
            to_person: PersonId(self.to_person),
            valid_from: day("valid_from", &self.valid_from)?,
            valid_to: day("valid_to", &self.valid_to)?,
            decision_no: self.decision_no,
            created_at: Millis(self.created_at),
            ended_at: self.ended_at.map(Millis),
        })
    }
}

const COLUMNS: &str = "position_id, of_position, of_person, to_person, valid_from, valid_to, decision_no, created_at, ended_at";

/// Adds one.
pub async fn add(conn: &mut impl AsEx, delegation: &Delegation) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO delegations (position_id, of_position, of_person, to_person, valid_from, valid_to, decision_no, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(delegation.position.as_str())
    .bind(delegation.of_position.as_str())
    .bind(delegation.of_person.as_str())
    .bind(delegation.to_person.as_str())
    .bind(iso(delegation.valid_from))
    .bind(iso(delegation.valid_to))
    .bind(&delegation.decision_no)
    .bind(delegation.created_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The one of a post.
pub async fn find(conn: &mut impl AsEx, position: &PositionId) -> Result<Option<Delegation>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM delegations WHERE position_id = $1")))
            .bind(position.as_str())
            .fetch_optional(c)
            .await)?;
    row.map(Row::delegation).transpose()
}

/// Those by which a person acts for others, as far as nobody ended them.
pub async fn list_to(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Delegation>, StoreError> {
    open(conn, "to_person", person).await
}

/// Those by which others act for a person, as far as nobody ended them.
pub async fn list_of(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Delegation>, StoreError> {
    open(conn, "of_person", person).await
}

async fn open(conn: &mut impl AsEx, whose: &'static str, person: &PersonId) -> Result<Vec<Delegation>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM delegations WHERE {whose} = $1 AND ended_at IS NULL ORDER BY valid_from, position_id"
    )))
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::delegation).collect()
}

/// What a person gave or was given: first what is not over on a day, then what is, the last one first.
pub async fn list_about(conn: &mut impl AsEx, person: &PersonId, today: Date, most: i64) -> Result<Vec<Delegation>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM delegations WHERE of_person = $1 OR to_person = $1
          ORDER BY CASE WHEN ended_at IS NULL AND valid_to >= $2 THEN 0 ELSE 1 END, created_at DESC, position_id LIMIT $3"
    )))
    .bind(person.as_str())
    .bind(iso(today))
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::delegation).collect()
}

/// Ends one; false when it is over already.
pub async fn mark_ended(conn: &mut impl AsEx, position: &PositionId, now: Millis) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query("UPDATE delegations SET ended_at = $2 WHERE position_id = $1 AND ended_at IS NULL")
            .bind(position.as_str())
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
