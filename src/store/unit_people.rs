//! Who works in units, what they can sign in with, and who administers them.
//!
//! The newest applied version of a position that was not taken back counts, as it does for a person.

use super::people_index::{READY, READY_ENROLLED, READY_STRONG};
use super::people_search::LAST;
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::iso;
use crate::base::id::{PersonId, PositionId, UnitId};
use std::collections::{BTreeSet, HashMap};
use time::Date;

/// Values of one statement; engines limit them.
const CHUNK: usize = 500;

/// Positions in force on the day `$1`, of people who may sign in, in the newest version that is applied.
const HELD: &str = "FROM positions p
  JOIN change_sets s ON s.id = p.change_set
  JOIN persons o ON o.id = p.person_id
 WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL AND o.disabled_at IS NULL
   AND p.valid_from <= $1 AND (p.valid_to IS NULL OR p.valid_to >= $1)
   AND NOT EXISTS (SELECT 1 FROM positions q JOIN change_sets t ON t.id = q.change_set
                    WHERE q.id = p.id AND t.applied_at IS NOT NULL AND t.undone_at IS NULL
                      AND (t.applied_at > s.applied_at OR (t.applied_at = s.applied_at AND t.id > s.id)))";

/// A position that somebody holds in a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who.
    pub person: PersonId,
    /// The position.
    pub position: PositionId,
    /// Its title.
    pub title: String,
    /// The department within the unit; may be empty.
    pub department: String,
}

/// How far the people of a unit have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// People who hold a position there and may sign in.
    pub people: i64,
    /// Of those, people with a password of their own or a passkey.
    pub enrolled: i64,
    /// Of those, people with a second factor.
    pub strong: i64,
}

/// Somebody who administers a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// Which.
    pub unit: UnitId,
    /// Who.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// They have a second factor.
    pub strong: bool,
    /// When they last signed in, as far as is still known.
    pub last_at: Option<Millis>,
}

#[derive(sqlx::FromRow)]
struct AdministratorRow {
    unit_id: String,
    person_id: String,
    username: String,
    full_name: Option<String>,
    strong: i64,
    signed_on: Option<i64>,
    seen: Option<i64>,
}

impl AdministratorRow {
    fn read(self) -> Administrator {
        Administrator {
            unit: UnitId(self.unit_id),
            person: PersonId(self.person_id),
            username: self.username,
            full_name: self.full_name.unwrap_or_default(),
            strong: self.strong != 0,
            last_at: self.signed_on.max(self.seen).map(Millis),
        }
    }
}

/// A right that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HasRight {
    /// Who has it.
    pub person: PersonId,
    /// In which client.
    pub client: String,
    /// The role.
    pub role: String,
    /// Only while acting in this position; in any when `None`.
    pub position: Option<PositionId>,
}

/// What people are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
}

/// The positions held in a unit on a day, person by person, each one's main position first.
pub async fn list_held(conn: &mut impl AsEx, unit: &UnitId, on: Date) -> Result<Vec<Held>, StoreError> {
    let rows: Vec<(String, String, String, String)> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT p.person_id, p.id, p.title, p.department {HELD} AND p.unit_id = $2
          ORDER BY p.person_id, p.is_primary DESC, p.valid_from, p.id"
    )))
    .bind(iso(on))
    .bind(unit.as_str())
    .fetch_all(c)
    .await)?;
    let held = |(person, position, title, department)| Held {
        person: PersonId(person),
        position: PositionId(position),
        title,
        department,
    };
    Ok(rows.into_iter().map(held).collect())
}

