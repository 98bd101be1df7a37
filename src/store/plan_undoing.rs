//! What is read before a plan is taken back.

use super::{AsEx, StoreError, sql};
use crate::base::id::{ChangeSetId, PersonId, UnitId};

/// The version of the people that a set made; none where it was never applied.
pub async fn version_of(conn: &mut impl AsEx, set: &ChangeSetId) -> Result<Option<i64>, StoreError> {
    let found: Option<Option<i64>> = sql!(conn, |c| sqlx::query_scalar("SELECT version FROM change_sets WHERE id = $1")
        .bind(set.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(found.flatten())
}

/// People of whom a set that is none of a run's own was applied, or taken back, since the run, and tells of a post of which the
/// run tells too, or of one in these units; in the order of ids after one, some at a time. Somebody may be among them of whom
/// nothing is otherwise by that: the caller reads them.
pub async fn list_told_since(
    conn: &mut impl AsEx,
    (run, set, units): (&str, &ChangeSetId, &[UnitId]),
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("WITH own AS (SELECT s.id FROM change_sets s WHERE s.id = ");
        query.push_bind(set.as_str());
        query.push(" UNION SELECT l.change_set FROM plan_late l WHERE l.run = ").push_bind(run);
        query.push(" UNION SELECT m.change_set FROM plan_latecomers m WHERE m.run = ").push_bind(run);
        query.push(
            "), later AS (SELECT s.id FROM change_sets s
                           WHERE s.version > (SELECT o.version FROM change_sets o WHERE o.id = ",
        );
        query.push_bind(set.as_str());
        query.push(
            ") UNION SELECT s.id FROM change_sets s
                      WHERE s.undone_version > (SELECT o.version FROM change_sets o WHERE o.id = ",
        );
        query.push_bind(set.as_str());
        // The sets come first: there are few of them, and each is read by its people.
        query.push(
            ")) SELECT DISTINCT q.person_id FROM later n CROSS JOIN positions q
                 WHERE q.change_set = n.id AND n.id NOT IN (SELECT id FROM own) AND q.person_id > ",
        );
        query.push_bind(after.as_str());
        query.push(
            " AND (EXISTS (SELECT 1 FROM positions p
                            WHERE p.id = q.id AND p.change_set IN (SELECT id FROM own))",
        );
        if !units.is_empty() {
            query.push(" OR q.unit_id IN (");
            let mut list = query.separated(", ");
            for unit in units {
                list.push_bind(unit.as_str());
            }
            query.push(")");
        }
        query.push(") ORDER BY q.person_id LIMIT ").push_bind(most);
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(ids.into_iter().map(PersonId).collect())
}
