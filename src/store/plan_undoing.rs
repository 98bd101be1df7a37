//! What is read before a plan is taken back.

use super::{AsEx, StoreError, sql};
use crate::base::id::ChangeSetId;

/// The version of the people that a set made; none where it was never applied.
pub async fn version_of(conn: &mut impl AsEx, set: &ChangeSetId) -> Result<Option<i64>, StoreError> {
    let found: Option<Option<i64>> = sql!(conn, |c| sqlx::query_scalar("SELECT version FROM change_sets WHERE id = $1")
        .bind(set.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(found.flatten())
}
