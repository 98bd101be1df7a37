//! Form bodies (`application/x-www-form-urlencoded`): how much of one is read, and why it may not be.

use crate::protocol::parameters::Parameters;
use axum::body::{Body, HttpBody as _};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;

/// The largest form of a protocol endpoint.
const MAX_BYTES: usize = 1024 * 1024;
/// The largest form of one of our own pages.
const MAX_PAGE_BYTES: usize = 16 * 1024;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProblem {
    /// Not a form.
    WrongType,
    /// Over the cap.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// It broke off, or its framing is wrong.
    Broken,
}

impl BodyProblem {
    /// The status that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::WrongType | Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    /// One sentence for the developer who reads it.
    pub fn description(self) -> &'static str {
        match self {
            Self::WrongType => "the body is not application/x-www-form-urlencoded",
            Self::TooLarge => "the body is too large",
            Self::TooSlow => "the body did not come in time",
            Self::Broken => "the body broke off",
        }
    }
}

/// What a body fails with when it does not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come in time")]
pub struct Late;

/// True for the media type of forms, whatever its parameters.
pub fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Reads a form that a client sends: at most 1 MiB.
pub async fn form(headers: &HeaderMap, body: Body) -> Result<Parameters, BodyProblem> {
    read(headers, body, MAX_BYTES).await
}

/// Reads a form of one of our own pages: at most 16 KiB.
pub async fn page_form(headers: &HeaderMap, body: Body) -> Result<Parameters, BodyProblem> {
    read(headers, body, MAX_PAGE_BYTES).await
}

async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Parameters, BodyProblem> {
    if !is_form(headers) {
        return Err(BodyProblem::WrongType);
    }
    Ok(Parameters::decode(&bytes(body, most).await?))
}

/// Reads a body of at most so many bytes.
pub async fn bytes(mut body: Body, most: usize) -> Result<Vec<u8>, BodyProblem> {
    // What announces itself as too large is not read at all.
    let fits = usize::try_from(body.size_hint().lower()).is_ok_and(|announced| announced <= most);
    if !fits {
        return Err(BodyProblem::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| why(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(BodyProblem::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The body's own error lies below those of what wraps it.
fn why(error: &(dyn Error + 'static)) -> BodyProblem {
    let mut layers = std::iter::successors(Some(error), |error| (*error).source());
    if layers.any(<dyn Error>::is::<Late>) { BodyProblem::TooSlow } else { BodyProblem::Broken }
}
