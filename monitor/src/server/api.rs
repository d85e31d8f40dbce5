//! What programs ask the agent: `/api/v1/...`, and who may ask.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ServerState, causes, endpoints, query, summary};
use crate::report::{Event, SCHEMA};
use crate::sink::json;

/// How many handshakes, or groups, are given unless asked for fewer or more.
const LIMIT: usize = 100;

/// How long the capture is waited for. It tells a few times a second.
const PATIENCE: Duration = Duration::from_secs(2);

/// Pairs of a query.
pub(super) type Pairs = Query<Vec<(String, String)>>;

/// The last handshakes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HandshakesAnswer {
    /// `tlsmon/v1`.
    schema: &'static str,
    /// How many events made room for others since the agent started.
    forgotten: u64,
    /// Handshakes as `tlsmon run --output json` prints them, the newest last, each once: where its verdict was revised, as it is now,
    /// with `revised` and `was`. A revision whose handshake is no longer held stands for itself.
    handshakes: Vec<Arc<Event>>,
}

/// The last handshakes, as `tlsmon run --output json` prints them: failures unless the query says otherwise.
pub(super) async fn handshakes(State(state): State<ServerState>, pairs: Pairs) -> Response {
    let ask = match query::read(&pairs, &["limit"]) {
        Ok(ask) => ask,
        Err(said) => return refused(&said),
    };
    let selection = state.recent.select(&ask.filter, ask.limit.unwrap_or(LIMIT));
    HandshakesAnswer {
        schema: SCHEMA,
        forgotten: selection.forgotten,
        handshakes: selection.events,
    }
    .line_by_line()
    .into_response()
}

impl HandshakesAnswer {
    /// The same as any other JSON, but an event to a line.
    fn line_by_line(&self) -> impl IntoResponse + use<> {
        let mut body = format!(
            "{{\"schema\":\"{}\",\"forgotten\":{},\"handshakes\":[",
            self.schema, self.forgotten
        )
        .into_bytes();
        for (number, event) in self.handshakes.iter().enumerate() {
            body.extend_from_slice(if number == 0 { b"\n" } else { b",\n" });
            // Writing into memory cannot fail.
            let _ = json::write(event, &mut body);
            body.pop();
        }
        body.extend_from_slice(b"\n]}\n");
        as_json(body)
    }
}

/// What fails, in groups.
pub(super) async fn summary(State(state): State<ServerState>, pairs: Pairs) -> Response {
    match query::only(&pairs, &["cause", "limit"]) {
        Ok(ask) => {
            let limit = ask.limit.unwrap_or(LIMIT);
            let groups = |groups: &_| summary::SummaryAnswer::of(groups, &ask.filter.causes, limit);
            written(&state.lately.read(groups))
        }
        Err(said) => refused(&said),
    }
}

/// What each server did lately, and what the verdicts on it rest on.
pub(super) async fn endpoints(State(state): State<ServerState>, pairs: Pairs) -> Response {
    let servers = match query::only(&pairs, &["server"]) {
        Ok(ask) => ask.filter.server,
        Err(said) => return refused(&said),
    };
    let known = state.baselines.ask(PATIENCE).await;
    let groups = |groups: &_| endpoints::EndpointsAnswer::of(groups, &servers);
    let answer = state.lately.read(groups);
    match known {
        Some(known) => written(&answer.with(&known, &servers)),
        None => written(&answer),
    }
}

/// What each cause means.
pub(super) async fn causes(pairs: Pairs) -> Response {
    match query::only(&pairs, &["cause"]) {
        Ok(ask) => written(&causes::CausesAnswer::of(&ask.filter.causes)),
        Err(said) => refused(&said),
    }
}

fn written<T: Serialize>(answer: &T) -> Response {
    let mut body = Vec::new();
    // Writing into memory cannot fail.
    let _ = json::write(answer, &mut body);
    as_json(body).into_response()
}

fn as_json(body: Vec<u8>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], body)
}

pub(super) fn refused(said: &str) -> Response {
    (StatusCode::BAD_REQUEST, format!("{said}\n")).into_response()
}
