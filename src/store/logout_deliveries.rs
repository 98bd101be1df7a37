//! The outbox of back-channel logout: written with the sign-out, delivered by a job.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::SignOnId;

/// One logout token to deliver.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Delivery {
    /// Identifier; also what two nodes claim by.
    pub id: String,
    /// To whom.
    pub client_id: String,
    /// Which sign-on ended.
    pub sign_on_id: String,
    /// The person, as the client knows them.
    pub sub: String,
    /// Where.
    pub uri: String,
    /// Enqueued.
    pub created_at: i64,
    /// Tries so far.
    pub attempts: i64,
    /// Answered 200.
    pub delivered_at: Option<i64>,
    /// Given up.
    pub dead_at: Option<i64>,
}

const COLUMNS: &str = "id, client_id, sign_on_id, sub, uri, created_at, attempts, delivered_at, dead_at";

/// Enqueues a delivery that is due at once.
pub async fn add(conn: &mut impl AsEx, delivery: &Delivery) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO logout_deliveries (id, client_id, sign_on_id, sub, uri, created_at, next_at, attempts)
         VALUES ($1, $2, $3, $4, $5, $6, $6, 0)",
    )
    .bind(&delivery.id)
    .bind(&delivery.client_id)
    .bind(&delivery.sign_on_id)
    .bind(&delivery.sub)
    .bind(&delivery.uri)
    .bind(delivery.created_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Takes what is due: each row is given to one caller, who has until `next_at` to answer.
pub async fn claim(conn: &mut impl AsEx, now: Millis, next_at: Millis) -> Result<Vec<Delivery>, StoreError> {
    let due: Vec<String> = sql!(conn, |c| {
        sqlx::query_scalar(
        "SELECT id FROM logout_deliveries WHERE delivered_at IS NULL AND dead_at IS NULL AND next_at <= $1 ORDER BY next_at LIMIT 50",
    )
    .bind(now.0)
    .fetch_all(c)
    .await
    })?;
    let mut claimed = Vec::new();
    for id in due {
        let row: Option<Delivery> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "UPDATE logout_deliveries SET attempts = attempts + 1, next_at = $2
              WHERE id = $1 AND next_at <= $3 AND delivered_at IS NULL AND dead_at IS NULL RETURNING {COLUMNS}"
        )))
        .bind(&id)
        .bind(next_at.0)
        .bind(now.0)
        .fetch_optional(c)
        .await)?;
        claimed.extend(row);
    }
    Ok(claimed)
}

/// The receipt of a delivery that was answered, also when that was thought lost.
pub async fn mark_delivered(conn: &mut impl AsEx, id: &str, answer: &str, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE logout_deliveries SET delivered_at = $2, last_answer = $3 WHERE id = $1")
        .bind(id)
        .bind(now.0)
        .bind(answer)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// A try that failed: when to try again, or never when there is no `next_at`.
/// False when the delivery was claimed again meanwhile, or is decided: then
/// this try says nothing any more.
pub async fn mark_failed(
    conn: &mut impl AsEx,
    claimed: &Delivery,
    answer: &str,
    next_at: Option<Millis>,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE logout_deliveries SET last_answer = $2, next_at = COALESCE($3, next_at), dead_at = $4
          WHERE id = $1 AND attempts = $5 AND delivered_at IS NULL AND dead_at IS NULL",
    )
    .bind(&claimed.id)
    .bind(answer)
    .bind(next_at.map(|moment| moment.0))
    .bind(if next_at.is_none() { Some(now.0) } else { None })
    .bind(claimed.attempts)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes receipts of long ago, some at a time; answers how many. Dead letters stay.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM logout_deliveries
          WHERE id IN (SELECT id FROM logout_deliveries WHERE delivered_at < $1 ORDER BY delivered_at LIMIT $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// The deliveries of a sign-on: of its end, and of a move before it; those of one client in their order.
pub async fn list_of_sign_on(conn: &mut impl AsEx, sign_on: &SignOnId) -> Result<Vec<Delivery>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM logout_deliveries WHERE sign_on_id = $1 ORDER BY client_id, id"
    )))
    .bind(&sign_on.0)
    .fetch_all(c)
    .await)?)
}
