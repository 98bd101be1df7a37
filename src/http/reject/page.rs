//! Errors as pages: what happened, what was not harmed, what to do, and a number to read aloud.

use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::http::extract::body::BodyProblem;
use crate::http::extract::visit::Visit;
use crate::http::view::error::{ErrorPage, ErrorWords};
use crate::service::Failure;
use crate::service::authorization::{AuthorizationError, PageProblem};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;

/// Shows an error page.
pub fn show(visit: &Visit, what: ErrorWords, client_name: Option<String>, detail: &str) -> Response {
    let (code, status) = code_of(what);
    let page = ErrorPage {
        chrome: visit.chrome(),
        code: code.to_owned(),
        what,
        client_name,
        reference: visit.origin.request_id.clone(),
        at: shown_moment(visit.app.services.clock.now()),
        detail: detail.to_owned(),
    };
    with_wait(visit.page(status, &page, None), usual_wait(status))
}

/// Says when to come back (RFC 9110 §10.2.3).
pub fn with_wait(mut response: Response, seconds: Option<i64>) -> Response {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(RETRY_AFTER, seconds.max(1).into());
    }
    response
}

/// Whole seconds to wait until a moment; who waits so long is not told to wait again.
pub fn seconds_until(until: Millis, now: Millis) -> i64 {
    until.since(now).saturating_add(999).div_euclid(1_000).max(1)
}

/// How long to wait where nothing says it better: requests are counted by the minute, and a part that is away is soon
/// back.
pub fn usual_wait(status: StatusCode) -> Option<i64> {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Some(60),
        StatusCode::SERVICE_UNAVAILABLE => Some(5),
        _ => None,
    }
}

fn code_of(what: ErrorWords) -> (&'static str, StatusCode) {
    match what {
        ErrorWords::UnknownClient => ("unknown_client", StatusCode::BAD_REQUEST),
        ErrorWords::UnregisteredRedirect => ("unregistered_redirect_uri", StatusCode::BAD_REQUEST),
        ErrorWords::BadRequest => ("bad_request", StatusCode::BAD_REQUEST),
        ErrorWords::Expired => ("expired", StatusCode::BAD_REQUEST),
        ErrorWords::NotFound => ("not_found", StatusCode::NOT_FOUND),
        ErrorWords::MethodNotAllowed => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
        ErrorWords::ChangesLocked => ("changes_locked", StatusCode::FORBIDDEN),
        ErrorWords::TooLarge => ("too_large", StatusCode::PAYLOAD_TOO_LARGE),
        ErrorWords::TooMany => ("too_many", StatusCode::TOO_MANY_REQUESTS),
        ErrorWords::Forbidden => ("forbidden", StatusCode::FORBIDDEN),
        ErrorWords::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
        ErrorWords::ServerError => ("server_error", StatusCode::INTERNAL_SERVER_ERROR),
        ErrorWords::LogoutRefused => ("logout_refused", StatusCode::BAD_REQUEST),
        ErrorWords::NoAccess => ("no_access", StatusCode::FORBIDDEN),
    }
}

/// A form that could not be read.
pub fn unread(visit: &Visit, problem: BodyProblem) -> Response {
    let what = match problem {
        BodyProblem::TooLarge => ErrorWords::TooLarge,
        BodyProblem::WrongType | BodyProblem::TooSlow | BodyProblem::Broken => ErrorWords::BadRequest,
    };
    let mut response = show(visit, what, None, problem.description());
    *response.status_mut() = problem.status();
    response
}

/// A part of ours does not work.
pub fn failed(visit: &Visit, failure: &Failure) -> Response {
    if matches!(failure, Failure::TooMany) {
        return show(visit, ErrorWords::TooMany, None, "too much of this was done or asked for of late");
    }
    tracing::error!(request.id = %visit.origin.request_id, error = %failure, "a page failed");
    let what = if failure.is_passing() { ErrorWords::Unavailable } else { ErrorWords::ServerError };
    show(visit, what, None, "")
}

/// An authorization request that ends on a page.
pub fn authorization(visit: &Visit, error: &AuthorizationError) -> Response {
    match error {
        AuthorizationError::Page(PageProblem::UnknownClient) => {
            show(visit, ErrorWords::UnknownClient, None, "client_id is missing or not registered")
        }
        AuthorizationError::Page(PageProblem::UnregisteredRedirect) => {
            show(visit, ErrorWords::UnregisteredRedirect, None, "redirect_uri is missing or not registered for this client")
        }
        AuthorizationError::Page(PageProblem::BadRequest) => {
            show(visit, ErrorWords::BadRequest, None, "a parameter is not valid UTF-8, too long, or there are too many")
        }
        AuthorizationError::Page(PageProblem::TooMany) => {
            show(visit, ErrorWords::TooMany, None, "too many requests come from there")
        }
        AuthorizationError::Page(PageProblem::RequestObject) => {
            show(visit, ErrorWords::BadRequest, None, "the request object or the pushed request cannot be used")
        }
        AuthorizationError::Page(PageProblem::BadResponseMode) => {
            show(visit, ErrorWords::BadRequest, None, "response_mode is not offered")
        }
        AuthorizationError::Page(PageProblem::Expired) => show(visit, ErrorWords::Expired, None, "the waiting request is over"),
        AuthorizationError::Failure(failure) => failed(visit, failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_as_told_is_not_told_to_wait_again() {
        let now = Millis(1_000_000);
        for (until, seconds) in [(1_000_000, 1), (999_000, 1), (1_000_001, 1), (1_001_000, 1), (1_001_001, 2), (1_900_000, 900)] {
            assert_eq!(seconds_until(Millis(until), now), seconds, "{until}");
        }
    }

    #[test]
    fn whoever_is_turned_away_for_a_while_is_told_for_how_long() {
        assert_eq!(usual_wait(StatusCode::TOO_MANY_REQUESTS), Some(60));
        assert_eq!(usual_wait(StatusCode::SERVICE_UNAVAILABLE), Some(5));
        assert_eq!(usual_wait(StatusCode::NOT_FOUND), None);
    }
}
