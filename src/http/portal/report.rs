//! Something about me is wrong here: said by the person, kept as typed, answered by those who keep the directory.

use crate::base::clock::Millis;
use crate::base::date::{shown_moment, shown_time};
use crate::http::extract::account::Account;
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::report::{ReportLine, ReportPage, ReportProblem};
use crate::model::report::{Report, ReportAbout};
use crate::protocol::parameters::{Fault, Parameters};
use crate::service::Failure;
use crate::service::account::reports::{self, LONGEST, ReportError};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/account/report";
const SENT: &str = "/account/report?done=sent";

/// What the page is asked to show.
#[derive(Default)]
struct Asked {
    about: Option<ReportAbout>,
    words: String,
    sent: bool,
    refused: Option<Refused>,
}

/// Why a report was not taken in, and until when none is.
struct Refused {
    problem: ReportProblem,
    until: Option<Millis>,
}

impl From<ReportProblem> for Refused {
    fn from(problem: ReportProblem) -> Self {
        Self { problem, until: None }
    }
}

/// `GET /account/report`; with `about`, what it is about is chosen already.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    // Whoever is on the first walk may find here that something is wrong.
    let account = match visit.walking_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let about = parameters.get("about").and_then(ReportAbout::from_word);
    let sent = parameters.get("done") == Some("sent");
    show(&visit, &account, Asked { about, sent, ..Asked::default() }).await
}

/// `POST /account/report`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = HERE.to_owned();
    let account = match visit.walking_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    // A long report in Vietnamese is larger on the way than other forms are.
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
    let about = form.get("about").and_then(ReportAbout::from_word);
    let words = form.owned("words").unwrap_or_default();
    let sent = if too_long { Ok(Some(ReportProblem::TooLong.into())) } else { send(&visit, &account, about, &words).await };
    match sent {
        Ok(None) => visit.see_other(SENT),
        Ok(refused) => show(&visit, &account, Asked { about, words, sent: false, refused }).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// Hands the report over; answers why it was not taken in.
async fn send(visit: &Visit, account: &Account, about: Option<ReportAbout>, words: &str) -> Result<Option<Refused>, Failure> {
    let Some(about) = about else { return Ok(Some(ReportProblem::NoAbout.into())) };
    match reports::make(&visit.app.services, &account.sign_on.person, about, words, &visit.origin).await {
        Ok(_) => Ok(None),
        Err(ReportError::Empty) => Ok(Some(ReportProblem::Empty.into())),
        Err(ReportError::TooLong) => Ok(Some(ReportProblem::TooLong.into())),
        Err(ReportError::TooMany { until }) => {
            Ok(Some(Refused { problem: ReportProblem::TooMany { until: shown_time(until) }, until: Some(until) }))
        }
        Err(ReportError::Failure(failure)) => Err(failure),
    }
}

async fn show(visit: &Visit, account: &Account, asked: Asked) -> Response {
    let own = match reports::list(&visit.app.services, &account.sign_on.person).await {
        Ok(own) => own,
        Err(failure) => return page::failed(visit, &failure),
    };
    let (problem, until) = asked.refused.map_or((None, None), |refused| (Some(refused.problem), refused.until));
    let status = match &problem {
        None => StatusCode::OK,
        Some(ReportProblem::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(ReportProblem::NoAbout | ReportProblem::Empty | ReportProblem::TooLong) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = ReportPage {
        chrome: visit.chrome(),
        about: asked.about,
        words: asked.words,
        longest: LONGEST,
        sent: asked.sent,
        problem,
        reports: own.into_iter().map(line).collect(),
    };
    let now = visit.app.services.clock.now();
    page::with_wait(visit.page(status, &page, None), until.map(|until| page::seconds_until(until, now)))
}

fn line(report: Report) -> ReportLine {
    ReportLine {
        at: shown_moment(report.at),
        about: report.about,
        words: report.words,
        answer: report.answered_at.map(|at| (shown_moment(at), report.answer.unwrap_or_default())),
    }
}
