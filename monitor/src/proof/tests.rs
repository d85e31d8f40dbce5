//! Every capture of the tests, through a proof and back.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::capture::pcap::{Source, read_stored};
use crate::filter::Filter;
use crate::flow::Side;
use crate::pipeline::{Driver, EventSink, Pipeline, Settings};
use crate::report::{Event, Handshake};

/// All captures, by name.
fn captures() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "pcap"));
    files.sort();
    files
}

/// What a replay says of a capture file.
fn replay(file: &[u8]) -> Vec<Handshake> {
    #[derive(Default)]
    struct Found(Vec<Handshake>);

    impl EventSink for Found {
        fn event(&mut self, event: Event) {
            match event {
                Event::Handshake(handshake) => self.0.push(*handshake),
                Event::Loss(loss) => panic!("lost: {loss:?}"),
                _ => {}
            }
        }
    }

    let mut driver = Driver::new(Pipeline::new(Settings::default()), Found::default());
    let stored = Box::new(Cursor::new(file.to_vec()));
    read_stored(Source::Stdin, stored, &mut driver).unwrap();
    driver.finish().0.0
}

fn verdict(handshake: &Handshake) -> String {
    format!(
        "{} {:?} {} ended by {} {} at {}",
        handshake.outcome,
        handshake.cause,
        handshake.direction,
        handshake.ended.by,
        handshake.ended.how,
        handshake.stage
    )
}

#[test]
fn a_replay_of_a_proof_says_what_was_said_of_the_capture() {
    let (mut handshakes, mut wrong) = (0, Vec::new());
    for path in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = Source::Path(path);
        for proof in of_failures(&source, Settings::default()).unwrap() {
            handshakes += 1;
            let said = proof.handshake.clone();
            assert!(!proof.packets.is_empty(), "{name}: no packets");
            let file = write(&About::default(), &[Arc::new(proof)]);
            let again = replay(&file);
            let of_it = again.iter().find(|other| other.id == said.id);
            let again = of_it.map_or_else(|| "nothing".to_owned(), verdict);
            if again != verdict(&said) {
                wrong.push(format!("{name}: {} became {again}", verdict(&said)));
            }
        }
    }
    assert!(handshakes > 80, "only {handshakes}");
    assert!(
        wrong.is_empty(),
        "{} of {handshakes}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Bodies of application_data records, put together again from the packets of a proof.
fn data_of(proof: &Proof) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for connection in redact::connections(proof).into_values() {
        for side in [Side::Client, Side::Server] {
            let stream = &connection.streams[side];
            let mut at = redact::starts(&connection)[side].tls_at.unwrap_or(0);
            while let Some((kind, end)) = stream.record(at) {
                if kind == 23 {
                    let body = stream.bytes.get(at + 5..end.min(stream.bytes.len()));
                    bodies.push(body.unwrap_or_default().to_vec());
                }
                at = end;
            }
        }
    }
    bodies
}

/// All handshakes of all captures, the established ones too.
fn all_proofs() -> impl Iterator<Item = (String, Proof)> {
    let all = Wanted {
        filter: Filter {
            all: true,
            ..Filter::default()
        },
        limit: usize::MAX,
        ..Wanted::default()
    };
    captures().into_iter().flat_map(move |path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let proofs = of_file(&Source::Path(path), Settings::default(), &all, &mut |_| {});
        proofs
            .unwrap()
            .into_iter()
            .map(move |proof| (name.clone(), proof))
    })
}

#[test]
fn no_proof_holds_application_data() {
    let mut bodies = 0;
    for (name, proof) in all_proofs() {
        for body in data_of(&proof) {
            bodies += 1;
            assert!(body.iter().all(|byte| *byte == 0), "{name}");
        }
    }
    assert!(bodies > 250, "only {bodies}");
}

#[test]
fn a_request_in_the_clear_keeps_its_method_and_nothing_that_it_says() {
    let mut seen = 0;
    for (name, proof) in all_proofs().filter(|(name, _)| name.starts_with("http_on_tls")) {
        let bytes: Vec<u8> = proof
            .packets
            .iter()
            .flat_map(|it| it.network.clone())
            .collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.contains("GET x"), "{name}: {text}");
        for secret in ["curl", "Host", "User-Agent", "10.77"] {
            assert!(!text.contains(secret), "{name}: {secret}");
        }
        seen += 1;
    }
    assert!(seen >= 3);
}
