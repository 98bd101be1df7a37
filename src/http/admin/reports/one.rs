//! One report, and the answer to it.

use super::HERE;
use crate::base::date::{shown, shown_moment};
use crate::base::id::PersonId;
use crate::http::admin::names::unit_name;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::reports::{AnswerProblem, QueuedPage, QueuedPost};
use crate::http::view::error::ErrorWords;
use crate::model::authority::{AnswerReports, ReadReports};
use crate::model::person::Person;
use crate::model::report::Report;
use crate::protocol::parameters::Fault;
use crate::service::account::report_queue;
use crate::service::account::reports::{AnswerError, LONGEST};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/reports/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    match show(&visit, &desk, &id, String::new(), None).await {
        Ok(response) | Err(response) => response,
    }
}

/// `POST /admin/reports/{id}`: `answer`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/{id}");
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    // A long answer in Vietnamese is larger on the way than other forms are.
    let form = match body::form(&headers, body).await {
        Ok(form) => form,
        Err(problem) => return page::unread(&visit, problem),
    };
    let too_long = match form.fault() {
        None => false,
        Some(Fault::TooLarge) => true,
        Some(fault) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
    };
    if !visit.is_own_form(&form) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    let words = form.owned("answer").unwrap_or_default();
    match answer(&visit, &desk, &id, &words, too_long).await {
        Ok(None) => visit.see_other(&format!("{HERE}?done=answered")),
        Ok(Some(problem)) => match show(&visit, &desk, &id, words, Some(problem)).await {
            Ok(response) | Err(response) => response,
        },
        Err(response) => response,
    }
}

/// Puts the answer beside the report; answers why that was not done.
async fn answer(visit: &Visit, desk: &Desk, id: &str, words: &str, too_long: bool) -> Result<Option<AnswerProblem>, Response> {
    let services = &visit.app.services;
    let person = whose(visit, id).await?;
    let proof = desk.authority.one::<AnswerReports>(services, &person).await;
    let Some(proof) = proof.map_err(|failure| page::failed(visit, &failure))? else { return Err(absent(visit)) };
    if too_long {
        return Ok(Some(AnswerProblem::TooLong));
    }
    match report_queue::answer(services, &proof, id, words).await {
        Ok(()) => Ok(None),
        Err(AnswerError::Unknown) => Err(absent(visit)),
        Err(AnswerError::Answered) => Ok(Some(AnswerProblem::Answered)),
        Err(AnswerError::Empty) => Ok(Some(AnswerProblem::Empty)),
        Err(AnswerError::TooLong) => Ok(Some(AnswerProblem::TooLong)),
        Err(AnswerError::Unreadable) => Ok(Some(AnswerProblem::Unreadable)),
        Err(AnswerError::Failure(failure)) => Err(page::failed(visit, &failure)),
    }
}

async fn whose(visit: &Visit, id: &str) -> Result<PersonId, Response> {
    let found = report_queue::whose(&visit.app.services, id).await.map_err(|failure| page::failed(visit, &failure))?;
    found.ok_or_else(|| absent(visit))
}

async fn show(visit: &Visit, desk: &Desk, id: &str, typed: String, problem: Option<AnswerProblem>) -> Result<Response, Response> {
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let person = whose(visit, id).await?;
    let proof = desk.authority.one::<ReadReports>(services, &person).await.map_err(failed)?;
    let Some(proof) = proof else { return Err(absent(visit)) };
    let Some(report) = report_queue::find(services, &proof, id).await.map_err(failed)? else { return Err(absent(visit)) };
    let may_answer = desk.authority.one::<AnswerReports>(services, &person).await.map_err(failed)?.is_some();
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = view(visit, desk, (proof.person(), report), may_answer);
    let page = QueuedPage { typed, problem, ..page };
    Ok(visit.page(status, &page, None))
}

fn view(visit: &Visit, desk: &Desk, (person, report): (&Person, Report), may_answer: bool) -> QueuedPage {
    let today = desk.authority.today();
    let posts = person.positions_on(today).into_iter().map(|held| QueuedPost {
        title: held.title.clone(),
        unit: unit_name(desk, &held.unit),
        since: shown(held.valid_from),
    });
    QueuedPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Reports),
        id: report.id,
        person: person.id.0.clone(),
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        posts: posts.collect(),
        about: report.about,
        at: shown_moment(report.at),
        words: report.words,
        answer: report.answered_at.map(|at| (shown_moment(at), report.answer.unwrap_or_default())),
        may_answer,
        longest: LONGEST,
        typed: String::new(),
        problem: None,
    }
}
