//! What people say is wrong about themselves. A report is never changed; an answer is put beside it.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::report::{Report, ReportAbout};

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
