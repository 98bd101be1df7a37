//! Userinfo endpoint (OpenID Connect Core §5.3), with the token in the header
//! or in a form body (RFC 6750 §2), never in the query.

use super::preflight;
use crate::http::App;
use crate::http::extract::body;
use crate::http::reject::oauth::OAuthRejection;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::tokens::userinfo::{self, UserinfoError};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// `GET /oauth2/userinfo`
pub async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    match bearer(&headers) {
        Ok(Some(token)) => answer(&app, &headers, token).await,
        Ok(None) => challenge(StatusCode::UNAUTHORIZED, None),
        Err(response) => response,
    }
}

/// `POST /oauth2/userinfo`
pub async fn post(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let in_header = match bearer(&headers) {
        Ok(token) => token,
        Err(response) => return response,
    };
    let in_body = if body::is_form(&headers) {
        match body::form(&headers, body).await.map(crate::protocol::parameters::Parameters::checked) {
            Ok(Ok(form)) => form.owned("access_token"),
            Ok(Err(_)) | Err(_) => return refused(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, "the body cannot be read"),
        }
    } else {
        None
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => refused(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, "send the token once"),
        (Some(token), None) => answer(&app, &headers, token).await,
        (None, Some(token)) => answer(&app, &headers, &token).await,
        (None, None) => challenge(StatusCode::UNAUTHORIZED, None),
    }
}

/// The token of `Authorization: Bearer`; an error when the header is something else.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Response> {
    let unreadable = || refused(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, "the Authorization header cannot be read");
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(header) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(unreadable());
    }
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(challenge(StatusCode::UNAUTHORIZED, None));
    }
    Ok(Some(token.trim()))
}

async fn answer(app: &App, headers: &HeaderMap, token: &str) -> Response {
    match userinfo::answer(&app.services, token).await {
        Ok((claims, client_id)) => {
            let mut response = ([(CONTENT_TYPE, "application/json")], claims.to_string()).into_response();
            let now = app.services.clock.now();
            if let Ok(Some(client)) = app.services.known.client(&app.services.store, &client_id, now).await {
                preflight::allow(&mut response, headers, &client);
            }
            response
        }
        Err(UserinfoError::Unusable) => {
            refused(StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken, "the access token is expired, revoked or not ours")
        }
        Err(UserinfoError::NoOpenid) => {
            refused(StatusCode::FORBIDDEN, ErrorCode::InsufficientScope, "the access token lacks openid")
        }
        Err(UserinfoError::Failure(failure)) => OAuthRejection::from(failure).into_response(),
    }
}

fn refused(status: StatusCode, code: ErrorCode, description: &str) -> Response {
    challenge(status, Some(&OAuthError::new(code, description)))
}

/// `WWW-Authenticate` (RFC 6750 §3): without an error when no token came.
fn challenge(status: StatusCode, error: Option<&OAuthError>) -> Response {
    let text = match error {
        None => "Bearer realm=\"motlan\"".to_owned(),
        Some(OAuthError { code, description }) => {
            let scope = if *code == ErrorCode::InsufficientScope { ", scope=\"openid\"" } else { "" };
            format!("Bearer realm=\"motlan\", error=\"{}\", error_description=\"{description}\"{scope}", code.as_str())
        }
    };
    let mut response = status.into_response();
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}
