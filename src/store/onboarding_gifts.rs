//! What runs of the template of units gave: roles in clients, and administrators. Each is noted, so that exactly that is
//! taken back; what somebody changed since is left, and noted too.

use super::onboardings::Hand;
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId, UnitId};

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

/// Something that a run gave.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredGift {
    /// In which unit.
    pub unit_id: String,
    /// `role` or `administrator`.
    pub kind: String,
    /// The grant's own identity.
    pub grant_id: String,
    /// To whom.
    pub person_id: String,
    /// In which client.
    pub client_id: Option<String>,
    /// Which role there.
    pub role: Option<String>,
    /// An undo found it changed, and left it.
    pub kept_at: Option<i64>,
}

/// A role to be given.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// Its identity.
    pub id: String,
    /// To whom.
    pub person: PersonId,
    /// Only while acting in this position.
    pub position: PositionId,
    /// In which client.
    pub client: String,
    /// The role.
    pub role: String,
}

/// Gives roles; whoever calls this has seen that nobody of them has theirs.
pub async fn add_grants(conn: &mut impl AsEx, grants: &[NewGrant], reason: &str, by: Hand<'_>) -> Result<(), StoreError> {
    for chunk in grants.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO role_grants (id, client_id, role, person_id, position_id, granted_at, granted_by, reason) ",
            );
            query.push_values(chunk, |mut row, grant| {
                row.push_bind(grant.id.as_str()).push_bind(grant.client.as_str()).push_bind(grant.role.as_str());
                row.push_bind(grant.person.as_str()).push_bind(grant.position.as_str());
                row.push_bind(by.now.0).push_bind(by.person.as_str()).push_bind(reason);
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Notes what a unit was given.
pub async fn add(conn: &mut impl AsEx, run: &str, gifts: &[StoredGift]) -> Result<(), StoreError> {
    for chunk in gifts.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO onboarding_gifts (run_id, unit_id, kind, grant_id, person_id, client_id, role) ",
            );
            query.push_values(chunk, |mut row, gift| {
                row.push_bind(run)
                    .push_bind(gift.unit_id.as_str())
                    .push_bind(gift.kind.as_str())
                    .push_bind(gift.grant_id.as_str());
                row.push_bind(gift.person_id.as_str()).push_bind(gift.client_id.as_deref()).push_bind(gift.role.as_deref());
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// What a unit was given.
pub async fn list(conn: &mut impl AsEx, (run, unit): (&str, &UnitId)) -> Result<Vec<StoredGift>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT unit_id, kind, grant_id, person_id, client_id, role, kept_at FROM onboarding_gifts
          WHERE run_id = $1 AND unit_id = $2 ORDER BY kind, person_id, client_id, role, grant_id",
    )
    .bind(run)
    .bind(unit.as_str())
    .fetch_all(c)
    .await)?)
}

/// What an undo of a run left, since it had been changed.
pub async fn list_kept(conn: &mut impl AsEx, run: &str) -> Result<Vec<StoredGift>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT unit_id, kind, grant_id, person_id, client_id, role, kept_at FROM onboarding_gifts
          WHERE run_id = $1 AND kept_at IS NOT NULL ORDER BY unit_id, kind, person_id, client_id, role, grant_id",
    )
    .bind(run)
    .fetch_all(c)
    .await)?)
}

/// Takes a role back that is still as it was given; false when it was changed or taken back since.
pub async fn mark_grant_revoked(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE role_grants SET revoked_at = $2
          WHERE id = $1 AND revoked_at IS NULL AND valid_from IS NULL AND valid_to IS NULL",
    )
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// The same for an administrator of a unit.
pub async fn mark_administrator_revoked(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE admin_roles SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL AND valid_to IS NULL"
    )
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Notes that an undo left something.
pub async fn mark_kept(conn: &mut impl AsEx, kind: &str, grant: &str, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE onboarding_gifts SET kept_at = $3 WHERE kind = $1 AND grant_id = $2")
        .bind(kind)
        .bind(grant)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}
