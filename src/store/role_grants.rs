//! Roles granted to people, or to one of their positions: with their days, and why.
//!
//! A role that was taken back, or whose days are over, stays as a record of who could enter what, and when.

use super::{AsEx, StoreError, lifecycles, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse, vietnam_date};
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};
use crate::model::as_of::AsOf;
use crate::model::entitlement::Condition;
use crate::model::role::RoleGrant;
use std::collections::BTreeSet;
use time::Date;

/// On which days a role counts, and why it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// First day; none: since it was given.
    pub valid_from: Option<Date>,
    /// Last day, inclusive; open when `None`.
    pub valid_to: Option<Date>,
    /// Why.
    pub reason: String,
}

/// A role with its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedRole {
    /// Its identity.
    pub id: String,
    /// Who has it.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// The role.
    pub grant: RoleGrant,
    /// Its days, and why it was given.
    pub terms: Terms,
    /// When it was given.
    pub granted_at: Millis,
    /// Who gave it.
    pub granted_by: String,
    /// When it last let its owner in.
    pub used_at: Option<Millis>,
}

impl GrantedRole {
    /// True while the role counts.
    pub fn in_force_on(&self, on: Date) -> bool {
        self.terms.valid_from.is_none_or(|first| first <= on) && !self.is_over_on(on)
    }

    /// True when the role never counts again.
    pub fn is_over_on(&self, on: Date) -> bool {
        self.terms.valid_to.is_some_and(|last| last < on)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    role: String,
    person_id: String,
    username: String,
    position_id: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    reason: String,
    granted_at: i64,
    granted_by: String,
    used_at: Option<i64>,
    least_level: Option<i64>,
    office_only: i64,
}

impl Row {
    fn granted(self) -> Result<GrantedRole, StoreError> {
        let day = |column: &str, text: Option<String>| {
            let read = |text: String| parse(&text).ok_or_else(|| StoreError::Corrupt(format!("role_grants.{column}")));
            text.map(read).transpose()
        };
        Ok(GrantedRole {
            id: self.id,
            person: PersonId(self.person_id),
            username: self.username,
            grant: RoleGrant {
                client_id: self.client_id,
                role: self.role,
                position: self.position_id.map(PositionId),
                condition: Condition { least_level: self.least_level, office_only: self.office_only != 0 },
            },
            terms: Terms {
                valid_from: day("valid_from", self.valid_from)?,
                valid_to: day("valid_to", self.valid_to)?,
                reason: self.reason,
            },
            granted_at: Millis(self.granted_at),
            granted_by: self.granted_by,
            used_at: self.used_at.map(Millis),
        })
    }
}

/// Roles that were not taken back, to be narrowed down.
const GRANTED: &str = "SELECT g.id, g.client_id, g.role, g.person_id, p.username, g.position_id, g.valid_from, g.valid_to,
       g.reason, g.granted_at, g.granted_by, g.used_at, g.least_level, g.office_only
  FROM role_grants g JOIN persons p ON p.id = g.person_id
 WHERE g.revoked_at IS NULL";

/// A role as it is read alone: client, role, post, level and office.
type Bare = (String, String, Option<String>, Option<i64>, i64);

fn bare((client_id, role, position, least_level, office): Bare) -> RoleGrant {
    let condition = Condition { least_level, office_only: office != 0 };
    RoleGrant { client_id, role, position: position.map(PositionId), condition }
}

/// The roles of a person that were not taken back. Whether today is one of their days is for [`list_on`] to say.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<RoleGrant>, StoreError> {
    let rows: Vec<Bare> = sql!(conn, |c| sqlx::query_as(
        "SELECT DISTINCT client_id, role, position_id, least_level, office_only FROM role_grants
          WHERE person_id = $1 AND revoked_at IS NULL
          ORDER BY client_id, role, position_id, least_level, office_only",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(bare).collect())
}

/// The roles that count for a person on a day.
pub async fn list_on(conn: &mut impl AsEx, person: &PersonId, on: Date) -> Result<Vec<RoleGrant>, StoreError> {
    let rows: Vec<Bare> = sql!(conn, |c| sqlx::query_as(
        "SELECT DISTINCT client_id, role, position_id, least_level, office_only FROM role_grants
          WHERE person_id = $1 AND revoked_at IS NULL
            AND (valid_from IS NULL OR valid_from <= $2) AND (valid_to IS NULL OR valid_to >= $2)
          ORDER BY client_id, role, position_id, least_level, office_only",
    )
    .bind(person.as_str())
    .bind(iso(on))
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(bare).collect())
}

/// The roles of a person that were not taken back, with their story.
pub async fn list_of_person(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<GrantedRole>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{GRANTED} AND g.person_id = $1 ORDER BY g.client_id, g.role, g.id"
    )))
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::granted).collect()
}

