//! How far people have come on the walk that first-timers are taken on.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::welcome::Said;

/// The word of a walk that goes on.
const SEEN: &str = "seen";
/// The word of a walk that is over.
const ENOUGH: &str = "done";

/// What a person said.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Said, StoreError> {
    let step: Option<String> = sql!(conn, |c| sqlx::query_scalar("SELECT step FROM welcomes WHERE person_id = $1")
        .bind(person.as_str())
        .fetch_optional(c)
        .await)?;
    match step.as_deref() {
        None => Ok(Said::Nothing),
        Some(SEEN) => Ok(Said::Seen),
        Some(ENOUGH) => Ok(Said::Enough),
        Some(_) => Err(StoreError::Corrupt("welcomes.step".to_owned())),
    }
}

/// Begins a walk; false when it began before.
pub async fn add(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "INSERT INTO welcomes (person_id, step, started_at) VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO NOTHING",
    )
    .bind(person.as_str())
    .bind(SEEN)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Ends a walk that began; false when it is over, or never began.
pub async fn mark_done(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query("UPDATE welcomes SET step = $2, done_at = $3 WHERE person_id = $1 AND done_at IS NULL",)
            .bind(person.as_str())
            .bind(ENOUGH)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
