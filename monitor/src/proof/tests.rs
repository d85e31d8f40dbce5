//! Every capture of the tests, through a proof and back.

use std::io::Cursor;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

mod quic;

use super::*;
use crate::capture::pcap::{Source, read_stored};
use crate::filter::Filter;
use crate::flow::Side;
use crate::pipeline::{Driver, EventSink, Pipeline, Settings};
use crate::report::{Event, Handshake};
use crate::wire::Transport;

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

/// All failures of a capture go into one file: a verdict may rest on what else its server refused.
#[test]
fn a_replay_of_proofs_says_what_was_said_of_the_capture() {
    let (mut handshakes, mut wrong) = (0, Vec::new());
    for path in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let proofs = of_failures(&Source::Path(path), Settings::default()).unwrap();
        let proofs: Vec<_> = proofs.into_iter().map(Arc::new).collect();
        let again = replay(&write(&About::default(), &proofs));
        for proof in proofs {
            handshakes += 1;
            let said = &proof.handshake;
            assert!(!proof.packets.is_empty(), "{name}: no packets");
            let of_it = again.iter().find(|other| other.id == said.id);
            let again = of_it.map_or_else(|| "nothing".to_owned(), verdict);
            if again != verdict(said) {
                wrong.push(format!("{name}: {} became {again}", verdict(said)));
            }
        }
    }
    none_is_wrong(handshakes, &wrong);
}

fn written(proof: &Proof) -> Vec<u8> {
    write(&About::default(), &[Arc::new(proof.clone())])
}

fn none_is_wrong(handshakes: usize, wrong: &[String]) {
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

/// What must not be found in the bytes of an anonymised capture: names, as text, and addresses, as text and as bytes.
fn originals(proof: &Proof) -> Vec<(String, Vec<u8>)> {
    let handshake = &proof.handshake;
    let mut names: Vec<String> = handshake.sni().iter().map(ToString::to_string).collect();
    if let Some(certificate) = &handshake.certificate {
        names.extend(certificate.names.iter().map(ToString::to_string));
        names.extend(certificate.subject.iter().map(ToString::to_string));
        names.extend(certificate.issuer.iter().map(ToString::to_string));
    }
    // Of a name of a certificate, its values.
    let mut wanted: Vec<_> = names
        .iter()
        .flat_map(|name| name.split(['=', ',', '+']))
        .map(str::trim)
        .filter(|word| word.len() > 3)
        .map(|word| (word.to_owned(), word.as_bytes().to_vec()))
        .collect();
    for address in [handshake.client.address, handshake.server.address] {
        wanted.push((address.to_string(), address.to_string().into_bytes()));
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        wanted.push((format!("bytes of {address}"), bytes));
    }
    wanted.push((
        "interface".to_owned(),
        handshake.interface.as_bytes().to_vec(),
    ));
    if let Some(hello) = proof.packets.iter().find_map(random) {
        wanted.push(("random".to_owned(), hello));
    }
    wanted.extend(quic::secrets(proof));
    wanted
}

/// The random of a ClientHello that begins in this packet.
fn random(packet: &Packet) -> Option<Vec<u8>> {
    let decoded = packet.decode()?;
    let Transport::Tcp(segment) = decoded.transport else {
        return None;
    };
    let is_hello = matches!(segment.payload, [22, 3, _, _, _, 1, ..]);
    segment
        .payload
        .get(11..43)
        .filter(|_| is_hello)
        .map(<[u8]>::to_vec)
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let fold = |bytes: &[u8]| bytes.to_ascii_lowercase();
    let wanted = fold(wanted);
    bytes.windows(wanted.len()).any(|part| fold(part) == wanted)
}

#[test]
fn an_anonymised_proof_says_the_same_of_somebody_else() {
    let key = anonymize::Key::new(b"a key of the tests");
    let (mut handshakes, mut wrong) = (0, Vec::new());
    for (name, proof) in all_proofs() {
        handshakes += 1;
        let originals = originals(&proof);
        let said: Vec<_> = replay(&written(&proof)).iter().map(verdict).collect();
        let made = anonymize::anonymize(vec![proof], &key).remove(0);
        let clear = quic::in_the_clear(&made);
        let file = written(&made);
        for (what, bytes) in originals {
            if holds(&file, &bytes) || holds(&clear, &bytes) {
                wrong.push(format!("{name}: {what} is left"));
            }
        }
        let again: Vec<_> = replay(&file).iter().map(verdict).collect();
        if again != said {
            wrong.push(format!("{name}: {said:?} became {again:?}"));
        }
    }
    none_is_wrong(handshakes, &wrong);
}

#[test]
fn an_anonymised_hello_keeps_its_fingerprints() {
    let key = anonymize::Key::new(b"a key of the tests");
    let path = captures()
        .into_iter()
        .find(|path| path.ends_with("badsni_envoy.pcap"))
        .unwrap();
    let proof = of_failures(&Source::Path(path), Settings::default())
        .unwrap()
        .remove(0);
    let was = proof.handshake.client_hello.clone().unwrap();
    let made = anonymize::anonymize(vec![proof], &key).remove(0);
    let hello = made.handshake.client_hello.unwrap();
    assert_eq!((&hello.ja3, &hello.ja4), (&was.ja3, &was.ja4));
    assert_eq!(hello.sent.alpn, was.sent.alpn);
    assert_ne!(hello.sni, was.sni);
    assert_eq!(hello.sni.unwrap().len(), was.sni.unwrap().len());
}
