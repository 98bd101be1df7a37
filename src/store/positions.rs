//! Positions, one row for each set of changes that told of them; the newest
//! applied row of a position counts, unless its set was taken back.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse, vietnam_date};
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};
use crate::model::position::{Position, PositionKind};
use std::collections::{BTreeMap, HashMap};
use time::Date;

/// What sets of changes say of their origin that a re-organization makes.
const PLAN: &str = "plan";

/// One version of a position.
#[derive(Debug, Clone)]
pub struct PositionVersion {
    /// Whose it is.
    pub person: PersonId,
    /// The set that told it.
    pub change_set: ChangeSetId,
    /// What made that set.
    pub origin: String,
    /// When it was applied; `None` while it is staged.
    pub applied_at: Option<Millis>,
    /// What it says.
    pub position: Position,
}

impl PositionVersion {
    /// True for what a re-organization told: nobody said it of this very post.
    pub fn is_by_plan(&self) -> bool {
        self.origin == PLAN
    }

    /// Notes, of one version after another and the oldest first, on which day it became known that a position goes on from
    /// another one. One that is told as never held goes on from nothing, until it is told anew.
    pub(super) fn note_told(&self, told_on: &mut BTreeMap<PositionId, Date>) {
        let Some(at) = self.applied_at.filter(|_| self.position.follows.is_some()) else { return };
        if self.position.was_ever_held() {
            told_on.entry(self.position.id.clone()).or_insert_with(|| vietnam_date(at));
        } else {
            told_on.remove(&self.position.id);
        }
    }
}

#[derive(sqlx::FromRow)]
struct PositionRow {
    id: String,
    person_id: String,
    change_set: String,
    origin: String,
    applied_at: Option<i64>,
    unit_id: String,
    department: String,
    title: String,
    kind: String,
    is_primary: i64,
    decision_no: String,
    delegated_by: Option<String>,
    follows: Option<String>,
    valid_from: String,
    valid_to: Option<String>,
}

impl PositionRow {
    fn version(self) -> Result<PositionVersion, StoreError> {
        let day = |column: &str, text: &str| parse(text).ok_or_else(|| unreadable(column));
        Ok(PositionVersion {
            person: PersonId(self.person_id),
            change_set: ChangeSetId(self.change_set),
            origin: self.origin,
            applied_at: self.applied_at.map(Millis),
            position: Position {
                id: PositionId(self.id),
                unit: UnitId(self.unit_id),
                department: self.department,
                title: self.title,
                kind: PositionKind::parse(&self.kind).ok_or_else(|| unreadable("kind"))?,
                primary: self.is_primary != 0,
                decision_no: self.decision_no,
                delegated_by: self.delegated_by.map(PersonId),
                follows: self.follows.map(PositionId),
                valid_from: day("valid_from", &self.valid_from)?,
                valid_to: self.valid_to.map(|text| day("valid_to", &text)).transpose()?,
            },
        })
    }
}

fn unreadable(column: &str) -> StoreError {
    StoreError::Corrupt(format!("positions.{column}"))
}

/// Versions of positions, to be narrowed down by people. The sets are joined by an expression, not by the column: else all that
/// a large set tells is read for a few.
const VERSIONS: &str = "SELECT p.id, p.person_id, p.change_set, s.origin, s.applied_at, p.unit_id, p.department, p.title, p.kind,
       p.is_primary, p.decision_no, p.delegated_by, p.follows, p.valid_from, p.valid_to
  FROM positions p JOIN change_sets s ON s.id = p.change_set || ''";

/// All positions of a person as of now, and when one was last changed.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<(Vec<Position>, Option<Millis>), StoreError> {
    let known = find_known(conn, person).await?;
    Ok((known.positions, known.changed_at))
}

/// What is known of somebody's positions as of now.
#[derive(Debug, Default)]
pub struct KnownPositions {
    /// They.
    pub positions: Vec<Position>,
    /// When one was last changed.
    pub changed_at: Option<Millis>,
    /// Of those that go on from another one: the day on which that became known.
    pub told_on: BTreeMap<PositionId, Date>,
}

/// All positions of a person as of now, with since when what goes on from another one is known to.
pub async fn find_known(conn: &mut impl AsEx, person: &PersonId) -> Result<KnownPositions, StoreError> {
    let rows: Vec<PositionRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{VERSIONS} WHERE p.person_id = $1 AND s.applied_at IS NOT NULL AND s.undone_at IS NULL ORDER BY s.applied_at, s.id"
    )))
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    known_of(rows)
}

/// All versions that are applied for these people, oldest first, and what this
/// set has staged.
pub async fn list_versions(
    conn: &mut impl AsEx,
    change_set: &ChangeSetId,
    people: &[PersonId],
) -> Result<Vec<PositionVersion>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<PositionRow> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(VERSIONS);
        query.push(" WHERE s.undone_at IS NULL AND (s.applied_at IS NOT NULL OR s.id = ").push_bind(change_set.as_str());
        query.push(") AND p.person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(") ORDER BY s.applied_at, s.id");
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(PositionRow::version).collect()
}

