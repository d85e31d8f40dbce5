//! What each path answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::get;

use super::{Readiness, api, capture};
use crate::proof::Store;
use crate::sink::metrics::Metrics;
use crate::sink::recent::Recent;

/// What the answers are made of.
#[derive(Clone, Debug)]
pub struct ServerState {
    /// What `/metrics` shows.
    pub metrics: Arc<Metrics>,
    /// What `/readyz` says.
    pub readiness: Readiness,
    /// What `/api/v1/handshakes` gives.
    pub recent: Arc<Recent>,
    /// What `/api/v1/capture` gives; none where no packets are kept.
    pub proofs: Option<Arc<Store>>,
}

/// Every path; others are answered with 404, other methods than GET and HEAD with 405.
pub(super) fn router(state: ServerState) -> Router {
    let api = Router::new()
        .route("/api/v1/handshakes", get(api::handshakes))
        .route("/api/v1/capture", get(capture::capture))
        .layer(from_fn(api::only_here));
    Router::new()
        .merge(api)
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "not found; try /metrics, /healthz, /readyz or /api/v1/handshakes\n",
            )
        })
        .with_state(state)
}

async fn metrics(State(state): State<ServerState>) -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], state.metrics.render())
}

async fn ready(State(state): State<ServerState>) -> (StatusCode, String) {
    match state.readiness.get() {
        Ok(None) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(Some(amiss)) => (StatusCode::OK, format!("ready, but {amiss}\n")),
        Err(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {reason}\n"),
        ),
    }
}