/// The roles of a person that counted on a day, with their story; of a day that is over also those that were taken back since.
pub async fn list_as_of(conn: &mut impl AsEx, person: &PersonId, day: AsOf) -> Result<Vec<GrantedRole>, StoreError> {
    let stood = GRANTED.replace("g.revoked_at IS NULL", "(g.revoked_at IS NULL OR g.revoked_at >= $2)");
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{stood} AND g.person_id = $1 AND g.granted_at < $2
            AND (g.valid_from IS NULL OR g.valid_from <= $3) AND (g.valid_to IS NULL OR g.valid_to >= $3)
          ORDER BY g.client_id, g.role, g.id"
    )))
    .bind(person.as_str())
    .bind(day.until().0)
    .bind(iso(day.on))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::granted).collect()
}

/// One role that was not taken back.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<GrantedRole>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{GRANTED} AND g.id = $1"))).bind(id).fetch_optional(c).await)?;
    row.map(Row::granted).transpose()
}

/// Which roles a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Only those of one client.
    pub client: Option<&'a str>,
    /// Only one role of it.
    pub role: Option<&'a str>,
    /// Only those that counted on a day; of one that is over also those that were taken back since.
    pub as_of: Option<AsOf>,
    /// Only those that count on this day.
    pub in_force_on: Option<Date>,
    /// Only those whose last day is not after this one.
    pub ends_by: Option<Date>,
    /// Only those that were given before this moment and never used.
    pub unused_since: Option<Millis>,
    /// Only of people who have, or had, a post in one of these units; none: of everybody.
    pub units: Option<&'a BTreeSet<UnitId>>,
    /// Only after this one: the user name in small letters, and the role's id.
    pub after: Option<(&'a str, &'a str)>,
}

/// Roles by user name, some at a time. Whether somebody still belongs to one of the units is for the reader to say.
pub async fn list_some(conn: &mut impl AsEx, wanted: &Wanted<'_>, most: i64) -> Result<Vec<GrantedRole>, StoreError> {
    if wanted.units.is_some_and(BTreeSet::is_empty) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(GRANTED);
        if let Some(day) = wanted.as_of {
            let stood = GRANTED.replace("g.revoked_at IS NULL", "(g.revoked_at IS NULL OR g.revoked_at >= ");
            query = sqlx::QueryBuilder::<Engine>::new(stood);
            query.push_bind(day.until().0).push(") AND g.granted_at < ").push_bind(day.until().0);
        }
        if let Some(client) = wanted.client {
            query.push(" AND g.client_id = ").push_bind(client.to_owned());
        }
        if let Some(role) = wanted.role {
            query.push(" AND g.role = ").push_bind(role.to_owned());
        }
        if let Some(day) = wanted.as_of.map(|day| day.on).or(wanted.in_force_on) {
            query.push(" AND (g.valid_from IS NULL OR g.valid_from <= ").push_bind(iso(day));
            query.push(") AND (g.valid_to IS NULL OR g.valid_to >= ").push_bind(iso(day)).push(")");
        }
        if let Some(day) = wanted.ends_by {
            query.push(" AND g.valid_to <= ").push_bind(iso(day));
        }
        if let Some(moment) = wanted.unused_since {
            query.push(" AND g.used_at IS NULL AND g.granted_at < ").push_bind(moment.0);
        }
        if let Some(units) = wanted.units {
            query.push(" AND EXISTS (SELECT 1 FROM positions q WHERE q.person_id = g.person_id AND q.unit_id IN (");
            let mut list = query.separated(", ");
            for unit in units {
                list.push_bind(unit.0.clone());
            }
            query.push("))");
        }
        if let Some((username, id)) = wanted.after {
            query.push(" AND (p.username_folded, g.id) > (").push_bind(username.to_owned());
            query.push(", ").push_bind(id.to_owned()).push(")");
        }
        query.push(" ORDER BY p.username_folded, g.id LIMIT ").push_bind(most);
        query.build_query_as::<Row>().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::granted).collect()
}

/// A role that is bound to a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its identity.
    pub id: String,
    /// The client that declares it.
    pub client_id: String,
    /// The role.
    pub role: String,
    /// The post.
    pub position: PositionId,
}

/// Roles that were not taken back and are bound to posts, after one, some at a time.
pub async fn list_bound(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<Bound>, StoreError> {
    let rows: Vec<(String, String, String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, client_id, role, position_id FROM role_grants
          WHERE id > $1 AND revoked_at IS NULL AND position_id IS NOT NULL
          ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(most)
    .fetch_all(c)
    .await)?;
    let bound = |(id, client_id, role, position)| Bound { id, client_id, role, position: PositionId(position) };
    Ok(rows.into_iter().map(bound).collect())
}

/// How many people hold each role of a client on a day.
pub async fn count_by_role(conn: &mut impl AsEx, client: &str, on: Date) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT role, COUNT(DISTINCT person_id) FROM role_grants
          WHERE client_id = $1 AND revoked_at IS NULL
            AND (valid_from IS NULL OR valid_from <= $2) AND (valid_to IS NULL OR valid_to >= $2)
          GROUP BY role ORDER BY role",
    )
    .bind(client)
    .bind(iso(on))
    .fetch_all(c)
    .await)?)
}

