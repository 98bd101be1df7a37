//! What people say is wrong about themselves. A report is never changed; an answer is put beside it.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, UnitId};
use crate::model::report::{Report, ReportAbout};
use std::collections::BTreeSet;

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

/// One report, with the user name of who says so.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<OpenReport>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| {
        sqlx::query_as("SELECT id, person_id, at, about, words, answered_at, answer FROM reports WHERE id = $1")
            .bind(id)
            .fetch_optional(c)
            .await
    })?;
    let Some(report) = row.map(Row::report).transpose()? else { return Ok(None) };
    let username: Option<String> = sql!(conn, |c| sqlx::query_scalar("SELECT username FROM persons WHERE id = $1")
        .bind(report.person.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(username.map(|username| OpenReport { report, username }))
}

/// Which reports a queue shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Those that have an answer, newest answer first; else those that wait, oldest first.
    pub answered: bool,
    /// Only of people who have, or had, a post in one of these units; none: of everybody.
    pub units: Option<&'a BTreeSet<UnitId>>,
    /// Only after this one: when it was made (or answered), and its id.
    pub after: Option<(i64, &'a str)>,
}

/// Reports of a queue, some at a time. Whether somebody still belongs to one of the units is for the reader to say.
pub async fn list_some(conn: &mut impl AsEx, wanted: &Wanted<'_>, most: i64) -> Result<Vec<Report>, StoreError> {
    if wanted.units.is_some_and(BTreeSet::is_empty) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT r.id, r.person_id, r.at, r.about, r.words, r.answered_at, r.answer FROM reports r WHERE ",
        );
        query.push(if wanted.answered { "r.answered_at IS NOT NULL" } else { "r.answered_at IS NULL" });
        if let Some(units) = wanted.units {
            query.push(" AND EXISTS (SELECT 1 FROM positions q WHERE q.person_id = r.person_id AND q.unit_id IN (");
            let mut list = query.separated(", ");
            for unit in units {
                list.push_bind(unit.0.clone());
            }
            query.push("))");
        }
        if let Some((at, id)) = wanted.after {
            query.push(if wanted.answered { " AND (r.answered_at, r.id) < (" } else { " AND (r.at, r.id) > (" });
            query.push_bind(at).push(", ").push_bind(id.to_owned()).push(")");
        }
        query.push(if wanted.answered { " ORDER BY r.answered_at DESC, r.id DESC" } else { " ORDER BY r.at, r.id" });
        query.push(" LIMIT ").push_bind(most);
        query.build_query_as::<Row>().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::report).collect()
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
