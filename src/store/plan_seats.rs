//! Where the departments of units that a plan divides sit, as somebody told it by a file.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::model::plan::seats::Seat;

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

/// The seat of a department, or of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRow {
    /// The unit that ends.
    pub unit: UnitId,
    /// The department; empty for the unit's own seat.
    pub department: String,
    /// The address.
    pub address: String,
    /// Who told it.
    pub by: String,
    /// When.
    pub at: Millis,
}

impl SeatRow {
    /// As a rule asks for it.
    pub fn seat(&self) -> Seat {
        Seat { department: self.department.clone(), address: self.address.clone(), by: self.by.clone() }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    from_unit: String,
    department: String,
    address: String,
    told_by: String,
    told_at: i64,
}

impl Row {
    fn read(self) -> SeatRow {
        SeatRow {
            unit: UnitId(self.from_unit),
            department: self.department,
            address: self.address,
            by: self.told_by,
            at: Millis(self.told_at),
        }
    }
}

/// Notes the seats of some units, in place of all that was noted of these before.
pub async fn replace(conn: &mut impl AsEx, plan: &str, units: &[UnitId], rows: &[SeatRow]) -> Result<(), StoreError> {
    for chunk in units.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM plan_seats WHERE plan = ");
            query.push_bind(plan).push(" AND from_unit IN (");
            let mut list = query.separated(", ");
            for unit in chunk {
                list.push_bind(unit.as_str());
            }
            query.push(")");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    for chunk in rows.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO plan_seats (plan, from_unit, department, address, told_by, told_at) ",
            );
            query.push_values(chunk, |mut row, seat| {
                row.push_bind(plan).push_bind(seat.unit.as_str()).push_bind(seat.department.as_str());
                row.push_bind(seat.address.as_str()).push_bind(seat.by.as_str()).push_bind(seat.at.0);
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// All seats that were told for a plan, unit by unit.
pub async fn list(conn: &mut impl AsEx, plan: &str) -> Result<Vec<SeatRow>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT from_unit, department, address, told_by, told_at FROM plan_seats WHERE plan = $1
          ORDER BY from_unit, department",
    )
    .bind(plan)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Row::read).collect())
}
