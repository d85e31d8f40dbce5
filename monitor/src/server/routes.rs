//! What each path answers: the table that the server and its OpenAPI document are both made from.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use axum::{Extension, Router};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::access::{Rates, admit, admit_page};
use super::{Readiness, api, capture, causes, endpoints, openapi, page, stream, summary};
use crate::proof::Store;
use crate::sink::baselines::Baselines;
use crate::sink::feed::Feed;
use crate::sink::lately::Lately;
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
    /// What `/api/v1/summary` and `/api/v1/endpoints` give.
    pub lately: Arc<Lately>,
    /// What `/api/v1/endpoints` gives besides.
    pub baselines: Arc<Baselines>,
    /// What `/api/v1/stream` gives.
    pub feed: Arc<Feed>,
    /// What `/api/v1/capture` gives; none where no packets are kept.
    pub proofs: Option<Arc<Store>>,
}

/// One path.
pub(super) struct Route {
    pub(super) path: &'static str,
    /// What it answers, in a sentence.
    pub(super) summary: &'static str,
    /// The parameters by name; `filter` stands for all of the filter's.
    pub(super) parameters: &'static [&'static str],
    pub(super) answer: Answer,
    handler: fn() -> MethodRouter<ServerState>,
}

/// What kind of answer a path gives, and of what form.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// For anybody who reaches the port.
    Text,
    /// A file of the page, for whoever may be asked for a token.
    Page(&'static str),
    /// JSON, for whom the API is.
    Json(SchemaOf),
    /// Objects of JSON, one to a line, for whom the API is.
    Lines(SchemaOf),
    /// A file of this kind, for whom the API is.
    File(&'static str),
}

/// Makes the schema of an answer.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Every path.
pub(super) const ROUTES: &[Route] = &[
    Route {
        path: "/",
        summary: "The page for people with a browser.",
        parameters: &[],
        answer: Answer::Page("text/html"),
        handler: || get(page::html),
    },
    Route {
        path: "/page.css",
        summary: "How the page looks.",
        parameters: &[],
        answer: Answer::Page("text/css"),
        handler: || get(page::css),
    },
    Route {
        path: "/page.js",
        summary: "What the page does.",
        parameters: &[],
        answer: Answer::Page("text/javascript"),
        handler: || get(page::js),
    },
    Route {
        path: "/api/v1/summary",
        summary: "What fails, grouped by cause, endpoint and name, what fails most lately first.",
        parameters: &["cause", "limit"],
        answer: Answer::Json(schema_of::<summary::SummaryAnswer>),
        handler: || get(api::summary),
    },
    Route {
        path: "/api/v1/handshakes",
        summary: "The last handshakes: failures, unless the filter says otherwise.",
        parameters: &["filter", "limit"],
        answer: Answer::Json(schema_of::<api::HandshakesAnswer>),
        handler: || get(api::handshakes),
    },
    Route {
        path: "/api/v1/stream",
        summary: "What is found, as it is found, as lines of JSON or server-sent events.",
        parameters: &["filter", "since", "format"],
        answer: Answer::Lines(schema_of::<stream::StreamLine>),
        handler: || get(stream::stream),
    },
    Route {
        path: "/api/v1/endpoints",
        summary: "What completes and what fails at each server, and what verdicts on it rest on.",
        parameters: &["server"],
        answer: Answer::Json(schema_of::<endpoints::EndpointsAnswer>),
        handler: || get(api::endpoints),
    },
    Route {
        path: "/api/v1/causes",
        summary: "What each cause means and what to do: the pages of tlsmon explain.",
        parameters: &["cause"],
        answer: Answer::Json(schema_of::<causes::CausesAnswer>),
        handler: || get(api::causes),
    },
    Route {
        path: "/api/v1/capture",
        summary: "The packets of failing handshakes, with the verdicts as comments.",
        parameters: &["filter", "id", "limit", "form"],
        answer: Answer::File("application/vnd.tcpdump.pcap"),
        handler: || get(capture::capture),
    },
    Route {
        path: "/api/v1/openapi.json",
        summary: "This document.",
        parameters: &[],
        answer: Answer::Json(openapi::any_object),
        handler: || get(openapi::answer),
    },
    Route {
        path: "/metrics",
        summary: "Metrics in the Prometheus text format 0.0.4.",
        parameters: &[],
        answer: Answer::Text,
        handler: || get(metrics),
    },
    Route {
        path: "/healthz",
        summary: "Whether the process lives.",
        parameters: &[],
        answer: Answer::Text,
        handler: || get(async || "alive\n"),
    },
    Route {
        path: "/readyz",
        summary: "Whether it captures; 503 with the reason when it does not.",
        parameters: &[],
        answer: Answer::Text,
        handler: || get(ready),
    },
];

/// Every path; others are answered with 404, other methods than GET and HEAD with 405.
pub(super) fn router(state: ServerState) -> Router {
    let routes = |is_wanted: fn(&Route) -> bool| {
        let some = ROUTES.iter().filter(|route| is_wanted(route));
        some.fold(Router::new(), |router, route| {
            router.route(route.path, (route.handler)())
        })
    };
    Router::new()
        .merge(routes(Route::is_api).layer(from_fn(admit)))
        .merge(routes(|route| matches!(route.answer, Answer::Page(_))).layer(from_fn(admit_page)))
        .merge(routes(|route| matches!(route.answer, Answer::Text)))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(Extension(Arc::new(Rates::default())))
        .with_state(state)
}

impl Route {
    /// Whether it tells who talks to whom.
    pub(super) const fn is_api(&self) -> bool {
        matches!(
            self.answer,
            Answer::Json(_) | Answer::Lines(_) | Answer::File(_)
        )
    }
}

async fn not_found() -> (StatusCode, String) {
    let paths: Vec<_> = ROUTES.iter().map(|route| route.path).collect();
    let said = format!("not found; there are {}\n", paths.join(", "));
    (StatusCode::NOT_FOUND, said)
}

async fn not_allowed() -> impl IntoResponse {
    let allowed = [(header::ALLOW, "GET, HEAD")];
    let said = "only GET and HEAD: nothing can be changed here\n";
    (StatusCode::METHOD_NOT_ALLOWED, allowed, said)
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
