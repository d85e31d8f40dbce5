//! What a capture taught, asked for over a real connection.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::capture::pcap::{Source, read_stored};
use crate::pipeline::{Driver, EventSink, Pipeline, Settings};
use crate::report::Event;
use crate::server::tests::{ask_path, get_as, start};
use crate::sink::baselines::Known;
use crate::sink::lately::Lately;

struct Groups(Arc<Lately>);

impl EventSink for Groups {
    fn event(&mut self, event: Event) {
        self.0.observe(&event);
    }
}

/// A pipeline that has seen this capture; what it found is in the groups.
fn replayed(name: &str, lately: &Arc<Lately>) -> Pipeline {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let groups = Groups(Arc::clone(lately));
    let mut driver = Driver::new(Pipeline::new(Settings::default()), groups);
    read_stored(Source::Stdin, Box::new(Cursor::new(bytes)), &mut driver).unwrap();
    driver.finish().1
}

#[tokio::test]
async fn an_endpoint_is_told_with_its_certificate_and_with_what_verdicts_on_it_rest_on() {
    let server = start().await;
    let pipeline = replayed("ok_tls12.pcap", &server.lately);
    let baselines = Arc::clone(&server.baselines);
    let capture = tokio::spawn(async move {
        loop {
            if baselines.is_asked() {
                baselines.tell(Known {
                    time: pipeline.now(),
                    facts: pipeline.baselines(),
                });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let all = ask_path(server.address, "/api/v1/endpoints").await;
    let endpoint = &all["endpoints"][0];
    let baseline = &all["baselines"][0];
    assert_eq!(endpoint["established"], baseline["with_sni"]["completed"]);
    assert_eq!(endpoint["endpoint"], baseline["endpoint"]);
    let name = &baseline["names"][0]["name"];
    assert_eq!(name, &endpoint["names"][0]["name"]);
    let certificate = &endpoint["certificates"][0];
    assert!(certificate["names"].as_array().unwrap().contains(name));
    assert_eq!(baseline["negotiated"]["versions"][0], "TLS1.2");
    assert_eq!(
        (&baseline["transport"], &baseline["up"]),
        (&"tcp".into(), &true.into())
    );
    let address = baseline["address"].as_str().unwrap();
    let one = ask_path(
        server.address,
        &format!("/api/v1/endpoints?server={address}"),
    )
    .await;
    assert_eq!(one["baselines"].as_array().unwrap().len(), 1);
    let none = ask_path(server.address, "/api/v1/endpoints?server=198.51.100.0/24").await;
    assert_eq!(
        (&none["endpoints"], &none["baselines"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
    capture.abort();
}

#[tokio::test]
async fn a_capture_that_has_not_begun_is_not_waited_for_without_end() {
    let server = start().await;
    let answer = ask_path(server.address, "/api/v1/endpoints").await;
    assert!(answer["baselines"].is_null(), "{answer}");
    let wrong = get_as(server.address, "/api/v1/endpoints?server=x", "localhost").await;
    assert!(wrong.starts_with("HTTP/1.1 400"), "{wrong}");
}
