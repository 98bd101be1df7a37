//! The one table of addresses.

use super::extract::body::MAX_BODY;
use super::{App, assets, headers, oidc, portal, signin};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

/// No request takes longer.
const REQUEST_SECONDS: u64 = 30;
/// No gap between two pieces of a body is longer.
const BODY_SECONDS: u64 = 10;

/// Everything that the public listener answers.
pub fn public(app: App) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(oidc::discovery::get))
        .route("/.well-known/oauth-authorization-server", get(oidc::discovery::get))
        .route("/oauth2/jwks", get(oidc::jwks::get))
        .route("/oauth2/authorize", get(oidc::authorization::get).post(oidc::authorization::post))
        .route("/oauth2/token", post(oidc::token::post).options(oidc::preflight::options))
        .route("/oauth2/userinfo", get(oidc::userinfo::get).post(oidc::userinfo::post).options(oidc::preflight::options))
        .route("/oauth2/logout", get(oidc::end_session::get).post(oidc::end_session::post))
        .route("/signin", get(signin::name::get).post(signin::name::post))
        .route("/signin/password", get(signin::password::get).post(signin::password::post))
        .route("/signin/position", get(signin::position::get).post(signin::position::post))
        .route("/signin/consent", get(signin::consent::get).post(signin::consent::post))
        .route("/signin/continue", get(signin::resume::get))
        .route("/preferences", post(portal::preferences::post))
        .route("/", get(portal::home::get))
        .route("/assets/{*path}", get(assets::get))
        .fallback(portal::missing::any)
        .method_not_allowed_fallback(portal::missing::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(BODY_SECONDS)))
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(REQUEST_SECONDS)))
        .layer(CatchPanicLayer::custom(headers::panicked))
        .layer(from_fn_with_state(app.clone(), headers::observe))
        .with_state(app)
}
