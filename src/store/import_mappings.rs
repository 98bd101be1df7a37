//! Which column meant what in the files that an administrator brought before.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::import::ImportKind;

/// What an administrator said of a header: an object in JSON.
pub async fn find(
    conn: &mut impl AsEx,
    person: &PersonId,
    kind: ImportKind,
    header: &[u8],
) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT mapping FROM import_mappings WHERE person_id = $1 AND kind = $2 AND header_digest = $3"
    )
    .bind(person.as_str())
    .bind(kind.word())
    .bind(header)
    .fetch_optional(c)
    .await)?)
}

/// Remembers it; the last word counts.
pub async fn replace(
    conn: &mut impl AsEx,
    person: &PersonId,
    (kind, header): (ImportKind, &[u8]),
    mapping: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO import_mappings (person_id, kind, header_digest, mapping, used_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person_id, kind, header_digest) DO UPDATE SET mapping = excluded.mapping, used_at = excluded.used_at",
    )
    .bind(person.as_str())
    .bind(kind.word())
    .bind(header)
    .bind(mapping)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}
