//! Revocation endpoint (RFC 7009 §2).

use super::preflight;
use crate::http::App;
use crate::http::extract::client::{Entered, enter};
use crate::http::reject::oauth::OAuthRejection;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::tokens::revoke::{RevokeError, revoke};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

/// `POST /oauth2/revoke`
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let Entered { parameters, client, origin, headers, .. } = match enter(&app, request, "/oauth2/revoke").await {
        Ok(entered) => entered,
        Err(rejection) => return rejection.into_response(),
    };
    let Some(token) = parameters.get("token") else {
        return OAuthRejection::from(OAuthError::invalid_request("token is missing")).into_response();
    };
    match revoke(&app.services, &client, token, parameters.get("token_type_hint"), &origin).await {
        Ok(()) => {
            let mut response = StatusCode::OK.into_response();
            preflight::allow(&mut response, &headers, &client);
            response
        }
        Err(RevokeError::NotYours) => {
            let refused = OAuthError::new(ErrorCode::UnauthorizedClient, "the token was issued to another client");
            OAuthRejection::from(refused).into_response()
        }
        Err(RevokeError::Failure(failure)) => OAuthRejection::from(failure).into_response(),
    }
}
