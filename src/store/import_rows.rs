//! What the rows of a file do, and what taking a file back left alone.

use super::{AsEx, StoreError, sql};
use crate::base::id::PersonId;
use crate::model::import::{Kept, RowEffect};

/// Rows of one statement.
const AT_ONCE: usize = 500;

/// What one row does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its line in the file.
    pub line: i64,
    /// What it does.
    pub effect: RowEffect,
    /// Whom it is about, as far as that could be read.
    pub username: String,
    /// Their name.
    pub full_name: String,
    /// The rest, in JSON.
    pub detail: String,
    /// The column of a mistake; empty when the whole row is meant.
    pub cell: String,
    /// The mistake in Vietnamese.
    pub message_vi: String,
    /// The same in English.
    pub message_en: String,
}

/// Something that was left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Whom it is about.
    pub person: PersonId,
    /// What it is.
    pub what: Kept,
    /// Which one: a column, a position's title and unit, a role.
    pub subject: String,
    /// Their user name.
    pub username: String,
    /// Their name.
    pub full_name: String,
}

type Stored = (i64, String, String, String, String, String, String, String);

fn read(row: Stored) -> Result<ImportRow, StoreError> {
    let (line, effect, username, full_name, detail, cell, message_vi, message_en) = row;
    let effect = RowEffect::from_word(&effect).ok_or_else(|| StoreError::Corrupt("import_rows.effect".to_owned()))?;
    Ok(ImportRow { line, effect, username, full_name, detail, cell, message_vi, message_en })
}

/// Adds what rows do. A line that is there already is told anew.
pub async fn add(conn: &mut impl AsEx, import: &str, rows: &[ImportRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(AT_ONCE) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO import_rows (import_id, line, effect, username, full_name, detail, cell, message_vi, message_en) ",
            );
            query.push_values(chunk, |mut values, row| {
                values.push_bind(import).push_bind(row.line).push_bind(row.effect.word());
                values.push_bind(row.username.as_str()).push_bind(row.full_name.as_str()).push_bind(row.detail.as_str());
                values.push_bind(row.cell.as_str());
                values.push_bind(row.message_vi.as_str()).push_bind(row.message_en.as_str());
            });
            query.push(
                " ON CONFLICT (import_id, line) DO UPDATE
                   SET effect = excluded.effect, username = excluded.username, full_name = excluded.full_name,
                       detail = excluded.detail, cell = excluded.cell, message_vi = excluded.message_vi,
                       message_en = excluded.message_en",
            );
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Rows by line, of one effect or of all, some at a time.
pub async fn list(
    conn: &mut impl AsEx,
    import: &str,
    effect: Option<RowEffect>,
    (skipped, most): (i64, i64),
) -> Result<Vec<ImportRow>, StoreError> {
    let rows: Vec<Stored> = sql!(conn, |c| sqlx::query_as(
        "SELECT line, effect, username, full_name, detail, cell, message_vi, message_en
           FROM import_rows
          WHERE import_id = $1 AND ($2 IS NULL OR effect = $2)
          ORDER BY line LIMIT $3 OFFSET $4",
    )
    .bind(import)
    .bind(effect.map(RowEffect::word))
    .bind(most)
    .bind(skipped)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(read).collect()
}

/// Rows behind a line, of one effect or of all, some at a time.
pub async fn list_after(
    conn: &mut impl AsEx,
    import: &str,
    effect: Option<RowEffect>,
    (line, most): (i64, i64),
) -> Result<Vec<ImportRow>, StoreError> {
    let rows: Vec<Stored> = sql!(conn, |c| sqlx::query_as(
        "SELECT line, effect, username, full_name, detail, cell, message_vi, message_en
           FROM import_rows
          WHERE import_id = $1 AND ($2 IS NULL OR effect = $2) AND line > $3
          ORDER BY line LIMIT $4",
    )
    .bind(import)
    .bind(effect.map(RowEffect::word))
    .bind(line)
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(read).collect()
}

/// Removes some rows of a file; 0 when none is left.
pub async fn remove_some(conn: &mut impl AsEx, import: &str, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM import_rows WHERE import_id = $1
            AND line IN (SELECT line FROM import_rows WHERE import_id = $1 ORDER BY line LIMIT $2)",
    )
    .bind(import)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Adds what was left alone; what is there already stays.
pub async fn add_kept(conn: &mut impl AsEx, import: &str, rows: &[KeptRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(AT_ONCE) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO import_kept (import_id, person_id, what, subject, username, full_name) ",
            );
            query.push_values(chunk, |mut values, row| {
                values.push_bind(import).push_bind(row.person.as_str()).push_bind(row.what.word());
                values.push_bind(row.subject.as_str()).push_bind(row.username.as_str()).push_bind(row.full_name.as_str());
            });
            query.push(" ON CONFLICT (import_id, person_id, what, subject) DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Forgets what was left alone of some people, since they are looked at again.
pub async fn remove_kept(conn: &mut impl AsEx, import: &str, people: &[PersonId]) -> Result<(), StoreError> {
    for chunk in people.chunks(AT_ONCE) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM import_kept WHERE import_id = ");
            query.push_bind(import).push(" AND person_id IN (");
            let mut list = query.separated(", ");
            for person in chunk {
                list.push_bind(person.as_str());
            }
            query.push(")");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Forgets all that was left alone: taking the file back begins anew.
pub async fn remove_all_kept(conn: &mut impl AsEx, import: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("DELETE FROM import_kept WHERE import_id = $1")
        .bind(import)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// What was left alone, by user name, some at a time.
pub async fn list_kept(conn: &mut impl AsEx, import: &str, most: i64) -> Result<Vec<KeptRow>, StoreError> {
    let rows: Vec<StoredKept> = sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, what, subject, username, full_name FROM import_kept
          WHERE import_id = $1 ORDER BY username, what, subject LIMIT $2",
    )
    .bind(import)
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(read_kept).collect()
}

/// What was left alone of people after one of these things, in the order of people, some at a time.
pub async fn list_kept_after(
    conn: &mut impl AsEx,
    import: &str,
    after: Option<&KeptRow>,
    most: i64,
) -> Result<Vec<KeptRow>, StoreError> {
    let (person, what, subject) =
        after.map_or(("", "", ""), |after| (after.person.as_str(), after.what.word(), after.subject.as_str()));
    let rows: Vec<StoredKept> = sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, what, subject, username, full_name FROM import_kept
          WHERE import_id = $1 AND (person_id, what, subject) > ($2, $3, $4)
          ORDER BY person_id, what, subject LIMIT $5",
    )
    .bind(import)
    .bind(person)
    .bind(what)
    .bind(subject)
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(read_kept).collect()
}

type StoredKept = (String, String, String, String, String);

fn read_kept((person, what, subject, username, full_name): StoredKept) -> Result<KeptRow, StoreError> {
    let what = Kept::from_word(&what).ok_or_else(|| StoreError::Corrupt("import_kept.what".to_owned()))?;
    Ok(KeptRow { person: PersonId(person), what, subject, username, full_name })
}

/// How many things were left alone.
pub async fn count_kept(conn: &mut impl AsEx, import: &str) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM import_kept WHERE import_id = $1")
        .bind(import)
        .fetch_one(c)
        .await)?)
}
