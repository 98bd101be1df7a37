//! People who are about to lose their last post: who of them may sign in, who lost
//! their access with it, and whether a second person said so.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// Of these people, those who are there and may sign in.
pub async fn list_enabled(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<PersonId>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT o.id FROM persons o
              WHERE o.disabled_at IS NULL
                AND EXISTS (SELECT 1 FROM person_facts f JOIN change_sets s ON s.id = f.change_set
                             WHERE f.person_id = o.id AND s.applied_at IS NOT NULL AND s.undone_at IS NULL)
                AND o.id IN (",
        );
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.as_str());
        }
        query.push(") ORDER BY o.id");
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// Of these people, those whom the job shut out since a moment since they had left, and of whom nobody did anything since.
pub async fn list_shut(conn: &mut impl AsEx, people: &[PersonId], since: Millis) -> Result<Vec<PersonId>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT o.id FROM persons o JOIN lifecycles l ON l.person_id = o.id AND l.disabled_at = o.disabled_at
              WHERE l.disabled_why = 'left' AND l.erased_at IS NULL AND l.disabled_at >= ",
        );
        query.push_bind(since.0).push(" AND o.id IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.as_str());
        }
        query.push(") ORDER BY o.id");
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// Whether a second person let a request of this digest happen.
pub async fn is_taken(conn: &mut impl AsEx, digest: &[u8]) -> Result<bool, StoreError> {
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT id FROM approvals WHERE digest = $1 AND decision = 'taken' LIMIT 1")
            .bind(digest)
            .fetch_optional(c)
            .await)?;
    Ok(found.is_some())
}
