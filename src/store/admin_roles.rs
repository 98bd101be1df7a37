//! Roles of administrators, by date. A role that was taken back stays as a record of who could do what, and when.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, AdminScope};
use time::Date;

/// A role with who has it, and who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Who has it.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// The role.
    pub scope: AdminScope,
    /// When it was given.
    pub granted_at: Millis,
    /// Who gave it.
    pub granted_by: String,
    /// Why.
    pub reason: String,
    /// It is the account for the worst day: every administrator of the system hears of all that it does.
    pub break_glass: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    person_id: String,
    username: String,
    role: String,
    unit_id: Option<String>,
    client_id: Option<String>,
    valid_from: String,
    valid_to: Option<String>,
    granted_at: i64,
    granted_by: String,
    reason: String,
    break_glass: i64,
}

impl Row {
    fn granted(self) -> Result<Granted, StoreError> {
        let day = |column: &str, text: &str| parse(text).ok_or_else(|| unreadable(column));
        Ok(Granted {
            person: PersonId(self.person_id),
            username: self.username,
            scope: AdminScope {
                id: self.id,
                role: AdminRole::from_word(&self.role).ok_or_else(|| unreadable("role"))?,
                unit: self.unit_id.map(UnitId),
                client: self.client_id,
                valid_from: day("valid_from", &self.valid_from)?,
                valid_to: self.valid_to.map(|text| day("valid_to", &text)).transpose()?,
            },
            granted_at: Millis(self.granted_at),
            granted_by: self.granted_by,
            reason: self.reason,
            break_glass: self.break_glass != 0,
        })
    }
}

fn unreadable(column: &str) -> StoreError {
    StoreError::Corrupt(format!("admin_roles.{column}"))
}

/// Roles that were not taken back, to be narrowed down.
const GRANTED: &str = "SELECT a.id, a.person_id, p.username, a.role, a.unit_id, a.client_id, a.valid_from, a.valid_to,
       a.granted_at, a.granted_by, a.reason, a.break_glass
  FROM admin_roles a JOIN persons p ON p.id = a.person_id
 WHERE a.revoked_at IS NULL";

/// The roles of a person that were not taken back. Whether today is one of their days is for the reader to say.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<AdminScope>, StoreError> {
    let rows: Vec<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} AND a.person_id = $1 ORDER BY a.id")))
            .bind(person.as_str())
            .fetch_all(c)
            .await)?;
    rows.into_iter().map(|row| row.granted().map(|granted| granted.scope)).collect()
}

/// All roles that were not taken back, by user name.
pub async fn list_all(conn: &mut impl AsEx) -> Result<Vec<Granted>, StoreError> {
    let rows: Vec<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} ORDER BY p.username, a.id"))).fetch_all(c).await)?;
    rows.into_iter().map(Row::granted).collect()
}

/// A role that was not taken back, with who has it.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Granted>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} AND a.id = $1"))).bind(id).fetch_optional(c).await)?;
    row.map(Row::granted).transpose()
}

/// How a role is given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner<'a> {
    /// Why.
    pub reason: &'a str,
    /// To the account for the worst day.
    pub break_glass: bool,
}

/// Gives a role; false when the person has the same one, for the same days, already.
pub async fn add(conn: &mut impl AsEx, person: &PersonId, scope: &AdminScope, by: (&str, Millis)) -> Result<bool, StoreError> {
    add_as(conn, person, scope, Manner::default(), by).await
}

/// The same, with a reason, and to whom.
pub async fn add_as(
    conn: &mut impl AsEx,
    person: &PersonId,
    scope: &AdminScope,
    manner: Manner<'_>,
    by: (&str, Millis),
) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO admin_roles (id, person_id, role, unit_id, client_id, valid_from, valid_to, granted_at, granted_by,
                                  reason, break_glass)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
          WHERE NOT EXISTS (SELECT 1 FROM admin_roles
                             WHERE person_id = $2 AND role = $3 AND unit_id IS NOT DISTINCT FROM $4
                               AND client_id IS NOT DISTINCT FROM $5 AND valid_from = $6
                               AND valid_to IS NOT DISTINCT FROM $7 AND break_glass = $11 AND revoked_at IS NULL)",
    )
    .bind(&scope.id)
    .bind(person.as_str())
    .bind(scope.role.word())
    .bind(scope.unit.as_ref().map(UnitId::as_str))
    .bind(scope.client.as_deref())
    .bind(iso(scope.valid_from))
    .bind(scope.valid_to.map(iso))
    .bind(by.1.0)
    .bind(by.0)
    .bind(manner.reason)
    .bind(i64::from(manner.break_glass))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Takes a role back; false when that was done before.
pub async fn mark_revoked(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE admin_roles SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes a role back, but never the last one that runs the service on a day; false when it was taken back before, or is
/// that last one. Two who do so to each other at once do so one after the other.
pub async fn mark_revoked_but_last(conn: &mut impl AsEx, id: &str, now: Millis, today: Date) -> Result<bool, StoreError> {
    // Holds the rows of those who run the service until this ends (on SQLite the one writer sees to it).
    sql!(conn, |c| sqlx::query("UPDATE admin_roles SET granted_at = granted_at WHERE role = 'system' AND revoked_at IS NULL")
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE admin_roles SET revoked_at = $2
          WHERE id = $1 AND revoked_at IS NULL
            AND (role <> 'system'
                 OR EXISTS (SELECT 1 FROM admin_roles o JOIN persons p ON p.id = o.person_id
                             WHERE o.role = 'system' AND o.id <> $1 AND o.break_glass = 0 AND o.revoked_at IS NULL
                               AND o.valid_from <= $3 AND (o.valid_to IS NULL OR o.valid_to >= $3)
                               AND p.disabled_at IS NULL))",
    )
    .bind(id)
    .bind(now.0)
    .bind(iso(today))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// True for the account for the worst day.
pub async fn is_break_glass(conn: &mut impl AsEx, person: &PersonId, today: Date) -> Result<bool, StoreError> {
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT id FROM admin_roles
          WHERE person_id = $1 AND break_glass = 1 AND revoked_at IS NULL
            AND valid_from <= $2 AND (valid_to IS NULL OR valid_to >= $2) LIMIT 1",
    )
    .bind(person.as_str())
    .bind(iso(today))
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// The accounts for the worst day, whatever their days, and since when they are.
pub async fn list_break_glass(conn: &mut impl AsEx) -> Result<Vec<(PersonId, Millis)>, StoreError> {
    let rows: Vec<(String, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, MIN(granted_at) FROM admin_roles
          WHERE break_glass = 1 AND revoked_at IS NULL GROUP BY person_id ORDER BY person_id",
    )
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(person, since)| (PersonId(person), Millis(since))).collect())
}

/// Who runs the service on a day.
pub async fn list_system(conn: &mut impl AsEx, today: Date) -> Result<Vec<PersonId>, StoreError> {
    let rows: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT DISTINCT a.person_id FROM admin_roles a JOIN persons p ON p.id = a.person_id
          WHERE a.role = 'system' AND a.revoked_at IS NULL AND p.disabled_at IS NULL
            AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to >= $1) ORDER BY a.person_id",
    )
    .bind(iso(today))
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(PersonId).collect())
}
