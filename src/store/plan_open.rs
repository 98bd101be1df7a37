//! Posts that a run ended and did not let go on, since nobody had said where: the list that is worked through afterwards.
//!
//! They are noted while people are staged, and count once the run does.

use super::{AsEx, StoreError, sql};
use crate::base::id::{PersonId, PositionId, UnitId};

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

/// One post that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRow {
    /// Whose it was.
    pub person: PersonId,
    /// Which.
    pub position: PositionId,
    /// The unit that ended.
    pub from: UnitId,
    /// The units that it may go on in.
    pub candidates: Vec<UnitId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    person_id: String,
    position_id: String,
    from_unit: String,
    candidates: String,
}

impl Row {
    fn read(self) -> Result<OpenRow, StoreError> {
        Ok(OpenRow {
            candidates: serde_json::from_str(&self.candidates)?,
            person: PersonId(self.person_id),
            position: PositionId(self.position_id),
            from: UnitId(self.from_unit),
        })
    }
}

/// Notes what is open in a run, in place of what it noted of these people before.
pub async fn replace(conn: &mut impl AsEx, run: &str, people: &[PersonId], rows: &[OpenRow]) -> Result<(), StoreError> {
    for chunk in people.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM plan_open WHERE run = ");
            query.push_bind(run).push(" AND person_id IN (");
            let mut list = query.separated(", ");
            for person in chunk {
                list.push_bind(person.as_str());
            }
            query.push(")");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    add(conn, run, rows).await
}

/// Notes what is open in a run; what was noted before stays as it is.
pub async fn add(conn: &mut impl AsEx, run: &str, rows: &[OpenRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(CHUNK) {
        let candidates: Vec<String> =
            chunk.iter().map(|open| serde_json::to_string(&open.candidates)).collect::<Result<_, _>>()?;
        sql!(conn, |c| {
            let mut query =
                sqlx::QueryBuilder::<Engine>::new("INSERT INTO plan_open (run, person_id, position_id, from_unit, candidates) ");
            query.push_values(chunk.iter().zip(&candidates), |mut row, (open, candidates)| {
                row.push_bind(run).push_bind(open.person.as_str()).push_bind(open.position.as_str());
                row.push_bind(open.from.as_str()).push_bind(candidates.as_str());
            });
            query.push(" ON CONFLICT DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// One post of a run that is open.
pub async fn find(conn: &mut impl AsEx, run: &str, position: &PositionId) -> Result<Option<OpenRow>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, position_id, from_unit, candidates FROM plan_open WHERE run = $1 AND position_id = $2"
    )
    .bind(run)
    .bind(position.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Row::read).transpose()
}

/// Posts of a run that are open, of all units or of some, in the order of posts after one, some at a time.
pub async fn list(
    conn: &mut impl AsEx,
    run: &str,
    units: Option<&[UnitId]>,
    after: &str,
    most: i64,
) -> Result<Vec<OpenRow>, StoreError> {
    if units.is_some_and(<[UnitId]>::is_empty) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sql!(conn, |c| {
        let mut query =
            sqlx::QueryBuilder::<Engine>::new("SELECT person_id, position_id, from_unit, candidates FROM plan_open WHERE run = ");
        query.push_bind(run).push(" AND position_id > ").push_bind(after);
        if let Some(units) = units {
            query.push(" AND from_unit IN (");
            let mut list = query.separated(", ");
            for unit in units {
                list.push_bind(unit.as_str());
            }
            query.push(")");
        }
        query.push(" ORDER BY position_id LIMIT ").push_bind(most);
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::read).collect()
}

/// How many posts of a run are open.
pub async fn count(conn: &mut impl AsEx, run: &str) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM plan_open WHERE run = $1").bind(run).fetch_one(c).await)?)
}

/// Takes a post off the list; false when somebody did before.
pub async fn remove(conn: &mut impl AsEx, run: &str, position: &PositionId) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query("DELETE FROM plan_open WHERE run = $1 AND position_id = $2")
        .bind(run)
        .bind(position.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}

/// Removes some of what a run noted that was given up; 0 when nothing is left.
pub async fn remove_all_of(conn: &mut impl AsEx, run: &str, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM plan_open
          WHERE run = $1 AND position_id IN (SELECT o.position_id FROM plan_open o WHERE o.run = $1 LIMIT $2)",
    )
    .bind(run)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
