//! What the digest of people is made of beside their facts and posts, some people at a time in the order of their ids.

use super::{AsEx, StoreError, sql};
use crate::base::id::PersonId;

/// A role in a client that was not taken back.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredRole {
    /// Who has it.
    pub person_id: String,
    /// In which client.
    pub client_id: String,
    /// Which.
    pub role: String,
    /// Only while acting in this position.
    pub position_id: Option<String>,
    /// First day.
    pub valid_from: Option<String>,
    /// Last day, inclusive.
    pub valid_to: Option<String>,
    /// The level that it asks for.
    pub least_level: Option<i64>,
    /// Not 0: only from the network of an office.
    pub office_only: i64,
}

/// What a sector knows somebody as.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredSubject {
    /// Whom.
    pub person_id: String,
    /// Their user name.
    pub username: String,
    /// The sector.
    pub sector: String,
    /// By this.
    pub sub: String,
}

/// People in the order of their ids, after one.
pub async fn list_people(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar("SELECT id FROM persons WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after)
        .bind(most)
        .fetch_all(c)
        .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// The roles of those people whose ids lie after one and up to another.
pub async fn list_roles(conn: &mut impl AsEx, (after, to): (&str, &str)) -> Result<Vec<StoredRole>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, client_id, role, position_id, valid_from, valid_to, least_level, office_only FROM role_grants
          WHERE person_id > $1 AND person_id <= $2 AND revoked_at IS NULL ORDER BY person_id, id",
    )
    .bind(after)
    .bind(to)
    .fetch_all(c)
    .await)?)
}

/// What sectors know people as, some at a time in the order of sectors and people, after one of them.
pub async fn list_subjects(
    conn: &mut impl AsEx,
    (sector, person): (&str, &str),
    most: i64,
) -> Result<Vec<StoredSubject>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT s.person_id, p.username, s.sector, s.sub FROM subjects s JOIN persons p ON p.id = s.person_id
          WHERE (s.sector, s.person_id) > ($1, $2) ORDER BY s.sector, s.person_id LIMIT $3",
    )
    .bind(sector)
    .bind(person)
    .bind(most)
    .fetch_all(c)
    .await)?)
}
