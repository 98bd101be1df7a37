//! Counts by the hour, and the place in the chain up to which everything was counted.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// What is looked at and not counted lies under this kind.
const NOW: &str = "now";

/// A count to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What is counted.
    pub kind: &'static str,
    /// Hours since 1970.
    pub hour: i64,
    /// Of which.
    pub name: String,
    /// How many.
    pub counted: i64,
}

/// The place in the chain up to which everything was counted.
pub async fn cursor(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT seq FROM figures_cursor").fetch_one(c).await)?)
}

/// Moves on from a place; false when another node did so first.
pub async fn move_cursor(conn: &mut impl AsEx, from: i64, to: i64) -> Result<bool, StoreError> {
    let moved = sql!(conn, |c| sqlx::query("UPDATE figures_cursor SET seq = $1 WHERE seq = $2")
        .bind(to)
        .bind(from)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// Adds counts to what was counted before. No two of them may be of one kind, hour and name.
pub async fn add(conn: &mut impl AsEx, counts: &[Count]) -> Result<(), StoreError> {
    for chunk in counts.chunks(500) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO figures (kind, hour, name, counted) ");
            query.push_values(chunk, |mut values, count| {
                values.push_bind(count.kind).push_bind(count.hour).push_bind(count.name.as_str()).push_bind(count.counted);
            });
            query.push(" ON CONFLICT (kind, hour, name) DO UPDATE SET counted = figures.counted + excluded.counted");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// What was counted of a kind in each hour, from one hour on and before another.
pub async fn list_by_hour(conn: &mut impl AsEx, kind: &str, from: i64, until: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT hour, CAST(SUM(counted) AS BIGINT) FROM figures
          WHERE kind = $1 AND hour >= $2 AND hour < $3 GROUP BY hour ORDER BY hour",
    )
    .bind(kind)
    .bind(from)
    .bind(until)
    .fetch_all(c)
    .await)?)
}

/// What was counted of a kind under each name, from one hour on and before another; the most first.
pub async fn list_by_name(
    conn: &mut impl AsEx,
    kind: &str,
    (from, until): (i64, i64),
    most: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT name, CAST(SUM(counted) AS BIGINT) FROM figures
          WHERE kind = $1 AND hour >= $2 AND hour < $3 GROUP BY name ORDER BY 2 DESC, 1 LIMIT $4",
    )
    .bind(kind)
    .bind(from)
    .bind(until)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// What was counted of a kind under some names in each hour, from one hour on and before another.
pub async fn list_by_hour_of(
    conn: &mut impl AsEx,
    kind: &str,
    names: &[&str],
    (from, until): (i64, i64),
) -> Result<Vec<(i64, i64)>, StoreError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT hour, CAST(SUM(counted) AS BIGINT) FROM figures WHERE kind = ");
        query.push_bind(kind).push(" AND hour >= ").push_bind(from).push(" AND hour < ").push_bind(until).push(" AND name IN (");
        let mut list = query.separated(", ");
        for name in names {
            list.push_bind(*name);
        }
        query.push(") GROUP BY hour ORDER BY hour");
        query.build_query_as::<(i64, i64)>().fetch_all(c).await
    })?)
}

/// What was counted of a kind under each of some names, from one hour on and before another; the most first.
pub async fn list_by_name_of(
    conn: &mut impl AsEx,
    kind: &str,
    names: &[&str],
    (from, until): (i64, i64),
    most: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT name, CAST(SUM(counted) AS BIGINT) FROM figures WHERE kind = ");
        query.push_bind(kind).push(" AND hour >= ").push_bind(from).push(" AND hour < ").push_bind(until).push(" AND name IN (");
        let mut list = query.separated(", ");
        for name in names {
            list.push_bind(*name);
        }
        query.push(") GROUP BY name ORDER BY 2 DESC, 1 LIMIT ").push_bind(most);
        query.build_query_as::<(String, i64)>().fetch_all(c).await
    })?)
}

/// Removes what was counted before an hour, some rows at a time; answers how many went.
pub async fn remove_before(conn: &mut impl AsEx, hour: i64, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM figures
          WHERE (kind, hour, name) IN (SELECT kind, hour, name FROM figures WHERE hour > 0 AND hour < $1 LIMIT $2)",
    )
    .bind(hour)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Keeps what was looked at just now.
pub async fn set_now(conn: &mut impl AsEx, values: &[(&str, i64)]) -> Result<(), StoreError> {
    for (name, value) in values {
        sql!(conn, |c| sqlx::query(
            "INSERT INTO figures (kind, hour, name, counted) VALUES ($1, 0, $2, $3)
             ON CONFLICT (kind, hour, name) DO UPDATE SET counted = excluded.counted",
        )
        .bind(NOW)
        .bind(*name)
        .bind(*value)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    }
    Ok(())
}

/// What was looked at last.
pub async fn list_now(conn: &mut impl AsEx) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT name, counted FROM figures WHERE kind = $1 AND hour = 0")
        .bind(NOW)
        .fetch_all(c)
        .await)?)
}

/// People with a sign-on that counts: not ended, not too old, not idle for too long.
pub async fn count_signed_in(conn: &mut impl AsEx, idle_seconds: i64, now: Millis) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(DISTINCT person_id) FROM sign_ons
          WHERE ended_at IS NULL AND ends_at > $1
            AND last_seen_at > $1 - 1000 * CASE WHEN idle_seconds < $2 THEN idle_seconds ELSE $2 END",
    )
    .bind(now.0)
    .bind(idle_seconds)
    .fetch_one(c)
    .await)?)
}

/// People who may sign in.
pub async fn count_people(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*) FROM persons p JOIN change_sets s ON s.id = p.change_set
          WHERE p.disabled_at IS NULL AND s.applied_at IS NOT NULL AND s.undone_at IS NULL",
    )
    .fetch_one(c)
    .await)?)
}

/// Those of them who have a passkey.
pub async fn count_with_passkey(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(DISTINCT k.person_id) FROM passkeys k JOIN persons p ON p.id = k.person_id WHERE p.disabled_at IS NULL",
    )
    .fetch_one(c)
    .await)?)
}
