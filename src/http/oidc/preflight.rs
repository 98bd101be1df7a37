//! CORS preflight of the endpoints that browser clients call.
//!
//! A preflight names no client, so it promises nothing about the answer: that
//! is readable only for an origin that the client has registered.

use crate::model::client::Client;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// `OPTIONS` of token and userinfo
pub async fn options(headers: HeaderMap) -> Response {
    let Some(origin) = headers.get(ORIGIN).cloned() else { return StatusCode::NO_CONTENT.into_response() };
    let fixed = [
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", "authorization, content-type"),
        ("access-control-max-age", "600"),
        ("vary", "origin"),
    ];
    let mut response = (StatusCode::NO_CONTENT, fixed).into_response();
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response
}

/// Lets a script of a registered origin read an answer.
pub fn allow(response: &mut Response, request: &HeaderMap, client: &Client) {
    let Some(origin) = request.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else { return };
    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    if client.allows_origin(origin)
        && let Ok(origin) = HeaderValue::from_str(origin)
    {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}
