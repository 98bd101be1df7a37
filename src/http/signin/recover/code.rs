//! The code that an administrator told somebody: typed with the user name, on to a new password.

use super::{LONGEST_NAME, read, request_of, with_request};
use crate::base::date::shown_time;
use crate::base::text::{has_control, nfc};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::recover::{CodeProblem, RecoverCode};
use crate::protocol::parameters::Parameters;
use crate::service::recovery::{self, CodeError};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const PATH: &str = "/signin/recover/code";

/// `GET /signin/recover/code`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, request_of(&parameters), String::new(), None)
}

/// `POST /signin/recover/code`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let form = match read(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let request = request_of(&form);
    visit.here = with_request(PATH, &request);
    let username = nfc(form.get("username").unwrap_or_default());
    if username.is_empty() {
        return show(&visit, request, username, Some(CodeProblem::NoName));
    }
    if username.chars().count() > LONGEST_NAME || has_control(&username) {
        return show(&visit, request, String::new(), Some(CodeProblem::Wrong));
    }
    let Some(code) = form.get("code") else { return show(&visit, request, username, Some(CodeProblem::NoCode)) };
    match recovery::redeem(&visit.app.services, &username, code, visit.browser(), &visit.origin).await {
        Ok(ticket) => visit.see_other(&super::password::address(&ticket, &request)),
        Err(CodeError::Wrong) => show(&visit, request, username, Some(CodeProblem::Wrong)),
        Err(CodeError::TooMany { until }) => {
            let response = show(&visit, request, username, Some(CodeProblem::TooMany { until: shown_time(until) }));
            let now = visit.app.services.clock.now();
            page::with_wait(response, Some(page::seconds_until(until, now)))
        }
        Err(CodeError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

fn show(visit: &Visit, request: String, username: String, problem: Option<CodeProblem>) -> Response {
    let status = match problem {
        None => StatusCode::OK,
        Some(CodeProblem::NoName | CodeProblem::NoCode | CodeProblem::Wrong) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(CodeProblem::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
    };
    let page = RecoverCode { chrome: visit.chrome(), request, username, problem };
    visit.page(status, &page, None)
}
