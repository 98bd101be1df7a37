//! Token endpoint (RFC 6749 §3.2).

use super::preflight;
use crate::http::App;
use crate::http::extract::client::{Entered, enter};
use crate::http::reject::oauth::{self, OAuthRejection};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::Services;
use crate::service::grants::TokenWish;
use crate::service::grants::authorization_code::{self, CodeRequest};
use crate::service::grants::client_credentials::{self, ClientCredentialsRequest};
use crate::service::grants::refresh_token::{self, RefreshRequest};
use crate::service::tokens::issue::TokenResponse;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::response::{IntoResponse as _, Response};

/// `POST /oauth2/token`
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let entered = match enter(&app, request, "/oauth2/token").await {
        Ok(entered) => entered,
        Err(rejection) => return rejection.into_response(),
    };
    match grant(&app.services, &entered).await {
        Ok(tokens) => {
            let mut response = answer(&tokens);
            oauth::add_nonce(&app.services, &mut response);
            preflight::allow(&mut response, &entered.headers, &entered.client);
            response
        }
        Err(rejection) => rejection.into_response(),
    }
}

async fn grant(services: &Services, entered: &Entered) -> Result<TokenResponse, OAuthRejection> {
    let Entered { parameters, client, sender, origin, headers: _ } = entered;
    let missing = |name: &str| OAuthError::invalid_request(format!("{name} is missing"));
    let kind = parameters.get("grant_type").ok_or_else(|| missing("grant_type"))?;
    let wish = TokenWish::read(parameters)?;
    let (kind, tokens) = match kind {
        "authorization_code" => {
            let request = CodeRequest {
                code: parameters.owned("code").ok_or_else(|| missing("code"))?,
                redirect_uri: parameters.owned("redirect_uri"),
                code_verifier: parameters.owned("code_verifier"),
                wish,
            };
            ("authorization_code", authorization_code::redeem(services, client, &request, sender, origin).await?)
        }
        "refresh_token" => {
            let request = RefreshRequest {
                refresh_token: parameters.owned("refresh_token").ok_or_else(|| missing("refresh_token"))?,
                scope: parameters.owned("scope"),
                wish,
            };
            ("refresh_token", refresh_token::refresh(services, client, &request, sender, origin).await?)
        }
        "client_credentials" => {
            let request = ClientCredentialsRequest { scope: parameters.owned("scope"), wish };
            ("client_credentials", client_credentials::issue(services, client, &request, sender, origin).await?)
        }
        _ => {
            let offered = "grant_type is authorization_code, refresh_token or client_credentials";
            return Err(OAuthError::new(ErrorCode::UnsupportedGrantType, offered).into());
        }
    };
    metrics::counter!("motlan_tokens_issued_total", "grant_type" => kind).increment(1);
    Ok(tokens)
}

fn answer(tokens: &TokenResponse) -> Response {
    let body = serde_json::to_string(tokens).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], body).into_response()
}