/// Grants a role without an end or a reason; false when the person has it already.
pub async fn add(
    conn: &mut impl AsEx,
    id: &str,
    person: &PersonId,
    grant: &RoleGrant,
    by: (&str, Millis),
) -> Result<bool, StoreError> {
    add_with(conn, id, (person, grant), &Terms::default(), by).await
}

/// Grants a role; false when the person has it already on the first of its days, or later, and it asks no more of a sign-on.
/// Of two who grant it at once the second waits, and finds it granted.
pub async fn add_with(
    conn: &mut impl AsEx,
    id: &str,
    (person, grant): (&PersonId, &RoleGrant),
    terms: &Terms,
    by: (&str, Millis),
) -> Result<bool, StoreError> {
    lifecycles::hold(conn, person).await?;
    let first = terms.valid_from.unwrap_or_else(|| vietnam_date(by.1));
    // What was given ahead of time and begins after the last of these days is another role.
    let last = terms.valid_to.map_or_else(|| "9999-12-31".to_owned(), iso);
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO role_grants (id, client_id, role, person_id, position_id, granted_at, granted_by, reason,
                                  valid_from, valid_to, least_level, office_only)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $13, $14
          WHERE NOT EXISTS (SELECT 1 FROM role_grants
                             WHERE client_id = $2 AND role = $3 AND person_id = $4
                               AND position_id IS NOT DISTINCT FROM $5 AND revoked_at IS NULL
                               AND COALESCE(least_level, 0) <= $15 AND office_only <= $14
                               AND (valid_to IS NULL OR valid_to >= $11)
                               AND (valid_from IS NULL OR valid_from <= $12))",
    )
    .bind(id)
    .bind(&grant.client_id)
    .bind(&grant.role)
    .bind(person.as_str())
    .bind(grant.position.as_ref().map(PositionId::as_str))
    .bind(by.1.0)
    .bind(by.0)
    .bind(&terms.reason)
    .bind(terms.valid_from.map(iso))
    .bind(terms.valid_to.map(iso))
    .bind(iso(first))
    .bind(&last)
    .bind(grant.condition.least_level)
    .bind(i64::from(grant.condition.office_only))
    .bind(grant.condition.least_level.unwrap_or_default())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Roles that were not taken back and are bound to posts which only a run of a plan began, by its set or by a later one: their
/// ids, and whose they are.
pub async fn list_of_begun(conn: &mut impl AsEx, run: &str, set: &ChangeSetId) -> Result<Vec<(String, PersonId)>, StoreError> {
    let rows: Vec<(String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT g.id, g.person_id FROM role_grants g
          WHERE g.revoked_at IS NULL AND g.position_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM positions q
                         WHERE q.id = g.position_id AND q.follows IS NOT NULL
                           AND (q.change_set = $2
                                OR q.change_set IN (SELECT l.change_set FROM plan_late l WHERE l.run = $1)
                                OR q.change_set IN (SELECT m.change_set FROM plan_latecomers m WHERE m.run = $1)))
            AND NOT EXISTS (SELECT 1 FROM positions e JOIN change_sets t ON t.id = e.change_set
                             WHERE e.id = g.position_id AND t.undone_at IS NULL
                               AND (e.valid_to IS NULL OR e.valid_to >= e.valid_from)
                               AND t.version < (SELECT o.version FROM change_sets o WHERE o.id = $2))
          ORDER BY g.id",
    )
    .bind(run)
    .bind(set.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(id, person)| (id, PersonId(person))).collect())
}

/// Takes a role back, whatever it asks of a sign-on; false when the person does not have it.
pub async fn mark_revoked(conn: &mut impl AsEx, person: &PersonId, grant: &RoleGrant, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE role_grants SET revoked_at = $5
          WHERE client_id = $1 AND role = $2 AND person_id = $3
            AND position_id IS NOT DISTINCT FROM $4 AND revoked_at IS NULL",
    )
    .bind(&grant.client_id)
    .bind(&grant.role)
    .bind(person.as_str())
    .bind(grant.position.as_ref().map(PositionId::as_str))
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Takes one role back; false when it was taken back before, or is not this person's.
pub async fn mark_one_revoked(conn: &mut impl AsEx, id: &str, person: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE role_grants SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL"
    )
    .bind(id)
    .bind(person.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
