//! What people say is wrong about themselves. A report is never changed; an answer is put beside it.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::report::{Report, ReportAbout};

/// A report without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// What was said.
    pub report: Report,
    /// The user name of who says so.
    pub username: String,
}

#[derive(sqlx::FromRow)]
struct OpenRow {
    id: String,
    person_id: String,
    username: String,
    at: i64,
    about: String,
    words: String,
}

impl OpenRow {
    fn open(self) -> Result<OpenReport, StoreError> {
        let Self { id, person_id, username, at, about, words } = self;
        let report = Row { id, person_id, at, about, words, answered_at: None, answer: None }.report()?;
        Ok(OpenReport { report, username })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    person_id: String,
    at: i64,
    about: String,
    words: String,
    answered_at: Option<i64>,
    answer: Option<String>,
}

impl Row {
    fn report(self) -> Result<Report, StoreError> {
        let unreadable = || StoreError::Corrupt("reports.about".to_owned());
        Ok(Report {
            id: self.id,
            person: PersonId(self.person_id),
            at: Millis(self.at),
            about: ReportAbout::from_word(&self.about).ok_or_else(unreadable)?,
            words: self.words,
            answered_at: self.answered_at.map(Millis),
            answer: self.answer,
        })
    }
}

/// Takes a report in.
pub async fn add(conn: &mut impl AsEx, report: &Report) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO reports (id, person_id, at, about, words) VALUES ($1, $2, $3, $4, $5)")
        .bind(&report.id)
        .bind(&report.person.0)
        .bind(report.at.0)
        .bind(report.about.word())
        .bind(&report.words)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The reports of a person, newest first, at most so many.
pub async fn list(conn: &mut impl AsEx, person: &PersonId, most: i64) -> Result<Vec<Report>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, person_id, at, about, words, answered_at, answer
           FROM reports WHERE person_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
    )
    .bind(&person.0)
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::report).collect()
}

/// The reports without an answer, oldest first, at most so many.
pub async fn list_open(conn: &mut impl AsEx, most: i64) -> Result<Vec<OpenReport>, StoreError> {
    let rows: Vec<OpenRow> = sql!(conn, |c| sqlx::query_as(
        "SELECT r.id, r.person_id, p.username, r.at, r.about, r.words
           FROM reports r JOIN persons p ON p.id = r.person_id
          WHERE r.answered_at IS NULL ORDER BY r.at, r.id LIMIT $1",
    )
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(OpenRow::open).collect()
}

/// Whether there is a report of this id, answered or not.
pub async fn is_there(conn: &mut impl AsEx, id: &str) -> Result<bool, StoreError> {
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT id FROM reports WHERE id = $1").bind(id).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Puts an answer beside a report; tells whose report it is. Nothing when there is none of this id, or it has an answer
/// already: the first one stands.
pub async fn mark_answered(
    conn: &mut impl AsEx,
    id: &str,
    answer: &str,
    by: (&str, Millis),
) -> Result<Option<PersonId>, StoreError> {
    let person: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "UPDATE reports SET answered_at = $2, answered_by = $3, answer = $4
          WHERE id = $1 AND answered_at IS NULL RETURNING person_id",
    )
    .bind(id)
    .bind(by.1.0)
    .bind(by.0)
    .bind(answer)
    .fetch_optional(c)
    .await)?;
    Ok(person.map(PersonId))
}
