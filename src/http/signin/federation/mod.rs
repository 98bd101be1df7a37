//! Signing in at another provider: the way there, and the way back.

pub mod callback;
pub mod start;

use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::federation::{Trouble, TroubleKind};
use crate::outbound::upstream_oidc::UpstreamError;
use crate::service::legacy::federation::FederationError;
use crate::service::legacy::sources;
use axum::http::StatusCode;
use axum::response::Response;

/// True for what may stand in an address as the id of a source, whether there is one or not.
fn fits(source: &str) -> bool {
    source.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Says why nobody came. What the other side said is not repeated.
async fn trouble(visit: &Visit, source: &str, error: FederationError) -> Response {
    let (kind, status, request) = match error {
        FederationError::Closed => return page::show(visit, ErrorWords::NotFound, None, "there is no such way to sign in"),
        FederationError::TooMany => {
            return page::show(visit, ErrorWords::TooMany, None, "too many sign-ins come from there");
        }
        FederationError::Failure(failure) => return page::failed(visit, &failure),
        FederationError::Over => (TroubleKind::Over, StatusCode::BAD_REQUEST, None),
        FederationError::Cancelled { request } => (TroubleKind::Cancelled, StatusCode::OK, Some(request)),
        FederationError::Stale => (TroubleKind::Stale, StatusCode::BAD_REQUEST, None),
        FederationError::Upstream(UpstreamError::Clock { .. }) => (TroubleKind::Clock, StatusCode::BAD_GATEWAY, None),
        FederationError::Upstream(UpstreamError::Unreachable { .. }) => (TroubleKind::Down, StatusCode::BAD_GATEWAY, None),
        FederationError::Mixed
        | FederationError::Refused
        | FederationError::Nameless
        | FederationError::Upstream(
            UpstreamError::Settings(_)
            | UpstreamError::Unreadable(_)
            | UpstreamError::Issuer(_)
            | UpstreamError::Refused(_)
            | UpstreamError::Token(_)
            | UpstreamError::Key,
        ) => (TroubleKind::Refused, StatusCode::BAD_REQUEST, None),
    };
    let name = match sources::find(&visit.app.services, source).await {
        Ok(found) => found.map(|found| found.name).unwrap_or_default(),
        Err(failure) => return page::failed(visit, &failure),
    };
    let page = Trouble { chrome: visit.chrome(), kind, name, request, reference: visit.origin.request_id.clone() };
    visit.page(status, &page, None)
}
