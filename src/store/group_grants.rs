//! Roles granted to whoever has a post in a unit: with their days, and why.
//!
//! One that was taken back, or whose days are over, stays as a record of who could enter what, and when.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse, vietnam_date};
use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::model::as_of::AsOf;
use crate::model::entitlement::{Condition, GroupGrant};

/// Units of one statement; engines limit the bound values.
const UNITS: usize = 500;

/// A role of a group with its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The role, and whom it is for.
    pub grant: GroupGrant,
    /// Why it was given.
    pub reason: String,
    /// When it was given.
    pub granted_at: Millis,
    /// Who gave it.
    pub granted_by: String,
}

/// What a row says of the role and whom it is for.
#[derive(sqlx::FromRow)]
pub(super) struct Columns {
    id: String,
    client_id: String,
    role: String,
    unit_id: String,
    below: i64,
    title: String,
    least_level: Option<i64>,
    office_only: i64,
    valid_from: Option<String>,
    valid_to: Option<String>,
    granted_at: i64,
}

impl Columns {
    pub(super) fn grant(self) -> Result<GroupGrant, StoreError> {
        let day = |column: &str, text: Option<String>| {
            let read = |text: String| parse(&text).ok_or_else(|| StoreError::Corrupt(format!("group_grants.{column}")));
            text.map(read).transpose()
        };
        Ok(GroupGrant {
            id: self.id,
            client_id: self.client_id,
            role: self.role,
            unit: UnitId(self.unit_id),
            below: self.below != 0,
            title: Some(self.title).filter(|title| !title.is_empty()),
            condition: Condition { least_level: self.least_level, office_only: self.office_only != 0 },
            given_on: vietnam_date(Millis(self.granted_at)),
            valid_from: day("valid_from", self.valid_from)?,
            valid_to: day("valid_to", self.valid_to)?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    columns: Columns,
    reason: String,
    granted_by: String,
}

impl Row {
    fn stored(self) -> Result<Stored, StoreError> {
        let granted_at = Millis(self.columns.granted_at);
        Ok(Stored { grant: self.columns.grant()?, reason: self.reason, granted_at, granted_by: self.granted_by })
    }
}

/// Those that were not taken back, to be narrowed down.
const GRANTED: &str = "SELECT id, client_id, role, unit_id, below, title, least_level, office_only, valid_from, valid_to,
       reason, granted_at, granted_by
  FROM group_grants
 WHERE revoked_at IS NULL";

/// All that were not taken back, by client and role.
pub async fn list(conn: &mut impl AsEx) -> Result<Vec<Stored>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} ORDER BY client_id, role, id")))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::stored).collect()
}

/// Those of one client that were not taken back, by role.
pub async fn list_of(conn: &mut impl AsEx, client: &str) -> Result<Vec<Stored>, StoreError> {
    let rows: Vec<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} AND client_id = $1 ORDER BY role, id")))
            .bind(client)
            .fetch_all(c)
            .await)?;
    rows.into_iter().map(Row::stored).collect()
}

/// Those that counted on a day, by client and role; of a day that is over also those that were taken back since.
pub async fn list_as_of(conn: &mut impl AsEx, day: AsOf) -> Result<Vec<Stored>, StoreError> {
    let stood = GRANTED.replace("revoked_at IS NULL", "(revoked_at IS NULL OR revoked_at >= $1)");
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{stood} AND granted_at < $1
            AND (valid_from IS NULL OR valid_from <= $2) AND (valid_to IS NULL OR valid_to >= $2)
          ORDER BY client_id, role, id"
    )))
    .bind(day.until().0)
    .bind(iso(day.on))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::stored).collect()
}

/// One that was not taken back.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Stored>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} AND id = $1"))).bind(id).fetch_optional(c).await)?;
    row.map(Row::stored).transpose()
}

/// Those for exactly these units that were not taken back, by id.
pub async fn list_in(conn: &mut impl AsEx, units: &[UnitId]) -> Result<Vec<Stored>, StoreError> {
    let mut all = Vec::new();
    for chunk in units.chunks(UNITS) {
        let rows: Vec<Row> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(GRANTED);
            query.push(" AND unit_id IN (");
            let mut list = query.separated(", ");
            for unit in chunk {
                list.push_bind(unit.as_str());
            }
            query.push(")");
            query.build_query_as::<Row>().fetch_all(c).await
        })?;
        for row in rows {
            all.push(row.stored()?);
        }
    }
    all.sort_by(|one, other| one.grant.id.cmp(&other.grant.id));
    Ok(all)
}

/// True for a unit that there is; nobody takes it away before this transaction ends (on SQLite the one writer sees to it).
pub async fn hold_unit(conn: &mut impl AsEx, unit: &UnitId) -> Result<bool, StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR KEY SHARE",
    };
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT id FROM units WHERE id = $1{lock}")))
            .bind(unit.as_str())
            .fetch_optional(c)
            .await)?;
    Ok(found.is_some())
}

/// Holds a client until this transaction ends (on SQLite the one writer sees to it); what only names the client does not wait.
async fn hold_client(conn: &mut impl AsEx, client: &str) -> Result<(), StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR NO KEY UPDATE",
    };
    let _: Option<String> =
        sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT id FROM clients WHERE id = $1{lock}")))
            .bind(client)
            .fetch_optional(c)
            .await)?;
    Ok(())
}

/// Grants a role to a group; false when on one of these days it has the same already, which asks no more of a sign-on. Of two
/// who grant roles of one client at once the second waits, and finds what the first granted.
pub async fn add(conn: &mut impl AsEx, stored: &Stored) -> Result<bool, StoreError> {
    let grant = &stored.grant;
    hold_client(conn, &grant.client_id).await?;
    let title = grant.title.as_deref().unwrap_or_default();
    let first = grant.valid_from.unwrap_or_else(|| vietnam_date(stored.granted_at));
    let last = grant.valid_to.map_or_else(|| "9999-12-31".to_owned(), iso);
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO group_grants (id, client_id, role, unit_id, below, title, title_key, least_level, office_only,
                                   valid_from, valid_to, reason, granted_at, granted_by)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
          WHERE NOT EXISTS (SELECT 1 FROM group_grants
                             WHERE client_id = $2 AND role = $3 AND unit_id = $4 AND below = $5 AND title_key = $7
                               AND revoked_at IS NULL
                               AND COALESCE(least_level, 0) <= $15 AND office_only <= $9
                               AND (valid_to IS NULL OR valid_to >= $16)
                               AND (valid_from IS NULL OR valid_from <= $17))
         ON CONFLICT DO NOTHING",
    )
    .bind(&grant.id)
    .bind(&grant.client_id)
    .bind(&grant.role)
    .bind(grant.unit.as_str())
    .bind(i64::from(grant.below))
    .bind(title)
    .bind(fold(title))
    .bind(grant.condition.least_level)
    .bind(i64::from(grant.condition.office_only))
    .bind(grant.valid_from.map(iso))
    .bind(grant.valid_to.map(iso))
    .bind(&stored.reason)
    .bind(stored.granted_at.0)
    .bind(&stored.granted_by)
    .bind(grant.condition.least_level.unwrap_or_default())
    .bind(iso(first))
    .bind(&last)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Takes one back; false when it was taken back before.
pub async fn mark_revoked(conn: &mut impl AsEx, id: &str, by: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE group_grants SET revoked_at = $3, revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL"
    )
    .bind(id)
    .bind(by)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
