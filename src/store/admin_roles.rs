//! Roles of administrators, by date. A role that was taken back stays as a record of who could do what, and when.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse, vietnam_date};
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::plan::scopes::ScopeMove;
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
    list_all_until(conn, Millis(i64::MAX)).await
}

/// Those that were not taken back before a moment, whatever their days, by user name.
pub async fn list_all_until(conn: &mut impl AsEx, until: Millis) -> Result<Vec<Granted>, StoreError> {
    let stood = GRANTED.replace("a.revoked_at IS NULL", "(a.revoked_at IS NULL OR a.revoked_at >= $1)");
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{stood} ORDER BY p.username, a.id")))
        .bind(until.0)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::granted).collect()
}

/// A role that was not taken back, with who has it.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Granted>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} AND a.id = $1"))).bind(id).fetch_optional(c).await)?;
    row.map(Row::granted).transpose()
}

/// The roles that are bound to one of these units and were not taken back, whatever their days.
pub async fn list_bound_to(conn: &mut impl AsEx, units: &[UnitId]) -> Result<Vec<Granted>, StoreError> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(GRANTED);
        query.push(" AND a.unit_id IN (");
        let mut list = query.separated(", ");
        for unit in units {
            list.push_bind(unit.as_str());
        }
        query.push(") ORDER BY a.id");
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::granted).collect()
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
    hold_system(conn).await?;
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

/// Holds the roles of those who run the service until this transaction ends (on SQLite the one writer sees to it).
/// Always in one order, and before anything else of a person is held: nobody waits in a circle.
async fn hold_system(conn: &mut impl AsEx) -> Result<(), StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR UPDATE",
    };
    let _: Vec<String> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM admin_roles WHERE role = 'system' AND revoked_at IS NULL ORDER BY id{lock}"
    )))
    .fetch_all(c)
    .await)?;
    Ok(())
}

/// Where somebody runs the service: holds the roles of all who do, so that whoever ends the access of one of them, or
/// takes a role back, comes after another who does. Nothing is held for anybody else.
pub async fn hold_system_of(conn: &mut impl AsEx, person: &PersonId) -> Result<(), StoreError> {
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT id FROM admin_roles WHERE person_id = $1 AND role = 'system' AND revoked_at IS NULL LIMIT 1"
    )
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    if found.is_some() { hold_system(conn).await } else { Ok(()) }
}

/// Somebody does not run the service on a day, or somebody else does too, who may sign in. The account for the worst day
/// does not count on either side.
const NOT_THE_LAST: &str = "(NOT EXISTS (SELECT 1 FROM admin_roles m
                                          WHERE m.person_id = {person} AND m.role = 'system' AND m.break_glass = 0
                                            AND m.revoked_at IS NULL AND m.valid_from <= {day}
                                            AND (m.valid_to IS NULL OR m.valid_to >= {day}))
                              OR EXISTS (SELECT 1 FROM admin_roles o JOIN persons q ON q.id = o.person_id
                                          WHERE o.person_id <> {person} AND o.role = 'system' AND o.break_glass = 0
                                            AND o.revoked_at IS NULL AND o.valid_from <= {day}
                                            AND (o.valid_to IS NULL OR o.valid_to >= {day}) AND q.disabled_at IS NULL))";

/// The condition that the service is run on without somebody, for a statement that ends their access: after
/// [`hold_system_of`]. `person` and `day` are the numbers of their parameters.
pub(super) fn not_the_last(person: &str, day: &str) -> String {
    NOT_THE_LAST.replace("{person}", person).replace("{day}", day)
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

/// An account for the worst day, and when it was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// Whose.
    pub person: PersonId,
    /// Since when.
    pub since: Millis,
    /// Until when; nothing while it is one.
    pub until: Option<Millis>,
}

