//! Grants that files bring, and taking them back.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::base::id::{PersonId, PositionId};
use std::collections::HashSet;
use time::Date;

/// A role that a file grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// The identity that it gets.
    pub id: String,
    /// The line of the file.
    pub line: i64,
    /// To whom.
    pub person: PersonId,
    /// In which client.
    pub client: String,
    /// Which role.
    pub role: String,
    /// Only while acting in this position.
    pub position: Option<PositionId>,
    /// Why.
    pub reason: String,
    /// First day.
    pub valid_from: Option<Date>,
    /// Last day, inclusive.
    pub valid_to: Option<Date>,
}

/// A role that a file brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The grant.
    pub id: String,
    /// Who has it.
    pub person: PersonId,
    /// In which client.
    pub client: String,
    /// Which role.
    pub role: String,
    /// Somebody gave it other days since.
    pub changed: bool,
    /// Somebody took it back since.
    pub revoked: bool,
}

/// What tells two grants of one person apart: client, role, position and days.
pub type Which = (String, String, Option<String>, Option<String>, Option<String>);

impl NewGrant {
    /// Which one it is.
    pub fn which(&self) -> Which {
        let position = self.position.as_ref().map(|position| position.0.clone());
        (self.client.clone(), self.role.clone(), position, self.valid_from.map(iso), self.valid_to.map(iso))
    }
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    person_id: String,
    client_id: String,
    role: String,
    position_id: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
}

/// The grants of some people that were not taken back.
pub async fn list_held(conn: &mut impl AsEx, people: &[PersonId]) -> Result<HashSet<(PersonId, Which)>, StoreError> {
    if people.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<HeldRow> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT person_id, client_id, role, position_id, valid_from, valid_to FROM role_grants
              WHERE revoked_at IS NULL AND person_id IN (",
        );
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    let which = |row: HeldRow| {
        let which = (row.client_id, row.role, row.position_id, row.valid_from, row.valid_to);
        (PersonId(row.person_id), which)
    };
    Ok(rows.into_iter().map(which).collect())
}

/// Grants a role that a file brings, and remembers that the file did; false when the same one counts already.
pub async fn add(conn: &mut impl AsEx, import: &str, grant: &NewGrant, by: (&str, Millis)) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO role_grants (id, client_id, role, person_id, position_id, granted_at, granted_by, reason,
                                  valid_from, valid_to)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
          WHERE NOT EXISTS (SELECT 1 FROM role_grants
                             WHERE client_id = $2 AND role = $3 AND person_id = $4
                               AND position_id IS NOT DISTINCT FROM $5 AND valid_from IS NOT DISTINCT FROM $9
                               AND valid_to IS NOT DISTINCT FROM $10 AND revoked_at IS NULL)",
    )
    .bind(&grant.id)
    .bind(&grant.client)
    .bind(&grant.role)
    .bind(grant.person.as_str())
    .bind(grant.position.as_ref().map(PositionId::as_str))
    .bind(by.1.0)
    .bind(by.0)
    .bind(&grant.reason)
    .bind(grant.valid_from.map(iso))
    .bind(grant.valid_to.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if added == 0 {
        return Ok(false);
    }
    sql!(conn, |c| sqlx::query(
        "INSERT INTO import_grants (import_id, grant_id, line, person_id, valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(import)
    .bind(&grant.id)
    .bind(grant.line)
    .bind(grant.person.as_str())
    .bind(grant.valid_from.map(iso))
    .bind(grant.valid_to.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(true)
}

/// The lines whose grants a file has brought already: its work may have been stopped in the middle.
pub async fn list_lines(conn: &mut impl AsEx, import: &str) -> Result<Vec<i64>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT line FROM import_grants WHERE import_id = $1 ORDER BY line")
        .bind(import)
        .fetch_all(c)
        .await)?)
}

/// Grants that a file brought and that were not looked at again yet, some at a time.
pub async fn list_brought(conn: &mut impl AsEx, import: &str, most: i64) -> Result<Vec<Brought>, StoreError> {
    type Row = (String, String, String, String, Option<String>, Option<String>, Option<String>, Option<String>, Option<i64>);
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT b.grant_id, b.person_id, g.client_id, g.role, b.valid_from, b.valid_to, g.valid_from, g.valid_to,
                g.revoked_at
           FROM import_grants b JOIN role_grants g ON g.id = b.grant_id
          WHERE b.import_id = $1 AND b.undone_at IS NULL
          ORDER BY b.grant_id LIMIT $2",
    )
    .bind(import)
    .bind(most)
    .fetch_all(c)
    .await)?;
    let day = |text: Option<String>| text.as_deref().and_then(parse);
    Ok(rows
        .into_iter()
        .map(|(id, person, client, role, from, to, now_from, now_to, revoked_at)| Brought {
            id,
            person: PersonId(person),
            client,
            role,
            changed: (day(from), day(to)) != (day(now_from), day(now_to)),
            revoked: revoked_at.is_some(),
        })
        .collect())
}

/// Takes a grant back that counts; false when it counts no more.
pub async fn revoke(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE role_grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Notes that a grant was looked at while its file was taken back.
pub async fn mark_undone(conn: &mut impl AsEx, import: &str, id: &str, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE import_grants SET undone_at = $3 WHERE import_id = $1 AND grant_id = $2")
        .bind(import)
        .bind(id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}
