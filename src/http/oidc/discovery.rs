//! Provider metadata (OpenID Connect Discovery §4, RFC 8414 §3).

use crate::http::App;
use crate::protocol::discovery::document;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`
pub async fn get(State(app): State<App>) -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, document(&app.services.settings.issuer).to_string())
}
