//! Rules about sign-ins, by name.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::model::sign_in_policy::SignInPolicy;

/// All rules, by name.
pub async fn list(conn: &mut impl AsEx) -> Result<Vec<SignInPolicy>, StoreError> {
    let rows: Vec<(String,)> = sql!(conn, |c| sqlx::query_as("SELECT settings FROM policies ORDER BY name").fetch_all(c).await)?;
    rows.into_iter().map(|(settings,)| Ok(serde_json::from_str(&settings)?)).collect()
}

/// Puts a rule in the place of the one of its name.
pub async fn put(conn: &mut impl AsEx, policy: &SignInPolicy, actor: &str, now: Millis) -> Result<(), StoreError> {
    let settings = serde_json::to_string(policy)?;
    sql!(conn, |c| sqlx::query(
        "INSERT INTO policies (name, citation, valid_from, valid_to, settings, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (name) DO UPDATE SET citation = excluded.citation, valid_from = excluded.valid_from,
             valid_to = excluded.valid_to, settings = excluded.settings, updated_at = excluded.updated_at,
             updated_by = excluded.updated_by",
    )
    .bind(&policy.name)
    .bind(&policy.citation)
    .bind(policy.valid_from.as_deref())
    .bind(policy.valid_to.as_deref())
    .bind(&settings)
    .bind(now.0)
    .bind(actor)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Removes a rule; false when there was none of this name.
pub async fn remove(conn: &mut impl AsEx, name: &str) -> Result<bool, StoreError> {
    let gone = sql!(conn, |c| sqlx::query("DELETE FROM policies WHERE name = $1")
        .bind(name)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(gone == 1)
}

/// Holds all rules until the unit of work ends: two who lay a file over them do so one after the other. (On SQLite the
/// one writer sees to it.)
pub async fn hold(conn: &mut impl AsEx) -> Result<(), StoreError> {
    if let Ex::Pg(connection) = conn.ex() {
        sqlx::query("LOCK TABLE policies IN SHARE ROW EXCLUSIVE MODE").execute(connection).await?;
    }
    Ok(())
}
