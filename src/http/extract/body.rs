//! Form bodies (`application/x-www-form-urlencoded`) of at most 1 MiB.

use crate::protocol::parameters::Parameters;
use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// The largest body of a request.
pub const MAX_BODY: usize = 1024 * 1024;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProblem {
    /// Not a form.
    WrongType,
    /// Over the cap, or broken off.
    TooLarge,
}

/// True for the media type of forms, whatever its parameters.
pub fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Reads a form.
pub async fn form(headers: &HeaderMap, body: Body) -> Result<Parameters, BodyProblem> {
    if !is_form(headers) {
        return Err(BodyProblem::WrongType);
    }
    let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| BodyProblem::TooLarge)?;
    Ok(Parameters::decode(&bytes))
}
