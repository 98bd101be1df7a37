//! The picture of a client, from our own copy: pages show it, and it can do nothing else.

use crate::http::App;
use crate::service::registration::logo;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};

/// A week: a changed picture may be seen that much later.
const KEEP: &str = "public, max-age=604800";
/// Opened by itself it is a document without rights.
const SANDBOX: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// `GET /clients/{id}/logo`
pub async fn get(State(app): State<App>, Path(id): Path<String>) -> Response {
    match logo::find(&app.services, &id).await {
        Ok(Some((content_type, image))) => {
            let fixed = [(CACHE_CONTROL, KEEP), (CONTENT_SECURITY_POLICY, SANDBOX), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (fixed, [(CONTENT_TYPE, content_type)], image).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(failure) => {
            tracing::error!(error = %failure, "a picture could not be read");
            let status = if failure.is_passing() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
            status.into_response()
        }
    }
}
