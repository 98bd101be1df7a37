//! Token endpoint (RFC 6749 §3.2).

use super::preflight;
use crate::http::App;
use crate::http::extract::body::{self, BodyProblem};
use crate::http::extract::{client_auth, origin};
use crate::http::reject::oauth::OAuthRejection;
use crate::model::client::Client;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::service::clients::authenticate::authenticate;
use crate::service::grants::authorization_code::{self, CodeRequest};
use crate::service::grants::refresh_token::{self, RefreshRequest};
use crate::service::tokens::issue::TokenResponse;
use crate::service::{Origin, Services};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::response::{IntoResponse as _, Response};

/// `POST /oauth2/token`
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let origin = origin::of(&app.site, &parts);
    let (parameters, client) = match enter(&app.services, &parts.headers, body).await {
        Ok(entered) => entered,
        Err(rejection) => return rejection.into_response(),
    };
    let mut response = match grant(&app.services, &client, &parameters, &origin).await {
        Ok(tokens) => answer(&tokens),
        Err(rejection) => rejection.into_response(),
    };
    preflight::allow(&mut response, &parts.headers, &client);
    response
}

/// The parameters, and the client that proved itself.
async fn enter(
    services: &Services,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Parameters, std::sync::Arc<Client>), OAuthRejection> {
    let parameters = body::form(headers, body).await.map_err(|problem| {
        OAuthError::invalid_request(match problem {
            BodyProblem::WrongType => "the body is application/x-www-form-urlencoded",
            BodyProblem::TooLarge => "the body is over 1 MiB",
        })
    })?;
    let parameters = parameters.checked().map_err(|fault| OAuthError::invalid_request(fault.to_string()))?;
    let client = authenticate(services, client_auth::read(headers, &parameters)?).await?;
    Ok((parameters, client))
}

async fn grant(
    services: &Services,
    client: &Client,
    parameters: &Parameters,
    origin: &Origin,
) -> Result<TokenResponse, OAuthRejection> {
    let missing = |name: &str| OAuthError::invalid_request(format!("{name} is missing"));
    match parameters.get("grant_type") {
        Some("authorization_code") => {
            let request = CodeRequest {
                code: parameters.owned("code").ok_or_else(|| missing("code"))?,
                redirect_uri: parameters.owned("redirect_uri"),
                code_verifier: parameters.owned("code_verifier"),
            };
            Ok(authorization_code::redeem(services, client, &request, origin).await?)
        }
        Some("refresh_token") => {
            let request = RefreshRequest {
                refresh_token: parameters.owned("refresh_token").ok_or_else(|| missing("refresh_token"))?,
                scope: parameters.owned("scope"),
            };
            Ok(refresh_token::refresh(services, client, &request, origin).await?)
        }
        Some(_) => {
            Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is authorization_code or refresh_token").into())
        }
        None => Err(missing("grant_type").into()),
    }
}

fn answer(tokens: &TokenResponse) -> Response {
    let body = serde_json::to_string(tokens).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], body).into_response()
}