/// The posts of these people that go on from another one, each with that one.
pub async fn list_followed(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<(PositionId, PositionId)>, StoreError> {
    let mut all = Vec::new();
    for chunk in people.chunks(500) {
        let rows: Vec<(String, String)> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT DISTINCT p.id, p.follows FROM positions p JOIN change_sets s ON s.id = p.change_set || ''
                  WHERE p.follows IS NOT NULL AND s.applied_at IS NOT NULL AND s.undone_at IS NULL AND p.person_id IN (",
            );
            let mut list = query.separated(", ");
            for id in chunk {
                list.push_bind(id.as_str());
            }
            query.push(") ORDER BY p.id, p.follows");
            query.build_query_as().fetch_all(c).await
        })?;
        all.extend(rows.into_iter().map(|(post, before)| (PositionId(post), PositionId(before))));
    }
    Ok(all)
}

/// The posts of somebody that began with a set of changes which was taken back, each with the one that it went on from.
pub async fn list_taken_back(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<(PositionId, PositionId)>, StoreError> {
    let rows: Vec<(String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT DISTINCT p.id, p.follows FROM positions p JOIN change_sets s ON s.id = p.change_set || ''
          WHERE p.person_id = $1 AND p.follows IS NOT NULL AND s.undone_at IS NOT NULL
          ORDER BY p.id, p.follows",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(post, before)| (PositionId(post), PositionId(before))).collect())
}

/// The last days of these units, of those that have one, as they stand in a unit of work: whoever tells posts there holds a
/// registry that may be older.
pub async fn list_last_days(conn: &mut impl AsEx, units: &[UnitId]) -> Result<HashMap<UnitId, Date>, StoreError> {
    let mut all = HashMap::new();
    for chunk in units.chunks(500) {
        let rows: Vec<(String, String)> = sql!(conn, |c| {
            let mut query =
                sqlx::QueryBuilder::<Engine>::new("SELECT id, valid_to FROM units WHERE valid_to IS NOT NULL AND id IN (");
            let mut list = query.separated(", ");
            for id in chunk {
                list.push_bind(id.as_str());
            }
            query.push(")");
            query.build_query_as().fetch_all(c).await
        })?;
        for (unit, last) in rows {
            let last = parse(&last).ok_or_else(|| StoreError::Corrupt("units.valid_to".to_owned()))?;
            all.insert(UnitId(unit), last);
        }
    }
    Ok(all)
}

/// The units in which a set tells positions.
pub async fn list_units(conn: &mut impl AsEx, change_set: &ChangeSetId) -> Result<Vec<UnitId>, StoreError> {
    let units: Vec<String> = sql!(conn, |c| sqlx::query_scalar("SELECT DISTINCT unit_id FROM positions WHERE change_set = $1")
        .bind(change_set.as_str())
        .fetch_all(c)
        .await)?;
    Ok(units.into_iter().map(UnitId).collect())
}

/// Takes back what this set has staged of positions.
pub async fn remove(conn: &mut impl AsEx, change_set: &ChangeSetId, positions: &[PositionId]) -> Result<(), StoreError> {
    for chunk in positions.chunks(500) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM positions WHERE change_set = ");
            query.push_bind(change_set.as_str()).push(" AND id IN (");
            let mut list = query.separated(", ");
            for id in chunk {
                list.push_bind(id.as_str());
            }
            query.push(")");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Stages positions in a set.
pub async fn add(conn: &mut impl AsEx, change_set: &ChangeSetId, positions: &[(PersonId, Position)]) -> Result<(), StoreError> {
    // A person may have many positions, so a batch of people may exceed one statement.
    for chunk in positions.chunks(500) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO positions (id, change_set, person_id, unit_id, department, title, kind, is_primary,
                                        decision_no, delegated_by, follows, valid_from, valid_to) ",
            );
            query.push_values(chunk, |mut row, (person, held)| {
                row.push_bind(held.id.as_str()).push_bind(change_set.as_str()).push_bind(person.as_str());
                row.push_bind(held.unit.as_str()).push_bind(held.department.as_str()).push_bind(held.title.as_str());
                row.push_bind(held.kind.as_str()).push_bind(i64::from(held.primary)).push_bind(held.decision_no.as_str());
                row.push_bind(held.delegated_by.as_ref().map(|by| by.0.clone()));
                row.push_bind(held.follows.as_ref().map(|old| old.0.clone()));
                row.push_bind(iso(held.valid_from)).push_bind(held.valid_to.map(iso));
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// What versions of positions come to, told oldest first.
fn known_of(rows: Vec<PositionRow>) -> Result<KnownPositions, StoreError> {
    let mut newest = BTreeMap::new();
    let mut known = KnownPositions::default();
    for row in rows {
        let version = row.version()?;
        known.changed_at = known.changed_at.max(version.applied_at);
        version.note_told(&mut known.told_on);
        newest.insert(version.position.id.clone(), version.position);
    }
    Ok(KnownPositions { positions: newest.into_values().collect(), ..known })
}

/// All positions of a person as they were known at a moment: by the sets that had been applied, and not been taken back, by then.
pub async fn find_known_at(conn: &mut impl AsEx, person: &PersonId, moment: Millis) -> Result<KnownPositions, StoreError> {
    let rows: Vec<PositionRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{VERSIONS} WHERE p.person_id = $1 AND s.applied_at <= $2 AND (s.undone_at IS NULL OR s.undone_at > $2)
          ORDER BY s.applied_at, s.id"
    )))
    .bind(person.as_str())
    .bind(moment.0)
    .fetch_all(c)
    .await)?;
    known_of(rows)
}