/// The accounts for the worst day, whatever their days, also those that were one after a moment.
pub async fn list_break_glass(conn: &mut impl AsEx, after: Millis) -> Result<Vec<BreakGlass>, StoreError> {
    let rows: Vec<(String, i64, Option<i64>)> = sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, granted_at, revoked_at FROM admin_roles
          WHERE break_glass = 1 AND (revoked_at IS NULL OR revoked_at >= $1) ORDER BY person_id, granted_at, id",
    )
    .bind(after.0)
    .fetch_all(c)
    .await)?;
    let read = |(person, since, until): (String, i64, Option<i64>)| BreakGlass {
        person: PersonId(person),
        since: Millis(since),
        until: until.map(Millis),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Who runs the service on a day, and who did so after a moment: whoever was dismissed or disabled since is among them.
pub async fn list_system(conn: &mut impl AsEx, today: Date, after: Millis) -> Result<Vec<PersonId>, StoreError> {
    let rows: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT DISTINCT a.person_id FROM admin_roles a JOIN persons p ON p.id = a.person_id
          WHERE a.role = 'system' AND (a.revoked_at IS NULL OR a.revoked_at >= $3)
            AND (p.disabled_at IS NULL OR p.disabled_at >= $3)
            AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to >= $2) ORDER BY a.person_id",
    )
    .bind(iso(today))
    .bind(iso(vietnam_date(after)))
    .bind(after.0)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(PersonId).collect())
}

/// Ends the role of somebody whose unit ends, and gives the one that follows it, for the same reason; false when the role is
/// not as the move says that it was, or was taken back: then nothing is given. One that follows and was taken back before, by
/// somebody who saw the same plan applied, stays taken back.
pub async fn write_move(
    conn: &mut impl AsEx,
    person: &PersonId,
    moved: &ScopeMove,
    by: (&str, Millis),
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE admin_roles SET valid_to = COALESCE($4, valid_to)
          WHERE id = $1 AND person_id = $2 AND valid_to IS NOT DISTINCT FROM $3 AND revoked_at IS NULL",
    )
    .bind(&moved.id)
    .bind(person.as_str())
    .bind(moved.was.map(iso))
    .bind(moved.ended.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if let Some(begun) = moved.begun.as_ref().filter(|_| changed == 1) {
        add_following(conn, &moved.id, begun, by).await?;
    }
    Ok(changed == 1)
}

/// Gives the role that follows another one: to the same person, in the same manner.
async fn add_following(conn: &mut impl AsEx, old: &str, begun: &AdminScope, by: (&str, Millis)) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO admin_roles (id, person_id, role, unit_id, client_id, valid_from, valid_to, granted_at, granted_by,
                                  reason, break_glass)
         SELECT $2, o.person_id, $3, $4, $5, $6, $7, $8, $9, o.reason, o.break_glass
           FROM admin_roles o WHERE o.id = $1
         ON CONFLICT DO NOTHING",
    )
    .bind(old)
    .bind(&begun.id)
    .bind(begun.role.word())
    .bind(begun.unit.as_ref().map(UnitId::as_str))
    .bind(begun.client.as_deref())
    .bind(iso(begun.valid_from))
    .bind(begun.valid_to.map(iso))
    .bind(by.1.0)
    .bind(by.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Takes a move back: the role that follows goes, and the one that ended has its last day of before. False when somebody
/// changed one of them or took it back since: that one stays so, and whoever lost the role that follows does not come by
/// the earlier one again.
pub async fn take_move_back(conn: &mut impl AsEx, person: &PersonId, moved: &ScopeMove) -> Result<bool, StoreError> {
    if let Some(begun) = &moved.begun
        && !remove_following(conn, person, begun).await?
    {
        return Ok(false);
    }
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE admin_roles SET valid_to = $3
          WHERE id = $1 AND person_id = $2 AND valid_to IS NOT DISTINCT FROM COALESCE($4, $3) AND revoked_at IS NULL",
    )
    .bind(&moved.id)
    .bind(person.as_str())
    .bind(moved.was.map(iso))
    .bind(moved.ended.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes a role that is still exactly as it was given; false when it is not.
async fn remove_following(conn: &mut impl AsEx, person: &PersonId, begun: &AdminScope) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query(
        "DELETE FROM admin_roles
          WHERE id = $1 AND person_id = $2 AND unit_id IS NOT DISTINCT FROM $3 AND valid_from = $4
            AND valid_to IS NOT DISTINCT FROM $5 AND revoked_at IS NULL",
    )
    .bind(&begun.id)
    .bind(person.as_str())
    .bind(begun.unit.as_ref().map(UnitId::as_str))
    .bind(iso(begun.valid_from))
    .bind(begun.valid_to.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}
