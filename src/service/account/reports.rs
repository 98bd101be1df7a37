//! What a person says is wrong about themselves: taken in as typed, for those who keep the directory.

use crate::base::clock::Millis;
use crate::base::id::{PersonId, uuid_v7};
use crate::model::report::{Report, ReportAbout};
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services};
use crate::store::{StoreError, reports};
use crate::transient::{TransientError, attempts};
use serde_json::json;

/// The longest report, in characters.
pub const LONGEST: usize = 2_000;
/// Reports of one person in an hour.
pub const MOST_AN_HOUR: i64 = 5;
const HOUR_MS: i64 = 3_600_000;
const BUCKET: &str = "report";
/// So many of a person's own reports are listed.
const SHOWN: i64 = 50;

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
    // Forms send line ends as two characters (URL standard, form encoding); everything else stays as it is.
    let words = words.replace("\r\n", "\n");
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
