//! What people say is wrong about themselves, for those who look after them: read within their bounds, answered once,
//! and the person is told that there is an answer.

use super::reports::{AnswerError, LONGEST};
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::authority::{AnswerReports, Extent, ReadReports, sees};
use crate::model::notice::NoticeKind;
use crate::model::person::Person;
use crate::model::report::Report;
use crate::service::audit::{self, Event};
use crate::service::authority::{One, People};
use crate::service::{Failure, Services, notices};
use crate::store::{persons, reports};
use serde_json::json;

/// Reports of one page.
pub const PAGE: usize = 25;
/// More than this are not looked through for one page of somebody whose bounds are units.
const MOST_LOOKED_THROUGH: usize = 1_000;

/// A report, and who says so.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// What was said.
    pub report: Report,
    /// Of whom.
    pub person: Person,
}

/// Some reports, and where the next ones begin.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// The reports.
    pub reports: Vec<Waiting>,
    /// What to ask for the next ones with.
    pub next: Option<String>,
}

/// The reports within somebody's bounds: those that wait, oldest first; or those that were answered, the last one first.
/// That they were looked at is on record: people tell much in them.
pub async fn list(
    services: &Services,
    proof: &People<ReadReports>,
    answered: bool,
    after: Option<&str>,
) -> Result<Queue, Failure> {
    let detail = json!({ "answered": answered });
    audit::looked(services, Event::by(&proof.by, "reports.looked", None, None, detail)).await?;
    some(services, proof, answered, after).await
}

/// Reports that are being taken away.
pub struct Taking {
    services: Services,
    proof: People<ReadReports>,
    answered: bool,
    after: Option<String>,
    over: bool,
}

/// Begins to take the reports away, in the order of the list, once that is on record.
pub async fn export(services: &Services, proof: People<ReadReports>, answered: bool) -> Result<Taking, Failure> {
    let detail = json!({ "answered": answered });
    audit::looked(services, Event::by(&proof.by, "reports.exported", None, None, detail)).await?;
    Ok(Taking { services: services.clone(), proof, answered, after: None, over: false })
}

impl Taking {
    /// Some more of them; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Vec<Waiting>>, Failure> {
        while !self.over {
            let queue = some(&self.services, &self.proof, self.answered, self.after.as_deref()).await?;
            self.over = queue.next.is_none();
            self.after = queue.next;
            if !queue.reports.is_empty() {
                return Ok(Some(queue.reports));
            }
        }
        Ok(None)
    }
}

async fn some(services: &Services, proof: &People<ReadReports>, answered: bool, after: Option<&str>) -> Result<Queue, Failure> {
    let today = vietnam_date(services.clock.now());
    let units = match proof.extent() {
        Extent::Units(units) => Some(units),
        Extent::City => None,
    };
    let mut from: Option<(i64, String)> = after.and_then(place);
    let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let (mut queue, mut looked_through) = (Queue::default(), 0);
    let mut conn = services.store.read().await?;
    loop {
        let after = from.as_ref().map(|(at, id)| (*at, id.as_str()));
        let some = reports::list_some(&mut conn, &reports::Wanted { answered, units, after }, most).await?;
        let came = some.len();
        for report in some {
            if queue.reports.len() == PAGE || looked_through >= MOST_LOOKED_THROUGH {
                queue.next = from.map(|(at, id)| format!("{at}.{id}"));
                return Ok(queue);
            }
            looked_through += 1;
            from = Some((report.answered_at.unwrap_or(report.at).0, report.id.clone()));
            let person = persons::find(&mut conn, &report.person).await?;
            let Some(person) = person.filter(|person| sees(proof.extent(), person, today)) else { continue };
            queue.reports.push(Waiting { report, person });
        }
        if came <= PAGE {
            return Ok(queue);
        }
    }
}

fn place(after: &str) -> Option<(i64, String)> {
    let (at, id) = after.split_once('.')?;
    Some((at.parse().ok()?, id.to_owned()))
}

/// Whose report it is, to ask for a proof of them.
pub async fn whose(services: &Services, id: &str) -> Result<Option<PersonId>, Failure> {
    let found = reports::find(&mut services.store.read().await?, id).await?;
    Ok(found.map(|found| found.report.person))
}

/// One report of the person of a proof.
pub async fn find(services: &Services, proof: &One<ReadReports>, id: &str) -> Result<Option<Report>, Failure> {
    let person = proof.person();
    let found = reports::find(&mut services.store.read().await?, id).await?;
    let Some(found) = found.filter(|found| found.report.person == person.id) else { return Ok(None) };
    let looked = Event::by(&proof.by, "report.looked", Some(&person.id), None, json!({ "report": id }));
    audit::looked(services, looked).await?;
    Ok(Some(found.report))
}

/// Answers a report of the person of a proof, once; they are told that there is an answer.
pub async fn answer(services: &Services, proof: &One<AnswerReports>, id: &str, words: &str) -> Result<(), AnswerError> {
    let plain = words.replace("\r\n", "\n");
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
    let (person, by) = (&proof.person().id, &proof.by);
    let mut tx = services.store.write().await?;
    let found = reports::find(&mut tx, id).await?.filter(|found| found.report.person == *person);
    if found.is_none() {
        return Err(AnswerError::Unknown);
    }
    let marked = reports::mark_answered(&mut tx, id, words, (by.person.as_str(), services.clock.now())).await?;
    if marked.is_none() {
        return Err(AnswerError::Answered);
    }
    // As with the report: what was said stands beside it.
    let detail = json!({ "report": id, "characters": characters });
    audit::record(&mut tx, services, Event::by(by, "report.answered", Some(person), None, detail)).await?;
    notices::tell(&mut tx, services, person, NoticeKind::ReportAnswered, &by.origin).await?;
    Ok(tx.commit().await?)
}
