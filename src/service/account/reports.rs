//! What a person says is wrong about themselves: taken in as typed, read and answered by those who keep the directory.

use crate::base::clock::Millis;
use crate::base::id::{PersonId, uuid_v7};
use crate::model::report::{Report, ReportAbout};
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services};
use crate::store::{StoreError, reports};
use crate::transient::{TransientError, attempts};
use serde_json::json;

pub use crate::store::reports::OpenReport;

/// The longest report, in characters.
pub const LONGEST: usize = 2_000;
/// Reports of one person in an hour.
pub const MOST_AN_HOUR: i64 = 5;
const HOUR_MS: i64 = 3_600_000;
const BUCKET: &str = "report";
/// So many of a person's own reports are listed.
const SHOWN: i64 = 50;
/// So many reports without an answer are listed.
pub const MOST_OPEN: usize = 1_000;

/// Why a report was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It says nothing.
    #[error("the report is empty")]
    Empty,
    /// It says too much.
    #[error("the report is too long")]
    TooLong,
    /// The person reported very often lately.
    #[error("there were too many reports within an hour")]
    TooMany {
        /// When there is room again.
        until: Millis,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ReportError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for ReportError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// Takes a report in; answers its id.
pub async fn make(
    services: &Services,
    person: &PersonId,
    about: ReportAbout,
    words: &str,
    origin: &Origin,
) -> Result<String, ReportError> {
    let words = with_plain_ends(words);
    if words.trim().is_empty() {
        return Err(ReportError::Empty);
    }
    if words.chars().count() > LONGEST {
        return Err(ReportError::TooLong);
    }
    let now = services.clock.now();
    let (count, until) = attempts::add(&services.transient, BUCKET, &person.0, HOUR_MS, now).await?;
    if count > MOST_AN_HOUR {
        return Err(ReportError::TooMany { until });
    }
    let id = uuid_v7(now, services.entropy.as_ref());
    let report = Report { id, person: person.clone(), at: now, about, words, answered_at: None, answer: None };
    if let Err(error) = keep(services, &report, origin).await {
        attempts::take_back(&services.transient, BUCKET, &person.0, now).await?;
        return Err(error.into());
    }
    Ok(report.id)
}

/// Forms and some keyboards send line ends as two characters (URL standard, form encoding); everything else stays as it is.
fn with_plain_ends(words: &str) -> String {
    words.replace("\r\n", "\n")
}

async fn keep(services: &Services, report: &Report, origin: &Origin) -> Result<(), StoreError> {
    let mut tx = services.store.write().await?;
    reports::add(&mut tx, report).await?;
    // What was said stands in the report: it may name other people.
    let event = Event {
        event: "report.made",
        actor: report.person.0.clone(),
        person: Some(&report.person),
        client: None,
        origin,
        detail: json!({ "report": report.id, "about": report.about.word(), "characters": report.words.chars().count() }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await
}

/// A person's own reports, newest first.
pub async fn list(services: &Services, person: &PersonId) -> Result<Vec<Report>, Failure> {
    Ok(reports::list(&mut services.store.read().await?, person, SHOWN).await?)
}

/// The reports that nobody has answered, oldest first, at most [`MOST_OPEN`].
pub async fn list_open(services: &Services) -> Result<Vec<OpenReport>, Failure> {
    let most = i64::try_from(MOST_OPEN).unwrap_or(i64::MAX);
    Ok(reports::list_open(&mut services.store.read().await?, most).await?)
}

/// An answer to a report.
pub struct Answering<'a> {
    /// The report's id.
    pub id: &'a str,
    /// What its author is to read.
    pub answer: &'a str,
    /// Who answers.
    pub actor: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// Why a report was not answered.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// There is no such report.
    #[error("there is no report of this id; see motlan report list")]
    Unknown,
    /// It has an answer, which its author may have read.
    #[error("this report is answered already; an answer is never changed")]
    Answered,
    /// It says nothing.
    #[error("the answer is empty; write it to standard input")]
    Empty,
    /// It says too much.
    #[error("the answer has more than {LONGEST} characters")]
    TooLong,
    /// It holds characters that cannot be read.
    #[error("the answer holds control characters")]
    Unreadable,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for AnswerError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Answers a report, once: its author finds the answer beside it.
pub async fn answer(services: &Services, answering: &Answering<'_>) -> Result<PersonId, AnswerError> {
    let plain = with_plain_ends(answering.answer);
    let words = plain.trim();
    if words.is_empty() {
        return Err(AnswerError::Empty);
    }
    let characters = words.chars().count();
    if characters > LONGEST {
        return Err(AnswerError::TooLong);
    }
    if words.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')) {
        return Err(AnswerError::Unreadable);
    }
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let Some(person) = reports::mark_answered(&mut tx, answering.id, words, (answering.actor, now)).await? else {
        let there = reports::is_there(&mut tx, answering.id).await?;
        return Err(if there { AnswerError::Answered } else { AnswerError::Unknown });
    };
    // As with the report: what was said stands beside it.
    let event = Event {
        event: "report.answered",
        actor: answering.actor.to_owned(),
        person: Some(&person),
        client: None,
        origin: answering.origin,
        detail: json!({ "report": answering.id, "characters": characters }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(person)
}
