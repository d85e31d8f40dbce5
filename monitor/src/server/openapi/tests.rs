//! The document against what a real server answers.

use std::sync::Arc;

use jsonschema::Validator;

use super::*;
use crate::report::example;
use crate::server::tests::{ask_path, get_as, start};

/// The schema of an answer with what it refers to.
fn validator(document: &Value, path: &str, kind: &str) -> Validator {
    let pointer = format!(
        "/paths/{}/get/responses/200/content/{}/schema",
        path.replace('/', "~1"),
        kind.replace('/', "~1")
    );
    let mut schema = document.pointer(&pointer).unwrap().clone();
    schema["components"] = document["components"].clone();
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_fits(validator: &Validator, value: &Value) {
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{value}: {errors:?}");
}

#[tokio::test]
async fn every_answer_of_a_server_fits_the_document() {
    let server = start().await;
    for event in example::events() {
        let event = Arc::new(event);
        server.recent.observe(&event);
        server.lately.observe(&event);
    }
    let document = openapi();
    let mut seen = 0;
    for route in ROUTES {
        match route.answer {
            Answer::Json(_) => {
                let validator = validator(&document, route.path, "application/json");
                let query = if route.parameters.contains(&"filter") {
                    "?all"
                } else {
                    ""
                };
                let answer = ask_path(server.address, &format!("{}{query}", route.path)).await;
                assert_fits(&validator, &answer);
                assert!(!validator.is_valid(&Value::Null), "{}", route.path);
                seen += 1;
            }
            Answer::Text => {
                let answer = get_as(server.address, route.path, "x").await;
                assert!(answer.contains("content-type: text/plain"), "{answer}");
                seen += 1;
            }
            Answer::Page(kind) => {
                let answer = get_as(server.address, route.path, "localhost").await;
                assert!(
                    answer.contains(&format!("content-type: {kind}")),
                    "{answer}"
                );
                assert!(
                    answer.contains("content-security-policy: default-src 'none'"),
                    "{answer}"
                );
                let elsewhere = get_as(server.address, route.path, "attacker.example").await;
                assert!(elsewhere.starts_with("HTTP/1.1 403"), "{elsewhere}");
                seen += 1;
            }
            Answer::File(kind) => {
                let pointer = format!(
                    "/paths/{}/get/responses/200/content/{}",
                    route.path.replace('/', "~1"),
                    kind.replace('/', "~1")
                );
                assert!(document.pointer(&pointer).is_some(), "{pointer}");
                seen += 1;
            }
            Answer::Lines(_) => {}
        }
    }
    assert_eq!(seen, ROUTES.len() - 1);
}

#[test]
fn every_line_of_a_stream_fits_the_document() {
    let document = openapi();
    let validator = validator(&document, "/api/v1/stream", "application/x-ndjson");
    for event in example::events() {
        assert_fits(&validator, &serde_json::to_value(&event).unwrap());
    }
    let heartbeat =
        json!({"type": "heartbeat", "schema": "tlsmon/v1", "position": "00000001-2", "missed": 0});
    assert_fits(&validator, &heartbeat);
    let mut line = serde_json::to_value(&example::events()[0]).unwrap();
    line["position"] = "00000001-2".into();
    assert_fits(&validator, &line);
    line["position"] = 2.into();
    assert!(!validator.is_valid(&line));
    assert!(!validator.is_valid(&json!({"type": "heartbeat"})));
    assert!(!validator.is_valid(&json!({"type": "gossip"})));
}

#[test]
fn every_path_and_parameter_is_described_in_the_documentation() {
    let page = include_str!("../../../../docs/api.md");
    for route in ROUTES {
        assert!(page.contains(route.path), "{}", route.path);
        for parameter in route.parameters.iter().flat_map(|name| parameters(name)) {
            let name = parameter["name"].as_str().unwrap();
            assert!(page.contains(&format!("`{name}`")), "{name}");
            assert!(
                !parameter["description"].as_str().unwrap().is_empty(),
                "{name}"
            );
        }
    }
    assert!(
        openapi()["paths"]["/api/v1/handshakes"]["get"]["parameters"]
            .as_array()
            .unwrap()
            .len()
            > 8
    );
}

#[test]
fn what_is_referred_to_is_there() {
    let document = openapi();
    let text = document.to_string();
    let mut references = 0;
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        references += 1;
    }
    assert!(references > 20, "{references}");
}
