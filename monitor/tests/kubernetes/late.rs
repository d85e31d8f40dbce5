//! Verdicts that come before their names, through the same enricher that `tlsmon run` has.

use std::path::Path;

use monitor::capture::pcap::{Source as File, read};
use monitor::enrich::Enricher;
use monitor::pipeline::{Driver, EventSink, Pipeline, Settings as PipelineSettings};
use monitor::report::{Event, Handshake, HandshakeDirection};

use super::*;
use crate::api::PODS;
use crate::objects::pod;

#[derive(Default)]
struct Events(Vec<Event>);

impl EventSink for Events {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

/// A real failure, as if it had begun now at this server.
fn failure(server: &str) -> Event {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/badsni_envoy.pcap");
    let mut driver = Driver::new(
        Pipeline::new(PipelineSettings::default()),
        Events::default(),
    );
    read(File::from_argument(file), &mut driver, &mut |_| {}).unwrap();
    let (events, _) = driver.finish();
    let mut handshakes = events.0.into_iter().filter_map(|event| match event {
        Event::Handshake(handshake) => Some(handshake),
        _ => None,
    });
    let mut handshake = handshakes.find(|one| one.is_failure()).unwrap();
    handshake.time = now();
    handshake.server.address = server.parse().unwrap();
    Event::Handshake(handshake)
}

fn handshake(event: Event) -> Handshake {
    match event {
        Event::Handshake(handshake) => *handshake,
        other => panic!("{other:?}"),
    }
}

/// The event once it need not wait any more, and how long that took.
async fn waited(enricher: &mut Enricher) -> (Handshake, Duration) {
    let begun = Instant::now();
    loop {
        enricher.advance(now());
        if let Some(event) = enricher.due() {
            return (handshake(event), begun.elapsed());
        }
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "it waits for ever"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// An enricher that has a failure whose server has no name yet, and holds it.
fn asked_too_early(names: &Names) -> Enricher {
    let mut enricher = Enricher::new(names.directory.clone());
    enricher.advance(now());
    assert!(
        enricher.event(failure("10.4.2.1")).is_none(),
        "it did not wait"
    );
    enricher
}

#[tokio::test]
async fn a_verdict_before_the_first_list_waits_for_its_name() {
    let cluster = Cluster::start().await;
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some("10.4.2.1")));
    cluster.state().list_delay = Duration::from_millis(300);
    let names = Names::of(&cluster);
    let mut enricher = asked_too_early(&names);
    let (event, took) = waited(&mut enricher).await;
    assert_eq!(event.server.pod.as_deref(), Some("web-7d4b9-a"));
    assert_eq!(event.server.workload.as_deref(), Some("web"));
    assert_eq!(event.direction, HandshakeDirection::Inbound);
    assert!(took < Duration::from_millis(950), "{took:?}");
    assert!(enricher.losses().iter().all(|(_, count)| *count == 0));
}

#[tokio::test]
async fn a_verdict_on_a_pod_whose_address_is_not_told_yet_waits_for_its_name() {
    let cluster = Cluster::start().await;
    let names = Names::of(&cluster);
    names.up().await;
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, None));
    eventually(|| {
        names
            .directory
            .read(|directory| directory.snapshots()[0].objects == 1)
    })
    .await;
    let mut enricher = asked_too_early(&names);
    cluster.apply(PODS, pod("shop", "web-7d4b9-a", NODE, Some("10.4.2.1")));
    let (event, took) = waited(&mut enricher).await;
    assert_eq!(event.server.pod.as_deref(), Some("web-7d4b9-a"));
    assert!(took < Duration::from_millis(950), "{took:?}");
}

#[tokio::test]
async fn nothing_waits_for_longer_than_a_second_and_what_waited_in_vain_is_counted() {
    let cluster = Cluster::start().await;
    cluster.state().list_delay = Duration::from_secs(30);
    let names = Names::of(&cluster);
    let mut enricher = asked_too_early(&names);
    let (event, took) = waited(&mut enricher).await;
    assert_eq!(event.server.pod, None);
    assert!((900..1500).contains(&took.as_millis()), "{took:?}");
    assert!(enricher.losses().contains(&("no_answer", 1)));
}

#[tokio::test]
async fn nothing_waits_once_all_is_known_nor_for_a_server_that_does_not_answer() {
    let cluster = Cluster::start().await;
    let names = Names::of(&cluster);
    names.up().await;
    let mut enricher = Enricher::new(names.directory.clone());
    enricher.advance(now());
    assert!(enricher.event(failure("10.4.2.1")).is_some());

    let broken = Cluster::start().await;
    broken.state().tokens.clear();
    let names = Names::of(&broken);
    eventually(|| {
        Kind::ALL
            .iter()
            .all(|kind| names.state(*kind) == WatchState::Down)
    })
    .await;
    let mut enricher = Enricher::new(names.directory.clone());
    enricher.advance(now());
    assert!(enricher.event(failure("10.4.2.1")).is_some());
}
