//! The public keys (RFC 7517 §5). Cached for a minute, so that a dropped key is soon forgotten.

use crate::http::App;
use crate::service::keys;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// `GET /oauth2/jwks`
pub async fn get(State(app): State<App>) -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=60"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, keys::jwks(&app.services).to_string())
}
