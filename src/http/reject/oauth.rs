//! OAuth errors as JSON (RFC 6749 §5.2).

use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::Failure;
use crate::service::clients::authenticate::ClientAuthError;
use crate::service::grants::GrantError;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal on its way out.
pub struct OAuthRejection(pub OAuthError);

impl From<OAuthError> for OAuthRejection {
    fn from(error: OAuthError) -> Self {
        Self(error)
    }
}

impl From<Failure> for OAuthRejection {
    fn from(failure: Failure) -> Self {
        tracing::error!(error = %failure, "a token request failed");
        let code = if failure.is_passing() { ErrorCode::TemporarilyUnavailable } else { ErrorCode::ServerError };
        Self(OAuthError::new(code, "try again later"))
    }
}

impl From<ClientAuthError> for OAuthRejection {
    fn from(error: ClientAuthError) -> Self {
        match error {
            ClientAuthError::Failed => Self(OAuthError::new(ErrorCode::InvalidClient, "client authentication failed")),
            ClientAuthError::Assertion(reason) => Self(OAuthError::new(ErrorCode::InvalidClient, reason)),
            ClientAuthError::Failure(failure) => failure.into(),
        }
    }
}

impl From<GrantError> for OAuthRejection {
    fn from(error: GrantError) -> Self {
        let (code, description) = match error {
            GrantError::NotAllowed => (ErrorCode::UnauthorizedClient, "the client may not use this grant type".to_owned()),
            GrantError::UnusableCode => (ErrorCode::InvalidGrant, "the code cannot be used".to_owned()),
            GrantError::WrongRedirectUri => (ErrorCode::InvalidGrant, "redirect_uri does not match".to_owned()),
            GrantError::WrongVerifier => (ErrorCode::InvalidGrant, "code_verifier does not match".to_owned()),
            GrantError::UnusableRefreshToken => (ErrorCode::InvalidGrant, "the refresh token cannot be used".to_owned()),
            GrantError::ScopeExceeded => (ErrorCode::InvalidScope, "scope exceeds what was granted".to_owned()),
            GrantError::Missing(name) => (ErrorCode::InvalidRequest, format!("{name} is missing")),
            GrantError::Failure(failure) => return failure.into(),
        };
        Self(OAuthError::new(code, description))
    }
}

impl IntoResponse for OAuthRejection {
    fn into_response(self) -> Response {
        let OAuthError { code, description } = self.0;
        let status = match code {
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": code.as_str(), "error_description": description }).to_string();
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
        let mut response = (status, headers, body).into_response();
        let extra = match status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Basic realm=\"motlan\"")),
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "2")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
        }
        response
    }
}
