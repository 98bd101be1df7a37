//! Cross-origin calls of the endpoints that browser clients call: preflight, and who may read an answer.
//!
//! A preflight names no client, so it promises nothing about the answer. An
//! answer with tokens or claims is readable for an origin that its very client
//! has registered. A refusal is readable for an origin that any client has
//! registered: it may come before its client is known, and tells nothing about
//! anyone. Cookies are never lent.

use crate::model::client::Client;
use crate::service::Services;
use crate::service::clients::origins::Origins;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ORIGIN, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// The endpoints that scripts may call.
const ENDPOINTS: [&str; 3] = ["/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke"];
/// What a script needs of a refusal beside its body.
const EXPOSED: &str = "dpop-nonce, www-authenticate, retry-after";

/// `OPTIONS` of token, userinfo and revocation
pub async fn options(headers: HeaderMap) -> Response {
    let Some(origin) = headers.get(ORIGIN).cloned() else { return StatusCode::NO_CONTENT.into_response() };
    let fixed = [
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", "authorization, content-type, dpop"),
        ("access-control-max-age", "600"),
        ("vary", "origin"),
    ];
    let mut response = (StatusCode::NO_CONTENT, fixed).into_response();
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response
}

/// Lets a script of an origin that the client registered read an answer.
pub fn allow(response: &mut Response, request: &HeaderMap, client: &Client) {
    let Some(origin) = request.get(ORIGIN) else { return };
    let allowed = origin.to_str().is_ok_and(|origin| client.allows_origin(origin));
    mark(response, origin, allowed);
}

/// The origin of a script that calls one of the endpoints.
pub fn script(route: &str, request: &HeaderMap) -> Option<HeaderValue> {
    if ENDPOINTS.contains(&route) { request.get(ORIGIN).cloned() } else { None }
}

/// Lets a script of any registered origin read a refusal.
pub async fn allow_refusal(response: &mut Response, origin: &HeaderValue, services: &Services, origins: &Origins) {
    if response.status().is_success() {
        return;
    }
    let allowed = match origin.to_str() {
        Ok(origin) => origins.hold(services, origin).await,
        Err(_) => false,
    };
    mark(response, origin, allowed);
}

fn mark(response: &mut Response, origin: &HeaderValue, allowed: bool) {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    if allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
