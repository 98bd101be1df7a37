//! Roles granted to people, or to one of their positions.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId};
use crate::model::role::RoleGrant;

/// The roles that a person has now.
pub async fn list(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<RoleGrant>, StoreError> {
    let rows: Vec<(String, String, Option<String>)> = sql!(conn, |c| sqlx::query_as(
        "SELECT DISTINCT client_id, role, position_id FROM role_grants
          WHERE person_id = $1 AND revoked_at IS NULL
          ORDER BY client_id, role, position_id",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows
        .into_iter()
        .map(|(client_id, role, position)| RoleGrant { client_id, role, position: position.map(PositionId) })
        .collect())
}

/// Grants a role; false when the person has it already.
pub async fn add(
    conn: &mut impl AsEx,
    id: &str,
    person: &PersonId,
    grant: &RoleGrant,
    by: (&str, Millis),
) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO role_grants (id, client_id, role, person_id, position_id, granted_at, granted_by)
         SELECT $1, $2, $3, $4, $5, $6, $7
          WHERE NOT EXISTS (SELECT 1 FROM role_grants
                             WHERE client_id = $2 AND role = $3 AND person_id = $4
                               AND position_id IS NOT DISTINCT FROM $5 AND revoked_at IS NULL)",
    )
    .bind(id)
    .bind(&grant.client_id)
    .bind(&grant.role)
    .bind(person.as_str())
    .bind(grant.position.as_ref().map(PositionId::as_str))
    .bind(by.1.0)
    .bind(by.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Takes a role back; false when the person does not have it.
pub async fn mark_revoked(conn: &mut impl AsEx, person: &PersonId, grant: &RoleGrant, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE role_grants SET revoked_at = $5
          WHERE client_id = $1 AND role = $2 AND person_id = $3
            AND position_id IS NOT DISTINCT FROM $4 AND revoked_at IS NULL",
    )
    .bind(&grant.client_id)
    .bind(&grant.role)
    .bind(person.as_str())
    .bind(grant.position.as_ref().map(PositionId::as_str))
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}
