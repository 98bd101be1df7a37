//! The template by which units begin: one row for each version of it.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::unit_template::{Post, Template};

/// The newest version, if anybody ever changed what ships.
pub async fn find(conn: &mut impl AsEx) -> Result<Option<Template>, StoreError> {
    let row: Option<(i64, String)> =
        sql!(conn, |c| sqlx::query_as("SELECT version, posts FROM unit_templates ORDER BY version DESC LIMIT 1")
            .fetch_optional(c)
            .await)?;
    row.map(|(version, posts)| Ok(Template { version, posts: serde_json::from_str(&posts).map_err(|_| unreadable())? }))
        .transpose()
}

/// Adds the version after the one that was seen; false when somebody else was first.
pub async fn add(conn: &mut impl AsEx, seen: i64, posts: &[Post], by: (&PersonId, Millis)) -> Result<bool, StoreError> {
    let posts = serde_json::to_string(posts).map_err(|_| unreadable())?;
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO unit_templates (version, posts, changed_at, changed_by)
         SELECT $1 + 1, $2, $3, $4
          WHERE $1 = (SELECT COALESCE(MAX(version), 0) FROM unit_templates)
         ON CONFLICT DO NOTHING",
    )
    .bind(seen)
    .bind(&posts)
    .bind(by.1.0)
    .bind(by.0.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

fn unreadable() -> StoreError {
    StoreError::Corrupt("unit_templates.posts".to_owned())
}
