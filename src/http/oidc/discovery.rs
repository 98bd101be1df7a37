//! Provider metadata (OpenID Connect Discovery §4, RFC 8414 §3).

use crate::http::App;
use crate::http::reject::oauth::OAuthRejection;
use crate::service::authorization::offered;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`
pub async fn get(State(app): State<App>) -> Response {
    let headers =
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    match offered::metadata(&app.services).await {
        Ok(document) => (headers, document.to_string()).into_response(),
        Err(failure) => OAuthRejection::from(failure).into_response(),
    }
}
