//! Which sets of changes told of a person after a version: for whoever edits what others may have changed meanwhile.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId};

/// A set that told of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The set.
    pub change_set: ChangeSetId,
    /// Who made it: a person's id, or `os:NAME` at the command line. Empty for one that was taken back: the set does not
    /// say by whom.
    pub actor: String,
    /// When it began to count, or no longer did.
    pub at: Millis,
}

/// The sets that began to count or were taken back after a version of the people and that tell of a person, oldest
/// first, at most so many.
pub async fn list_since(conn: &mut impl AsEx, person: &PersonId, version: i64, most: i64) -> Result<Vec<Touched>, StoreError> {
    let rows: Vec<(String, String, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT s.id, CASE WHEN s.undone_at IS NULL THEN s.actor ELSE '' END, COALESCE(s.undone_at, s.applied_at)
           FROM change_sets s
          WHERE s.id IN (SELECT a.id FROM change_sets a WHERE a.version > $2 AND a.undone_at IS NULL
                         UNION ALL
                         SELECT u.id FROM change_sets u WHERE u.undone_version > $2 AND COALESCE(u.version, 0) <= $2)
            AND s.applied_at IS NOT NULL
            AND (EXISTS (SELECT 1 FROM person_facts f WHERE f.person_id = $1 AND f.change_set = s.id)
                 OR EXISTS (SELECT 1 FROM positions p WHERE p.person_id = $1 AND p.change_set = s.id))
          ORDER BY COALESCE(s.undone_version, s.version), s.id LIMIT $3",
    )
    .bind(person.as_str())
    .bind(version)
    .bind(most)
    .fetch_all(c)
    .await)?;
    let read = |(id, actor, at)| Touched { change_set: ChangeSetId(id), actor, at: Millis(at) };
    Ok(rows.into_iter().map(read).collect())
}
