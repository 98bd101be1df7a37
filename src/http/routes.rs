//! The one table of addresses.

use super::{App, admin, assets, headers, oidc, portal, seal, signin};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// No request takes longer. How long its body may take is the listener's to say.
const REQUEST_SECONDS: u64 = 30;

/// Everything that the public listener answers.
pub fn public(app: App) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(oidc::discovery::get))
        .route("/.well-known/oauth-authorization-server", get(oidc::discovery::get))
        .route("/oauth2/jwks", get(oidc::jwks::get))
        .route("/oauth2/authorize", get(oidc::authorization::get).post(oidc::authorization::post))
        .route("/oauth2/token", post(oidc::token::post).options(oidc::preflight::options))
        .route("/oauth2/userinfo", get(oidc::userinfo::get).post(oidc::userinfo::post).options(oidc::preflight::options))
        .route("/oauth2/par", post(oidc::pushed_authorization_request::post))
        .route("/oauth2/introspect", post(oidc::introspection::post))
        .route("/oauth2/revoke", post(oidc::revocation::post).options(oidc::preflight::options))
        .route("/oauth2/register", post(oidc::registration::post))
        .route(
            "/oauth2/register/{client_id}",
            get(oidc::registration::get).put(oidc::registration::put).delete(oidc::registration::delete),
        )
        .route("/clients/{id}/logo", get(oidc::client_logo::get))
        .route("/oauth2/logout", get(oidc::end_session::get).post(oidc::end_session::post))
        .route("/signin", get(signin::name::get).post(signin::name::post))
        .route("/signin/password", get(signin::password::get).post(signin::password::post))
        .route("/signin/place", get(signin::choose_source::get).post(signin::choose_source::post))
        .route("/signin/confirm", get(signin::confirm::get).post(signin::confirm::post))
        .route("/signin/own-way", get(signin::own_way::get).post(signin::own_way::post))
        .route("/signin/position", get(signin::position::get).post(signin::position::post))
        .route("/signin/refused", get(signin::refused::get).post(signin::refused::post))
        .route("/signin/consent", get(signin::consent::get).post(signin::consent::post))
        .route("/signin/continue", get(signin::resume::get))
        .route("/signin/federation/{source}", get(signin::federation::start::get))
        .route(
            "/signin/federation/{source}/callback",
            get(signin::federation::callback::get).post(signin::federation::callback::post),
        )
        .route("/federation/{source}/backchannel-logout", post(oidc::upstream_logout::post))
        .route("/signin/second-factor", get(signin::second_factor::get).post(signin::second_factor::post))
        .route("/account/methods/totp", get(portal::totp::get).post(portal::totp::post))
        .route("/account/methods/recovery-codes", get(portal::recovery_codes::get).post(portal::recovery_codes::post))
        .route("/signin/new-password", get(signin::new_password::get).post(signin::new_password::post))
        .route("/account/methods/password", get(portal::password::get).post(portal::password::post))
        .route("/signin/passkey", post(signin::passkey::post))
        .route("/signin/passkey/options", post(signin::passkey::options))
        .route("/signin/second-factor/passkey", get(signin::passkey_step::get).post(signin::passkey_step::post))
        .route("/signin/second-factor/passkey/options", post(signin::passkey_step::options))
        .route("/account/methods/passkeys", get(portal::passkeys::get).post(portal::passkeys::post))
        .route("/account/methods/passkeys/options", post(portal::passkeys::options))
        .route("/signin/second-factor/email", post(signin::second_factor::post_email))
        .route("/signin/recover", get(signin::recover::start::get).post(signin::recover::start::post))
        .route("/signin/recover/link", get(signin::recover::link::get).post(signin::recover::link::post))
        .route("/signin/recover/link/options", post(signin::recover::link::options))
        .route("/signin/recover/link/passkey", post(signin::recover::link::passkey))
        .route("/signin/recover/code", get(signin::recover::code::get).post(signin::recover::code::post))
        .route("/signin/recover/password", get(signin::recover::password::get).post(signin::recover::password::post))
        .route("/account", get(portal::profile::get))
        .route("/account/position", post(portal::position::post))
        .route("/account/delegations", get(portal::delegations::get).post(portal::delegations::post))
        .route("/account/report", get(portal::report::get).post(portal::report::post))
        .route("/account/notices", post(portal::notices::post))
        .route("/account/methods", get(portal::methods::get))
        .route("/account/methods/offline", post(portal::offline::post))
        .route("/account/sessions", get(portal::sessions::get).post(portal::sessions::post))
        .route("/account/history", get(portal::history::get))
        .route("/account/history.csv", get(portal::history::csv))
        .route("/account/disclosures", get(portal::disclosures::get).post(portal::disclosures::post))
        .route("/welcome", get(portal::welcome::get).post(portal::welcome::post))
        .route("/not-me", get(portal::not_me::get).post(portal::not_me::post))
        .route("/privacy", get(portal::privacy::get))
        .route("/help", get(portal::help::get))
        .route("/help/{guide}", get(portal::help::guide))
        .merge(admin::routes::routes())
        .route("/assets-site/seal", get(seal::get))
        .route("/preferences", post(portal::preferences::post))
        .route("/", get(portal::home::get))
        .route("/assets/{*path}", get(assets::get))
        .fallback(portal::missing::any)
        .method_not_allowed_fallback(portal::missing::wrong_method)
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(REQUEST_SECONDS)))
        .layer(CatchPanicLayer::custom(headers::panicked))
        .layer(from_fn_with_state(headers::Around::new(app.clone()), headers::observe))
        .with_state(app)
}
