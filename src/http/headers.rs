//! What surrounds every answer: a number for the request, safe headers, counts and a log line.

use super::App;
use super::oidc::preflight;
use crate::service::clients::origins::Origins;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderName, PRAGMA, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::any::Any;
use std::sync::Arc;
use tracing::Instrument as _;

/// The request's number: logged, audited, and read aloud from error pages.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Without 0, O, 1, I and letters that sound or look alike.
const ALPHABET: &[u8; 28] = b"23456789ABCDEFGHJKLMNPQRSTVW";

impl RequestId {
    fn new(random: &[u8; 32]) -> Self {
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]);
        let text: String = random.iter().take(10).map(letter).collect();
        Self(format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..]))
    }
}

/// What is known around every answer.
#[derive(Clone)]
pub struct Around {
    app: App,
    origins: Arc<Origins>,
}

impl Around {
    /// Nothing is known of origins yet.
    pub fn new(app: App) -> Self {
        Self { app, origins: Arc::default() }
    }
}

/// The policy of answers that are not pages.
const NO_CONTENT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Numbers a request, answers it, and completes the answer's headers.
#[expect(clippy::disallowed_methods, reason = "the duration of a request is measured here and nowhere else")]
pub async fn observe(State(around): State<Around>, mut request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let services = &around.app.services;
    let id = RequestId::new(&services.entropy.bytes32());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let script = route.as_ref().and_then(|route| preflight::script(route.as_str(), request.headers()));
    let method = request.method().clone();
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", id = %id.0);
    let mut response = next.run(request).instrument(span).await;
    // Here, since a refusal may come from anything in between.
    if let Some(origin) = &script {
        preflight::allow_refusal(&mut response, origin, services, &around.origins).await;
    }
    complete(&around.app, &mut response);
    let status = response.status();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let took = started.elapsed();
    count(route, status, took.as_secs_f64());
    if status.is_server_error() {
        tracing::error!(request.id = %id.0, http.method = %method, http.route = route, http.status = status.as_u16(), took_ms = took.as_millis(), "request failed");
    } else {
        tracing::debug!(request.id = %id.0, http.method = %method, http.route = route, http.status = status.as_u16(), took_ms = took.as_millis(), "request answered");
    }
    response
}

fn count(route: &str, status: StatusCode, seconds: f64) {
    let class = match status.as_u16() / 100 {
        1 | 2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    let route = route.to_owned();
    metrics::counter!("motlan_http_requests_total", "route" => route.clone(), "status" => class).increment(1);
    metrics::histogram!("motlan_http_request_seconds", "route" => route).record(seconds);
}

fn complete(app: &App, response: &mut Response) {
    let unread = matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE);
    let headers = response.headers_mut();
    if unread {
        // What follows on this connection is the rest of a body (RFC 9110 §15.5.9 and §15.5.14).
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(REFERRER_POLICY, "no-referrer");
    default(CACHE_CONTROL, "no-store");
    default(CONTENT_SECURITY_POLICY, NO_CONTENT_POLICY);
    default(HeaderName::from_static("x-frame-options"), "DENY");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if app.site.secure {
        default(STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    // For caches that know no other word (RFC 6749 §5.1).
    if headers.get(CACHE_CONTROL).is_some_and(|value| value == "no-store") {
        headers.entry(PRAGMA).or_insert(HeaderValue::from_static("no-cache"));
    }
}

/// A panic is a defect: it is logged, the process goes on, the caller learns nothing.
#[expect(clippy::needless_pass_by_value, reason = "the shape that the panic layer asks for")]
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let what = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = what.unwrap_or("unknown"), "a handler panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, "The request could not be answered.\n").into_response()
}
