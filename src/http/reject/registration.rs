//! Refusals of registration: JSON (RFC 7591 §3.2.2), and the challenge of
//! bearer tokens for whoever brings none, or a wrong one (RFC 6750 §3).

use super::oauth::OAuthRejection;
use crate::http::extract::body::BodyProblem;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::registration::RegistrationError;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal on its way out.
pub enum RegistrationRejection {
    /// No token came: nothing is said about what would be wrong with one.
    NoToken,
    /// The Authorization header came twice, or cannot be read.
    BadHeader,
    /// The body is none of ours to read.
    Body(StatusCode, &'static str),
    /// What a capability refused.
    Refused(RegistrationError),
}

impl From<RegistrationError> for RegistrationRejection {
    fn from(error: RegistrationError) -> Self {
        Self::Refused(error)
    }
}

impl From<OAuthError> for RegistrationRejection {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<BodyProblem> for RegistrationRejection {
    fn from(problem: BodyProblem) -> Self {
        Self::Body(problem.status(), problem.description())
    }
}

impl IntoResponse for RegistrationRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NoToken => challenge((StatusCode::UNAUTHORIZED, [(CACHE_CONTROL, "no-store")]).into_response(), ""),
            Self::Body(status, reason) => answer(status, &OAuthError::new(ErrorCode::InvalidClientMetadata, reason)),
            Self::Refused(RegistrationError::Off) => {
                answer(StatusCode::FORBIDDEN, &OAuthError::new(ErrorCode::AccessDenied, "registration is not offered"))
            }
            Self::BadHeader => {
                let error = OAuthError::invalid_request("the Authorization header cannot be read");
                challenge_for(StatusCode::BAD_REQUEST, &error)
            }
            Self::Refused(RegistrationError::BadToken) => {
                let error = OAuthError::new(ErrorCode::InvalidToken, "the token cannot be used");
                challenge_for(StatusCode::UNAUTHORIZED, &error)
            }
            Self::Refused(RegistrationError::Refused(error)) => answer(StatusCode::BAD_REQUEST, &error),
            Self::Refused(RegistrationError::Failure(failure)) => OAuthRejection::from(failure).into_response(),
        }
    }
}

fn answer(status: StatusCode, error: &OAuthError) -> Response {
    let body = json!({ "error": error.code.as_str(), "error_description": error.description }).to_string();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    (status, headers, body).into_response()
}

fn challenge_for(status: StatusCode, error: &OAuthError) -> Response {
    let told = format!(", error=\"{}\", error_description=\"{}\"", error.code.as_str(), error.description);
    challenge(answer(status, error), &told)
}

fn challenge(mut response: Response, told: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer realm=\"motlan\"{told}")) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}
