//! What people were told of their own account, and what they said to it.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::device::Device;
use crate::model::notice::NoticeKind;

/// A notice as stored. What finds it from outside is kept as a digest only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// Identifier.
    pub id: String,
    /// Who is told.
    pub person: PersonId,
    /// When it happened.
    pub at: Millis,
    /// What happened.
    pub kind: NoticeKind,
    /// From where.
    pub address: String,
    /// With what.
    pub device: Device,
    /// When the person said that it was them.
    pub seen_at: Option<Millis>,
    /// When they said that it was not.
    pub disowned_at: Option<Millis>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    person_id: String,
    at: i64,
    kind: String,
    address: String,
    device: String,
    seen_at: Option<i64>,
    disowned_at: Option<i64>,
}

impl Row {
    fn notice(self) -> Result<StoredNotice, StoreError> {
        let kind = NoticeKind::from_word(&self.kind).ok_or_else(|| StoreError::Corrupt("notices.kind".to_owned()))?;
        Ok(StoredNotice {
            id: self.id,
            person: PersonId(self.person_id),
            at: Millis(self.at),
            kind,
            address: self.address,
            device: Device::from_words(&self.device),
            seen_at: self.seen_at.map(Millis),
            disowned_at: self.disowned_at.map(Millis),
        })
    }
}

const COLUMNS: &str = "id, person_id, at, kind, address, device, seen_at, disowned_at";

/// Adds a notice, found from outside by the token of this digest.
pub async fn add(conn: &mut impl AsEx, notice: &StoredNotice, token_digest: &[u8]) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO notices (id, person_id, at, kind, address, device, token_digest) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&notice.id)
    .bind(notice.person.as_str())
    .bind(notice.at.0)
    .bind(notice.kind.word())
    .bind(&notice.address)
    .bind(notice.device.words())
    .bind(token_digest)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// What a person has said nothing to yet, newest first.
pub async fn list_open(conn: &mut impl AsEx, person: &PersonId, most: i64) -> Result<Vec<StoredNotice>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM notices
          WHERE person_id = $1 AND seen_at IS NULL AND disowned_at IS NULL
          ORDER BY at DESC, id DESC LIMIT $2"
    )))
    .bind(person.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::notice).collect()
}

/// The notice that a link leads to.
pub async fn find_by_token(conn: &mut impl AsEx, token_digest: &[u8]) -> Result<Option<StoredNotice>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM notices WHERE token_digest = $1")))
            .bind(token_digest)
            .fetch_optional(c)
            .await)?;
    row.map(Row::notice).transpose()
}

/// A notice of this person.
pub async fn find_own(conn: &mut impl AsEx, person: &PersonId, id: &str) -> Result<Option<StoredNotice>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM notices WHERE id = $1 AND person_id = $2"
    )))
    .bind(id)
    .bind(person.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Row::notice).transpose()
}

/// The person says that everything up to one of their notices was them; what came later was not shown to them.
pub async fn mark_seen(conn: &mut impl AsEx, person: &PersonId, up_to: &str, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE notices SET seen_at = $3
          WHERE person_id = $1 AND seen_at IS NULL AND disowned_at IS NULL
            AND at <= (SELECT newest.at FROM notices newest WHERE newest.id = $2 AND newest.person_id = $1)",
    )
    .bind(person.as_str())
    .bind(up_to)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// The person says that it was not them; false when they said so before.
pub async fn mark_disowned(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE notices SET disowned_at = $2 WHERE id = $1 AND disowned_at IS NULL")
        .bind(id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes notices of long ago, some at a time; answers how many.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE at < $1 ORDER BY at LIMIT $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
