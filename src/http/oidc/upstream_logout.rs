//! The door for sign-outs of other providers (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8).

use crate::http::App;
use crate::http::extract::body;
use crate::http::extract::origin;
use crate::service::legacy::federation::logout::{self, LogoutTokenError};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// `POST /federation/{source}/backchannel-logout`
pub async fn post(State(app): State<App>, Path(source): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let origin = origin::of(&app.site, &parts);
    let form = match body::page_form(&parts.headers, body).await {
        Ok(form) => form,
        Err(problem) => return refused(problem.status(), problem.description()),
    };
    let Ok(form) = form.checked() else { return refused(StatusCode::BAD_REQUEST, "a parameter cannot be read") };
    let Some(token) = form.get("logout_token") else {
        return refused(StatusCode::BAD_REQUEST, "logout_token is missing");
    };
    match logout::backchannel(&app.services, &source, token, &origin).await {
        Ok(_) => (StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response(),
        Err(LogoutTokenError::Refused(_) | LogoutTokenError::Replayed) => {
            refused(StatusCode::BAD_REQUEST, "the logout token is not acceptable")
        }
        // Nothing is said of the token: its provider is to bring it again.
        Err(LogoutTokenError::Unchecked(_)) => refused(StatusCode::SERVICE_UNAVAILABLE, "try again later"),
        Err(LogoutTokenError::Failure(failure)) => {
            tracing::error!(request.id = %origin.request_id, error = %failure, "a logout token could not be looked at");
            let status = if failure.is_passing() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
            refused(status, "try again later")
        }
    }
}

fn refused(status: StatusCode, description: &'static str) -> Response {
    let told = json!({ "error": "invalid_request", "error_description": description });
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, told.to_string()).into_response()
}
