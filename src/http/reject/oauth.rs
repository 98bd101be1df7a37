//! OAuth errors as JSON (RFC 6749 §5.2).

use crate::http::extract::body::BodyProblem;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::clients::authenticate::ClientAuthError;
use crate::service::grants::GrantError;
use crate::service::sender::{self, SenderError};
use crate::service::{Failure, Services};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal on its way out.
pub struct OAuthRejection {
    error: OAuthError,
    status: StatusCode,
    /// For the next DPoP proof (RFC 9449 §8).
    nonce: Option<String>,
}

/// The header of a nonce for the next DPoP proof.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Tells the next nonce along with an answer, when nonces are demanded (RFC 9449 §8.2).
pub fn add_nonce(services: &Services, response: &mut Response) {
    if let Some(Ok(nonce)) = sender::fresh_nonce(services).map(HeaderValue::try_from) {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
}

impl From<SenderError> for OAuthRejection {
    fn from(error: SenderError) -> Self {
        match error {
            SenderError::InvalidProof(reason) => OAuthError::new(ErrorCode::InvalidDpopProof, reason).into(),
            SenderError::NonceNeeded { nonce } => {
                let needed = OAuthError::new(ErrorCode::UseDpopNonce, "the DPoP proof needs the nonce of this answer");
                Self { nonce: Some(nonce), ..Self::from(needed) }
            }
            SenderError::Failure(failure) => failure.into(),
        }
    }
}

impl From<OAuthError> for OAuthRejection {
    fn from(error: OAuthError) -> Self {
        let status = match error.code {
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { error, status, nonce: None }
    }
}

/// The code is one of OAuth, the status says what HTTP has a word for.
impl From<BodyProblem> for OAuthRejection {
    fn from(problem: BodyProblem) -> Self {
        Self { error: OAuthError::invalid_request(problem.description()), status: problem.status(), nonce: None }
    }
}

impl From<Failure> for OAuthRejection {
    fn from(failure: Failure) -> Self {
        tracing::error!(error = %failure, "a token request failed");
        let code = if failure.is_passing() { ErrorCode::TemporarilyUnavailable } else { ErrorCode::ServerError };
        OAuthError::new(code, "try again later").into()
    }
}

impl From<ClientAuthError> for OAuthRejection {
    fn from(error: ClientAuthError) -> Self {
        match error {
            ClientAuthError::Failed => OAuthError::new(ErrorCode::InvalidClient, "client authentication failed").into(),
            ClientAuthError::Assertion(reason) => OAuthError::new(ErrorCode::InvalidClient, reason).into(),
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
            GrantError::WrongSender => (ErrorCode::InvalidGrant, "the proof is not of the key that this is bound to".to_owned()),
            GrantError::Refused(error) => return error.into(),
            GrantError::Missing(name) => (ErrorCode::InvalidRequest, format!("{name} is missing")),
            GrantError::Failure(failure) => return failure.into(),
        };
        OAuthError::new(code, description).into()
    }
}

impl IntoResponse for OAuthRejection {
    fn into_response(self) -> Response {
        let Self { error: OAuthError { code, description }, status, nonce } = self;
        let body = json!({ "error": code.as_str(), "error_description": description }).to_string();
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
        let mut response = (status, headers, body).into_response();
        let extra = match status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Basic realm=\"motlan\"")),
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "2")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(Ok(nonce)) = nonce.map(HeaderValue::try_from) {
            response.headers_mut().insert(DPOP_NONCE, nonce);
        }
        response
    }
}