/// People with a post in a unit on a day, in the order of ids after one, some at a time; only those who have, or had, a post in
/// one of some units too, where these are named. Older versions of a post count as well, so that somebody may be among them
/// whose posts have changed since: the caller reads them. Whoever was merged into somebody else is not there.
pub async fn list_people_on(
    conn: &mut impl AsEx,
    (unit, on): (&UnitId, Date),
    within: Option<&BTreeSet<UnitId>>,
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    if within.is_some_and(BTreeSet::is_empty) {
        return Ok(Vec::new());
    }
    let day = iso(on);
    let ids: Vec<String> = sql!(conn, |c| {
        // The sets are joined by an expression, not by the column: else all that a large set tells is read.
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT DISTINCT p.person_id FROM positions p JOIN change_sets s ON s.id = p.change_set || ''
               JOIN persons o ON o.id = p.person_id
              WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL AND o.merged_into IS NULL AND p.unit_id = ",
        );
        query.push_bind(unit.as_str()).push(" AND p.person_id > ").push_bind(after.as_str());
        query.push(" AND p.valid_from <= ").push_bind(day.as_str());
        query.push(" AND (p.valid_to IS NULL OR p.valid_to >= ").push_bind(day.as_str()).push(")");
        if let Some(units) = within {
            query.push(" AND EXISTS (SELECT 1 FROM positions q WHERE q.person_id = p.person_id AND q.unit_id IN (");
            let mut list = query.separated(", ");
            for unit in units {
                list.push_bind(unit.as_str());
            }
            query.push("))");
        }
        query.push(" ORDER BY p.person_id LIMIT ").push_bind(most);
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// How far people have come, by unit; of all units, or of one. As of the last look of the job that keeps the list of
/// people, which is at most seconds behind: to count them here would cost as much as there are people.
pub async fn count(conn: &mut impl AsEx, unit: Option<&UnitId>) -> Result<HashMap<UnitId, Count>, StoreError> {
    let mut all: HashMap<UnitId, Count> = HashMap::new();
    for kind in [READY, READY_ENROLLED, READY_STRONG] {
        let (from, to) = match unit {
            Some(unit) => (format!("{kind}{unit}"), format!("{kind}{unit}")),
            None => (kind.to_owned(), format!("{kind}{LAST}")),
        };
        let rows: Vec<(String, i64)> = sql!(conn, |c| sqlx::query_as(
            "SELECT subject, people FROM people_counts WHERE subject >= $1 AND subject <= $2 AND people > 0"
        )
        .bind(&from)
        .bind(&to)
        .fetch_all(c)
        .await)?;
        for (subject, people) in rows {
            let Some(unit) = subject.strip_prefix(kind) else { continue };
            let count = all.entry(UnitId(unit.to_owned())).or_default();
            match kind {
                READY => count.people = people,
                READY_ENROLLED => count.enrolled = people,
                _ => count.strong = people,
            }
        }
    }
    Ok(all)
}

/// Who administers units on a day, by unit and user name; of all units, or of one.
pub async fn list_administrators(
    conn: &mut impl AsEx,
    unit: Option<&UnitId>,
    on: Date,
) -> Result<Vec<Administrator>, StoreError> {
    let which = if unit.is_some() { "a.unit_id = $2" } else { "$2 = '' AND a.unit_id IS NOT NULL" };
    let rows: Vec<AdministratorRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT DISTINCT a.unit_id, o.id AS person_id, o.username,
                (SELECT f.full_name FROM person_facts f JOIN change_sets s ON s.id = f.change_set
                  WHERE f.person_id = o.id AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
                  ORDER BY s.applied_at DESC, s.id DESC LIMIT 1) AS full_name,
                CASE WHEN EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = o.id)
                       OR EXISTS (SELECT 1 FROM totp_secrets t WHERE t.person_id = o.id AND t.confirmed_at IS NOT NULL)
                     THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS strong,
                (SELECT MAX(i.authenticated_at) FROM sign_ons i WHERE i.person_id = o.id) AS signed_on,
                (SELECT MAX(d.last_at) FROM devices d WHERE d.person_id = o.id) AS seen
           FROM admin_roles a JOIN persons o ON o.id = a.person_id
          WHERE a.role = 'unit' AND a.revoked_at IS NULL AND o.disabled_at IS NULL
            AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to >= $1) AND {which}
          ORDER BY a.unit_id, o.username"
    )))
    .bind(iso(on))
    .bind(unit.map_or("", UnitId::as_str))
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(AdministratorRow::read).collect())
}

/// The rights that people have on a day.
pub async fn list_rights(conn: &mut impl AsEx, people: &[PersonId], on: Date) -> Result<Vec<HasRight>, StoreError> {
    let today = iso(on);
    let mut all = Vec::new();
    for chunk in people.chunks(CHUNK) {
        let rows: Vec<(String, String, String, Option<String>)> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT person_id, client_id, role, position_id FROM role_grants WHERE revoked_at IS NULL AND (valid_from IS NULL
                   OR valid_from <= ",
            );
            query.push_bind(today.clone()).push(") AND (valid_to IS NULL OR valid_to >= ").push_bind(today.clone());
            query.push(") AND person_id IN (");
            let mut list = query.separated(", ");
            for person in chunk {
                list.push_bind(person.as_str());
            }
            query.push(")");
            query.build_query_as().fetch_all(c).await
        })?;
        all.extend(rows.into_iter().map(|(person, client, role, position)| HasRight {
            person: PersonId(person),
            client,
            role,
            position: position.map(PositionId),
        }));
    }
    Ok(all)
}

/// What people are called now.
pub async fn list_called(conn: &mut impl AsEx, people: &[PersonId]) -> Result<HashMap<PersonId, Called>, StoreError> {
    let mut all = HashMap::new();
    for chunk in people.chunks(CHUNK) {
        let rows: Vec<(String, String, String)> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT o.id, o.username, f.full_name
                   FROM persons o JOIN person_facts f ON f.person_id = o.id JOIN change_sets s ON s.id = f.change_set
                  WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL AND o.id IN (",
            );
            let mut list = query.separated(", ");
            for person in chunk {
                list.push_bind(person.as_str());
            }
            query.push(") ORDER BY s.applied_at, s.id");
            query.build_query_as().fetch_all(c).await
        })?;
        // Oldest first, so that the newest stays.
        all.extend(rows.into_iter().map(|(id, username, full_name)| (PersonId(id), Called { full_name, username })));
    }
    Ok(all)
}
