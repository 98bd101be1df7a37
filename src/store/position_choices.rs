//! The position that a person acts in at a client, or at all of them.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId, SignOnId};

/// The name of no client: what was chosen on the portal, for every client.
pub const PORTAL: &str = "";

/// A choice: for good when it names no sign-on. The two stand beside each other: what is chosen for a sign-on, on a computer
/// of many perhaps, takes nothing from what is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionChoice {
    /// The client, or [`PORTAL`].
    pub client_id: String,
    /// The position.
    pub position: PositionId,
    /// The sign-on that it lasts for.
    pub sign_on: Option<SignOnId>,
    /// When it was made: of two that count, the newer one is meant.
    pub chosen_at: Millis,
}

/// All choices of a person.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<PositionChoice>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT client_id, position_id, sign_on_id, chosen_at FROM position_choices WHERE person_id = $1"
    )
    .bind(&person.0)
    .fetch_all(c)
    .await)?;
    Ok(rows
        .into_iter()
        .map(|(client_id, position, sign_on, chosen_at)| PositionChoice {
            client_id,
            position: PositionId(position),
            sign_on: Some(sign_on).filter(|sign_on| !sign_on.is_empty()).map(SignOnId),
            chosen_at: Millis(chosen_at),
        })
        .collect())
}

/// Remembers a choice in place of the one before: of the one for the same sign-on, or of the one for good. Those of sign-ons
/// that have ended go.
pub async fn replace(conn: &mut impl AsEx, person: &PersonId, choice: &PositionChoice) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "DELETE FROM position_choices WHERE person_id = $1 AND sign_on_id <> '' AND sign_on_id NOT IN
           (SELECT id FROM sign_ons WHERE person_id = $2 AND ended_at IS NULL AND ends_at > $3)",
    )
    .bind(&person.0)
    .bind(&person.0)
    .bind(choice.chosen_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    sql!(conn, |c| sqlx::query(
        "INSERT INTO position_choices (person_id, client_id, position_id, sign_on_id, chosen_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person_id, client_id, sign_on_id)
         DO UPDATE SET position_id = excluded.position_id, chosen_at = excluded.chosen_at",
    )
    .bind(&person.0)
    .bind(&choice.client_id)
    .bind(&choice.position.0)
    .bind(choice.sign_on.as_ref().map_or("", |sign_on| sign_on.0.as_str()))
    .bind(choice.chosen_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}
