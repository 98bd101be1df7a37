//! Errors as pages: what happened, what was not harmed, what to do, and a number to read aloud.

use crate::base::date::shown_moment;
use crate::http::extract::body::BodyProblem;
use crate::http::extract::visit::Visit;
use crate::http::view::error::{ErrorPage, ErrorWords};
use crate::service::Failure;
use crate::service::authorization::{AuthorizationError, PageProblem};
use axum::http::StatusCode;
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
    let mut response = visit.page(status, &page, None);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, axum::http::HeaderValue::from_static("5"));
    }
    response
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
