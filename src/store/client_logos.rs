//! Pictures of clients.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// A picture: its media type and its bytes.
pub async fn find(conn: &mut impl AsEx, client_id: &str) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT content_type, image FROM client_logos WHERE client_id = $1")
        .bind(client_id)
        .fetch_optional(c)
        .await)?)
}

/// Keeps a picture in place of the one before.
pub async fn replace(
    conn: &mut impl AsEx,
    client_id: &str,
    content_type: &str,
    image: &[u8],
    now: Millis,
) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO client_logos (client_id, content_type, image, fetched_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (client_id) DO UPDATE
            SET content_type = excluded.content_type, image = excluded.image, fetched_at = excluded.fetched_at",
    )
    .bind(client_id)
    .bind(content_type)
    .bind(image)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Drops a picture, when there is one.
pub async fn remove(conn: &mut impl AsEx, client_id: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("DELETE FROM client_logos WHERE client_id = $1")
        .bind(client_id)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}
