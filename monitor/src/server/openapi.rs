//! The OpenAPI document, made from the table of routes, the types of the answers and the flags of the filter.

use axum::http::header;
use axum::response::IntoResponse;
use clap::{Args as _, Command};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::routes::{Answer, ROUTES, Route};
use crate::filter::FilterArgs;

/// The document (OpenAPI 3.1, whose schemas are JSON Schema 2020-12).
pub fn openapi() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let paths: Map<_, _> = ROUTES
        .iter()
        .map(|route| (route.path.to_owned(), operation(route, &mut generator)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "tlsmon",
            "summary": "The agent that watches the TLS handshakes of a node and says why they fail",
            "description": "On loopback and on the socket in the file system anybody may ask. Elsewhere /api/v1 needs TLS and the token.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": generator.take_definitions(true),
        },
    })
}

/// The schema of what is described nowhere else.
pub(super) fn any_object(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object" })
}

/// Answers with the document.
pub(super) async fn answer() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, format!("{:#}\n", openapi()))
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let parameters: Vec<_> = route
        .parameters
        .iter()
        .flat_map(|name| parameters(name))
        .collect();
    let mut answers = Map::new();
    let good = json!({
        "description": route.summary,
        "content": content(route.answer, generator),
    });
    answers.insert("200".to_owned(), good);
    let refusals = REFUSALS.iter().filter(|_| route.is_api());
    answers.extend(refusals.map(|(status, meaning)| {
        let text = json!({ "text/plain": { "schema": { "type": "string" } } });
        let refusal = json!({ "description": meaning, "content": text });
        ((*status).to_owned(), refusal)
    }));
    let security = if route.is_api() {
        json!([{}, { "token": [] }])
    } else {
        json!([])
    };
    json!({ "get": {
        "summary": route.summary,
        "parameters": parameters,
        "security": security,
        "responses": answers,
    }})
}

/// How the API refuses; the answer is a line of text.
const REFUSALS: &[(&str, &str)] = &[
    ("400", "A parameter or value that is none."),
    ("401", "The token is missing or wrong."),
    ("403", "The API does not answer to this caller here."),
    ("404", "No packets of such handshakes are kept."),
    ("405", "Only GET and HEAD."),
    ("413", "The API takes no body."),
    (
        "429",
        "Too many requests; Retry-After says when to come back.",
    ),
    (
        "503",
        "Too many readers; Retry-After says when to come back.",
    ),
];

fn content(answer: Answer, generator: &mut SchemaGenerator) -> Value {
    match answer {
        Answer::Text => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Answer::Page(kind) | Answer::File(kind) => {
            let mut kinds = Map::new();
            kinds.insert(kind.to_owned(), json!({ "schema": { "type": "string" } }));
            Value::Object(kinds)
        }
        Answer::Json(schema) => json!({ "application/json": { "schema": schema(generator) } }),
        Answer::Lines(schema) => json!({
            "application/x-ndjson": { "schema": schema(generator) },
            "text/event-stream": { "schema": { "type": "string" } },
        }),
    }
}

/// A parameter, or all of the filter.
fn parameters(name: &str) -> Vec<Value> {
    let flags = FilterArgs::augment_args(Command::new("query"));
    let described = |name: &str, description: &str| {
        json!({
            "name": name, "in": "query", "required": false,
            "description": description, "schema": { "type": "string" },
        })
    };
    let own = match name {
        "limit" => "At most so many; 100 when left out",
        "since" => {
            "First what came after this position: start, or what a line of the stream or an id said"
        }
        "format" => "ndjson or sse",
        "id" => "These handshakes: the id of their reports, separated by commas",
        "form" => "pcapng, or json for the reports on the same handshakes, as they are now",
        _ => {
            let wanted = flags
                .get_arguments()
                .filter(|flag| name == "filter" || flag.get_long() == Some(name));
            let told = wanted.filter_map(|flag| {
                let help = flag.get_help().unwrap_or_default().to_string();
                Some(described(flag.get_long()?, &help))
            });
            return told.collect();
        }
    };
    vec![described(name, own)]
}

#[cfg(test)]
mod tests;
