//! Positions of those whom accounts lead to: what they hold or held, and what of it matching made.

use crate::base::id::PersonId;
use crate::store::{AsEx, StoreError, sql};

/// The units in which people hold or held a position. One that matching ended does not count: whoever comes back to the
/// unit gets it again. One that anybody else ended does.
pub async fn list_units_of(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<(PersonId, String)>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, String)> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT DISTINCT p.person_id, p.unit_id FROM positions p JOIN change_sets s ON s.id = p.change_set
              WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL
                AND (p.valid_to IS NULL OR s.origin <> 'legacy')
                AND NOT EXISTS (SELECT 1 FROM positions q JOIN change_sets t ON t.id = q.change_set
                                 WHERE q.id = p.id AND t.applied_at IS NOT NULL AND t.undone_at IS NULL
                                   AND (t.applied_at, t.id) > (s.applied_at, s.id))
                AND p.person_id IN (",
        );
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(person, unit)| (PersonId(person), unit)).collect())
}

/// An open position that matching made, beside one of the accounts that are its holder's.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HeldRow {
    /// Whose it is.
    pub person_id: String,
    /// Which position.
    pub position_id: String,
    /// In which unit.
    pub unit_id: String,
    /// What was decided of the account; nothing when there is none.
    pub decision: Option<String>,
    /// What was decided of its unit.
    pub unit_decision: Option<String>,
    /// Its unit of today.
    pub account_unit: Option<String>,
    /// Its state as given.
    pub status: Option<String>,
    /// Since when the source does not have it any more.
    pub gone_at: Option<i64>,
    /// Not 0 when the unit that the account says, or said, is one from which the position came here by re-organizations.
    pub of_former: i64,
}

/// Open positions of which matching said the last word: of them, or of what they go on from by re-organizations alone. The
/// tables are named in the order in which SQLite is to go through them.
const HELD: &str = "SELECT p.person_id, p.id, p.unit_id, p.follows
  FROM positions p CROSS JOIN change_sets s
 WHERE s.id = p.change_set AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
   AND p.valid_to IS NULL
   AND (s.origin = 'legacy'
        OR (s.origin = 'plan' AND p.follows IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM positions x JOIN change_sets y ON y.id = x.change_set || ''
                             WHERE x.id = p.id AND y.origin <> 'plan' AND y.applied_at IS NOT NULL AND y.undone_at IS NULL)
            AND EXISTS (
                WITH RECURSIVE earlier (id, depth) AS (
                       SELECT p.follows, 1
                        UNION
                       SELECT o.follows, e.depth + 1
                         FROM earlier e JOIN positions o ON o.id = e.id JOIN change_sets u ON u.id = o.change_set || ''
                        WHERE o.follows IS NOT NULL AND e.depth < 32
                          AND u.applied_at IS NOT NULL AND u.undone_at IS NULL
                          AND NOT EXISTS (SELECT 1 FROM positions x JOIN change_sets y ON y.id = x.change_set || ''
                                           WHERE x.id = e.id AND y.origin <> 'plan'
                                             AND y.applied_at IS NOT NULL AND y.undone_at IS NULL)
                     )
                SELECT 1 FROM earlier e JOIN positions o ON o.id = e.id JOIN change_sets u ON u.id = o.change_set || ''
                 WHERE u.origin = 'legacy' AND u.applied_at IS NOT NULL AND u.undone_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM positions x JOIN change_sets y ON y.id = x.change_set || ''
                                    WHERE x.id = o.id AND y.origin <> 'plan'
                                      AND y.applied_at IS NOT NULL AND y.undone_at IS NULL
                                      AND (y.applied_at, y.id) > (u.applied_at, u.id)))))
   AND NOT EXISTS (SELECT 1 FROM positions q JOIN change_sets t ON t.id = q.change_set
                    WHERE q.id = p.id AND t.applied_at IS NOT NULL AND t.undone_at IS NULL
                      AND (t.applied_at, t.id) > (s.applied_at, s.id))";
const HELD_COLUMNS: &str = "held.person_id, held.id AS position_id, held.unit_id, a.decision, a.unit_decision,
       a.unit_id AS account_unit, a.status, a.gone_at,
       CAST(CASE WHEN held.follows IS NULL THEN 0
                 WHEN (CASE WHEN a.unit_decision = 'mapped' THEN a.unit_id ELSE a.unit_from END) IN (
                WITH RECURSIVE earlier (id, depth) AS (
                       SELECT held.follows, 1
                        UNION
                       SELECT o.follows, e.depth + 1
                         FROM earlier e JOIN positions o ON o.id = e.id JOIN change_sets u ON u.id = o.change_set || ''
                        WHERE o.follows IS NOT NULL AND e.depth < 32
                          AND u.applied_at IS NOT NULL AND u.undone_at IS NULL
                     )
                SELECT o.unit_id
                  FROM earlier e JOIN positions o ON o.id = e.id JOIN change_sets u ON u.id = o.change_set || ''
                 WHERE u.applied_at IS NOT NULL AND u.undone_at IS NULL)
            THEN 1 ELSE 0 END AS BIGINT) AS of_former";

/// Open positions that matching made, at most so many, by person and position after one, with the accounts of their holders.
pub async fn list_held(conn: &mut impl AsEx, after: (&str, &str), most: i64) -> Result<Vec<HeldRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {HELD_COLUMNS}
           FROM ({HELD} AND (p.person_id, p.id) > ($1, $2) ORDER BY p.person_id, p.id LIMIT $3) AS held
           LEFT JOIN legacy_accounts a ON a.person_id = held.person_id
          ORDER BY held.person_id, held.id"
    )))
    .bind(after.0)
    .bind(after.1)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The same of some people.
pub async fn list_held_by(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<HeldRow>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT ");
        query.push(HELD_COLUMNS).push(" FROM (").push(HELD).push(" AND p.person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(")) AS held LEFT JOIN legacy_accounts a ON a.person_id = held.person_id ORDER BY held.person_id, held.id");
        query.build_query_as().fetch_all(c).await
    })?)
}
