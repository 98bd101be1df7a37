//! Signing in with a passkey, instead of a name and a password.
//!
//! The first page's script asks for options, hands them to the browser, and
//! sends what comes back as a form, so that the answer may lead on to the
//! system that asked.

use super::password::enter;
use super::{name, place, read_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::passkey::PasskeyProblem;
use crate::http::view::signin::FieldError;
use crate::service::passkeys::BeginError;
use crate::service::passkeys::sign_in::{self, Answer, SignInError};
use crate::service::sign_on::Proof;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

/// `POST /signin/passkey/options`
pub async fn options(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    if let Err(response) = read_form(&mut visit, &headers, body).await {
        return response;
    }
    let begun = sign_in::begin(&visit.app.services, visit.browser(), &visit.origin).await;
    answer_options(&visit, begun)
}

/// `POST /signin/passkey`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, mut waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = format!("/signin?request={}", waiting.id);
    waiting.pending.shared = place::is_shared(&form);
    let credential = form.get("credential").unwrap_or_default();
    let answer = Answer { credential, browser: visit.browser(), origin: &visit.origin };
    let tried = sign_in::sign_in(&visit.app.services, &answer).await;
    count(&tried);
    let problem = match tried {
        Ok(proof) => return enter(&visit, waiting, proof).await,
        Err(SignInError::Failure(failure)) => return page::failed(&visit, &failure),
        Err(SignInError::Refused | SignInError::Off) => PasskeyProblem::Refused,
    };
    let username = waiting.pending.username.clone();
    name::show(&visit, &waiting, username, Some(FieldError::Passkey(problem))).await
}

fn count(tried: &Result<Proof, SignInError>) {
    let outcome = match tried {
        Ok(_) => "ok",
        Err(SignInError::Refused | SignInError::Off) => "wrong",
        Err(SignInError::Failure(_)) => "failed",
    };
    metrics::counter!("motlan_sign_ins_total", "outcome" => outcome).increment(1);
}

/// Options for the page's script; anything else is a status, for which the script has words.
pub(in crate::http) fn answer_options(visit: &Visit, begun: Result<Value, BeginError>) -> Response {
    let status = match begun {
        Ok(options) => return ([(CONTENT_TYPE, "application/json")], options.to_string()).into_response(),
        Err(BeginError::Off | BeginError::NoPasskey) => StatusCode::NOT_FOUND,
        Err(BeginError::Full) => StatusCode::CONFLICT,
        Err(BeginError::TooMany) => StatusCode::TOO_MANY_REQUESTS,
        Err(BeginError::Failure(failure)) => {
            tracing::error!(request.id = %visit.origin.request_id, error = %failure, "no passkey options were made");
            if failure.is_passing() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR }
        }
    };
    page::with_wait(status.into_response(), page::usual_wait(status))
}
