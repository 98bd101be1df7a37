//! Pushed authorization request endpoint (RFC 9126 §2).

use crate::http::App;
use crate::http::extract::client::enter;
use crate::http::reject::oauth::{self, OAuthRejection};
use crate::service::authorization::push::{PushError, push};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// `POST /oauth2/par`
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let entered = match enter(&app, request, "/oauth2/par").await {
        Ok(entered) => entered,
        Err(rejection) => return rejection.into_response(),
    };
    match push(&app.services, &entered.client, &entered.parameters, &entered.sender).await {
        Ok(pushed) => {
            let body = serde_json::to_string(&pushed).unwrap_or_default();
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache, no-store")];
            let mut response = (StatusCode::CREATED, headers, body).into_response();
            oauth::add_nonce(&app.services, &mut response);
            response
        }
        Err(PushError::Refused(error)) => OAuthRejection::from(error).into_response(),
        Err(PushError::Failure(failure)) => OAuthRejection::from(failure).into_response(),
    }
}
