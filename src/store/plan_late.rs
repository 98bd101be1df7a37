//! What was told of people after their run was applied: decisions of open posts, and posts that came into a unit which it had
//! ended. Each is told in a set of its own, which is taken back with the run.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};

/// One late decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRow {
    /// The set that tells it.
    pub change_set: ChangeSetId,
    /// Whose post.
    pub person: PersonId,
    /// Which: the one that ended.
    pub position: PositionId,
    /// Where it goes on.
    pub unit: UnitId,
    /// The number of the decision.
    pub decision_no: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Millis,
}

#[derive(sqlx::FromRow)]
struct Row {
    change_set: String,
    person_id: String,
    position_id: String,
    unit_id: String,
    decision_no: String,
    decided_by: String,
    decided_at: i64,
}

impl Row {
    fn read(self) -> LateRow {
        LateRow {
            change_set: ChangeSetId(self.change_set),
            person: PersonId(self.person_id),
            position: PositionId(self.position_id),
            unit: UnitId(self.unit_id),
            decision_no: self.decision_no,
            by: self.decided_by,
            at: Millis(self.decided_at),
        }
    }
}

/// Notes a late decision; false when that post was decided before, or the run counts no more. Whoever takes the run back
/// comes before or after all of this transaction (on SQLite the one writer sees to it).
pub async fn add(conn: &mut impl AsEx, run: &str, late: &LateRow) -> Result<bool, StoreError> {
    if !counts(conn, run).await? {
        return Ok(false);
    }
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO plan_late (run, change_set, person_id, position_id, unit_id, decision_no, decided_by, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(run)
    .bind(late.change_set.as_str())
    .bind(late.person.as_str())
    .bind(late.position.as_str())
    .bind(late.unit.as_str())
    .bind(&late.decision_no)
    .bind(&late.by)
    .bind(late.at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// The late decisions of a run, oldest first.
pub async fn list(conn: &mut impl AsEx, run: &str) -> Result<Vec<LateRow>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT change_set, person_id, position_id, unit_id, decision_no, decided_by, decided_at
           FROM plan_late WHERE run = $1 ORDER BY decided_at, change_set, position_id",
    )
    .bind(run)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// Some of them after a post.
pub async fn list_after(conn: &mut impl AsEx, run: &str, after: &str, most: i64) -> Result<Vec<LateRow>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT change_set, person_id, position_id, unit_id, decision_no, decided_by, decided_at
           FROM plan_late WHERE run = $1 AND position_id > $2 ORDER BY position_id LIMIT $3",
    )
    .bind(run)
    .bind(after)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// Notes a set that lets posts go on which came into a unit after a run had ended it; false when the run counts no more.
/// Whoever takes the run back comes before or after all of this transaction, as with [`add`].
pub async fn add_latecomers(conn: &mut impl AsEx, run: &str, set: &ChangeSetId) -> Result<bool, StoreError> {
    if !counts(conn, run).await? {
        return Ok(false);
    }
    let added = sql!(conn, |c| sqlx::query("INSERT INTO plan_latecomers (run, change_set) VALUES ($1, $2)")
        .bind(run)
        .bind(set.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Those sets of a run.
pub async fn list_latecomers(conn: &mut impl AsEx, run: &str) -> Result<Vec<ChangeSetId>, StoreError> {
    let sets: Vec<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT change_set FROM plan_latecomers WHERE run = $1 ORDER BY change_set")
            .bind(run)
            .fetch_all(c)
            .await)?;
    Ok(sets.into_iter().map(ChangeSetId).collect())
}

/// True while a run counts, and until this transaction ends.
async fn counts(conn: &mut impl AsEx, run: &str) -> Result<bool, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR SHARE",
    };
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM plan_runs WHERE id = $1 AND state = 'applied'{lock}"
    )))
    .bind(run)
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}
