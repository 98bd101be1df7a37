//! The operators' listener: health and metrics, never on the public address.

use super::App;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use std::time::Duration;

#[derive(Clone)]
struct Ops {
    app: App,
    metrics: PrometheusHandle,
}

/// Everything that the operators' listener answers.
pub fn private(app: App, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics_text))
        .with_state(Ops { app, metrics })
}

/// The process runs.
async fn live() -> &'static str {
    "live\n"
}

/// The process can do its work: the database takes reads and writes, the short-term memory answers, a key signs.
async fn ready(State(ops): State<Ops>) -> impl IntoResponse {
    let check = tokio::time::timeout(Duration::from_secs(2), crate::service::readiness::check(&ops.app.services)).await;
    match check {
        Ok(Ok(())) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(Err(reason)) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "not ready: no answer within 2 s\n".to_owned()),
    }
}

/// Prometheus text.
async fn metrics_text(State(ops): State<Ops>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], ops.metrics.render())
}
