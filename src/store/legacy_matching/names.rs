//! What is asked about one name while somebody waits: who has it, whose e-mail addresses others have too, and the newest
//! accounts of it of which nothing is decided. Each statement goes by an index.

use super::{AccountRow, COLUMNS};
use crate::base::id::PersonId;
use crate::store::{AsEx, StoreError, sql};

/// What was told of somebody before their name could be found by its sorted form.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UnreadName {
    /// Of whom.
    pub person_id: String,
    /// By which set of changes.
    pub change_set: String,
    /// The full name.
    pub full_name: String,
}

/// Names whose sorted form is not written yet, at most so many.
pub async fn list_unread_names(conn: &mut impl AsEx, most: i64) -> Result<Vec<UnreadName>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, change_set, full_name FROM person_facts
          WHERE name_sorted IS NULL
          ORDER BY person_id, change_set LIMIT $1",
    )
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Writes the sorted forms of names; answers how many of these were still so.
pub async fn mark_names_read(conn: &mut impl AsEx, read: &[(UnreadName, String)]) -> Result<u64, StoreError> {
    if read.is_empty() {
        return Ok(0);
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("WITH told (person_id, change_set, full_name, name_sorted) AS (");
        query.push_values(read, |mut row, (name, sorted)| {
            row.push_bind(name.person_id.as_str()).push_bind(name.change_set.as_str());
            row.push_bind(name.full_name.as_str()).push_bind(sorted.as_str());
        });
        query.push(
            ") UPDATE person_facts SET name_sorted = told.name_sorted
                 FROM told
                WHERE person_facts.person_id = told.person_id AND person_facts.change_set = told.change_set
                  AND person_facts.full_name = told.full_name",
        );
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?)
}

/// People of whom something was told under a name, in its sorted form, whether or not that counts (any more); at most so
/// many.
pub async fn list_people_named(conn: &mut impl AsEx, name: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT DISTINCT f.person_id FROM person_facts f WHERE f.name_sorted = $1 LIMIT $2")
            .bind(name)
            .bind(most)
            .fetch_all(c)
            .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// Which of these e-mail addresses, in small letters, an account or a person of another name has. One row of each is looked
/// for, by its address: offices have addresses that thousands share.
pub async fn list_shared_emails(conn: &mut impl AsEx, name: &str, emails: &[String]) -> Result<Vec<String>, StoreError> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("WITH asked (email) AS (");
        query.push_values(emails, |mut row, email| {
            row.push_bind(email.as_str());
        });
        query.push(
            ") SELECT asked.email FROM asked
                WHERE (SELECT 1 FROM legacy_accounts a
                        WHERE LOWER(a.email) = asked.email AND a.name_sorted <> ",
        );
        query.push_bind(name);
        query.push(
            " LIMIT 1) IS NOT NULL
                   OR (SELECT 1 FROM person_facts f
                        WHERE LOWER(f.email) = asked.email
                          AND (SELECT s.applied_at FROM change_sets s
                                WHERE s.id = f.change_set AND s.undone_at IS NULL) IS NOT NULL
                          AND f.name_sorted <> ",
        );
        query.push_bind(name).push(" LIMIT 1) IS NOT NULL");
        query.build_query_scalar().fetch_all(c).await
    })?)
}

/// The newest accounts of a name of which nothing is decided, at most so many.
pub async fn list_newest_undecided(conn: &mut impl AsEx, name: &str, most: i64) -> Result<Vec<AccountRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM legacy_accounts a
          WHERE a.name_sorted = $1 AND a.decision = ''
          ORDER BY a.changed_at DESC LIMIT $2"
    )))
    .bind(name)
    .bind(most)
    .fetch_all(c)
    .await)?)
}
