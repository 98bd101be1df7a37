//! The receipts of logout tokens, as administrators look through them.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// Where a delivery got to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The system answered.
    Delivered,
    /// It is tried, or tried again.
    Waiting,
    /// It was given up.
    Dead,
}

/// One delivery.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ReceiptRow {
    /// Identifier, in time order.
    pub id: String,
    /// To whom.
    pub client_id: String,
    /// Which sign-on ended.
    pub sign_on_id: String,
    /// Where.
    pub uri: String,
    /// Enqueued.
    pub created_at: i64,
    /// When it is tried next.
    pub next_at: i64,
    /// Tries so far.
    pub attempts: i64,
    /// Answered.
    pub delivered_at: Option<i64>,
    /// Given up.
    pub dead_at: Option<i64>,
    /// What came back last.
    pub last_answer: Option<String>,
}

impl ReceiptRow {
    /// Where it got to.
    pub fn outcome(&self) -> Outcome {
        match (self.delivered_at, self.dead_at) {
            (Some(_), _) => Outcome::Delivered,
            (None, Some(_)) => Outcome::Dead,
            (None, None) => Outcome::Waiting,
        }
    }
}

/// Which receipts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Only those that got there.
    pub outcome: Option<Outcome>,
    /// Only those of one client.
    pub client_id: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<&'a str>,
}

/// Receipts, newest first, some at a time.
pub async fn list(conn: &mut impl AsEx, wanted: Wanted<'_>, most: i64) -> Result<Vec<ReceiptRow>, StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT id, client_id, sign_on_id, uri, created_at, next_at, attempts, delivered_at, dead_at, last_answer
               FROM logout_deliveries WHERE 1 = 1",
        );
        query.push(match wanted.outcome {
            None => "",
            Some(Outcome::Delivered) => " AND delivered_at IS NOT NULL",
            Some(Outcome::Waiting) => " AND delivered_at IS NULL AND dead_at IS NULL",
            Some(Outcome::Dead) => " AND delivered_at IS NULL AND dead_at IS NOT NULL",
        });
        if let Some(client) = wanted.client_id {
            query.push(" AND client_id = ").push_bind(client.to_owned());
        }
        if let Some(before) = wanted.before {
            query.push(" AND id < ").push_bind(before.to_owned());
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(most);
        query.build_query_as::<ReceiptRow>().fetch_all(c).await
    })?)
}

/// How many there are of each outcome, dead letters and those that wait, of all clients or of one: `(waiting, dead)`.
pub async fn count_open(conn: &mut impl AsEx, client: Option<&str>) -> Result<(i64, i64), StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT CAST(COALESCE(SUM(CASE WHEN dead_at IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT),
                    CAST(COALESCE(SUM(CASE WHEN dead_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT)
               FROM logout_deliveries WHERE delivered_at IS NULL",
        );
        if let Some(client) = client {
            query.push(" AND client_id = ").push_bind(client.to_owned());
        }
        query.build_query_as::<(i64, i64)>().fetch_one(c).await
    })?)
}

/// Whose a delivery is.
pub async fn find_client(conn: &mut impl AsEx, id: &str) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT client_id FROM logout_deliveries WHERE id = $1")
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// Makes a delivery to a client that was given up due again, to the address that the client has now; all its tries are
/// before it once more. False when it was not given up, or not any more, or is another client's.
pub async fn retry(conn: &mut impl AsEx, id: &str, client_id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE logout_deliveries SET dead_at = NULL, attempts = 0, next_at = $3
          WHERE id = $1 AND client_id = $2 AND dead_at IS NOT NULL AND delivered_at IS NULL",
    )
    .bind(id)
    .bind(client_id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Gives a waiting delivery another address.
pub async fn readdress(conn: &mut impl AsEx, id: &str, uri: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE logout_deliveries SET uri = $2 WHERE id = $1 AND delivered_at IS NULL")
        .bind(id)
        .bind(uri)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Up to so many deliveries to one client that were given up, oldest first.
pub async fn list_dead(conn: &mut impl AsEx, client_id: &str, most: i64) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT id FROM logout_deliveries
          WHERE client_id = $1 AND dead_at IS NOT NULL AND delivered_at IS NULL ORDER BY id LIMIT $2",
    )
    .bind(client_id)
    .bind(most)
    .fetch_all(c)
    .await)?)
}
