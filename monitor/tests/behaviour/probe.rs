//! `tlsmon probe` against servers on the loopback that do what real ones do: nothing here leaves the machine.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use monitor::probe::{Like, Noise, Questions, Reports};
use monitor::tls::{ClientHello, Version};
use serde_json::Value;

/// The name in the certificates of the streams.
const NAME: &str = "server.test";

/// A server on the loopback; it ends with the test.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

fn serve(treat: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let treat = Arc::new(treat);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
            let treat = Arc::clone(&treat);
            std::thread::spawn(move || treat(connection.unwrap()));
        }
    });
    Server {
        address,
        connections,
    }
}

fn stream(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams");
    std::fs::read(folder.join(name)).unwrap()
}

/// The hello that waits to be read; it stays unread.
fn waiting_hello(connection: &TcpStream) -> Arc<ClientHello> {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let len = connection.peek(&mut bytes).unwrap();
        let whole = bytes[..len]
            .first_chunk::<5>()
            .map(|head| 5 + usize::from(u16::from_be_bytes([head[3], head[4]])));
        assert!(len > 0, "the hello ended half way");
        if whole.is_some_and(|whole| len >= whole) {
            return ClientHello::parse(&bytes[9..len]).unwrap();
        }
    }
}

fn take(connection: &mut TcpStream) -> Arc<ClientHello> {
    let hello = waiting_hello(connection);
    let mut bytes = vec![0; 9 + hello.len as usize - 4];
    connection.read_exact(&mut bytes).unwrap();
    hello
}

/// Answers as a server does that speaks TLS 1.2 and 1.3.
fn answer(connection: &mut TcpStream) {
    let hello = take(connection);
    let offers = |wanted| hello.offered_versions().any(|version| version == wanted);
    let takes = |suite| hello.cipher_suites.contains(&suite);
    let said = match () {
        () if offers(Version::TLS1_3) && takes(0x1302) => stream("ok_tls13.server"),
        () if offers(Version::TLS1_2) && takes(0xc02c) => stream("ok_tls12.server"),
        () if offers(Version::TLS1_2) => vec![21, 3, 3, 0, 2, 2, 40],
        () => vec![21, 3, 3, 0, 2, 2, 70],
    };
    connection.write_all(&said).unwrap();
    let _ = connection.read_to_end(&mut Vec::new());
}

/// As Envoy without a filter chain: the hello is only looked at, so that closing sends RST.
fn named_only() -> Server {
    serve(|mut connection| {
        let name = waiting_hello(&connection).server_name.clone();
        if name.is_some_and(|name| name.as_bytes() == NAME.as_bytes()) {
            answer(&mut connection);
        }
    })
}

fn tlsmon(args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("tlsmon"));
    command.args(args).env_clear().output().unwrap()
}

/// The report of a probe, checked against the printed schema.
fn probe(args: &[&str]) -> Value {
    let output = tlsmon(&[&["probe", "--output", "json"], args].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let schema = tlsmon(&["generate", "schema"]).stdout;
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<_> = validator
        .iter_errors(&report)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    report
}

fn asked(server: &Server, more: &[&str]) -> Value {
    let address = server.address.to_string();
    probe(&[&[NAME, "--connect-to", &address][..], more].concat())
}

/// Cause and confidence of each failure.
fn failures(report: &Value) -> Vec<(&str, &str)> {
    let verdicts = report["verdicts"].as_array().unwrap().iter();
    let failures = verdicts.filter(|verdict| verdict["kind"] == "failure");
    failures
        .map(|verdict| {
            (
                verdict["cause"].as_str().unwrap(),
                verdict["confidence"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

fn answer_to<'a>(report: &'a Value, question: &str) -> &'a Value {
    let mut all = report["questions"].as_array().unwrap().iter();
    all.find(|exchange| exchange["question"] == question)
        .unwrap_or_else(|| panic!("no {question} in {report}"))
}

#[test]
fn a_server_that_resets_hellos_without_a_name_is_told_by_the_contrast() {
    let server = named_only();
    let report = asked(&server, &[]);
    assert_eq!(
        failures(&report)[0],
        ("no-sni-rejected", "certain"),
        "{report:#}"
    );
    assert_eq!(answer_to(&report, "with_name")["answer"], "server_hello");
    assert_eq!(answer_to(&report, "without_name")["answer"], "reset");
    assert_eq!(answer_to(&report, "other_name")["answer"], "reset");
    assert_eq!(
        answer_to(&report, "tls_1_0")["alert"]["description"],
        "protocol_version"
    );
    let tls12 = answer_to(&report, "tls_1_2");
    assert_eq!(tls12["server_hello"]["version"], "TLS1.2");
    assert!(tls12["certificate"]["subject"].is_string());
    assert!(server.connections.load(Ordering::Relaxed) <= 18);
}

#[test]
fn the_exit_status_tells_of_failures_when_it_is_asked_to() {
    let server = named_only();
    let address = server.address.to_string();
    let status = |more: &[&str]| {
        let args = [&["probe", NAME, "--connect-to", &address][..], more].concat();
        tlsmon(&args).status.code()
    };
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--fail"]), Some(1));
}

#[test]
fn a_person_reads_a_table_and_the_verdict() {
    let server = named_only();
    let address = server.address.to_string();
    let output = tlsmon(&["probe", NAME, "--connect-to", &address]);
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "with the name server.test",
        "without a name                  RST",
        "no-sni-rejected (certain)  clients without a server name:",
        "tlsmon explain no-sni-rejected",
    ] {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("at most 18 questions"), "{talk}");
}

#[test]
fn a_closed_port_is_asked_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let report = probe(&[&address]);
    assert_eq!(failures(&report), [("connection-refused", "certain")]);
    assert_eq!(report["questions"].as_array().unwrap().len(), 1);
    assert_eq!(report["target"]["name"], Value::Null);
}

#[test]
fn a_server_that_answers_in_cleartext_is_asked_once() {
    let server = serve(|mut connection| {
        take(&mut connection);
        let said = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        connection.write_all(said).unwrap();
    });
    let report = asked(&server, &[]);
    assert_eq!(failures(&report), [("tls-on-plaintext-server", "certain")]);
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[test]
fn a_greeting_before_the_hello_is_cleartext_too() {
    let server = serve(|mut connection| {
        connection.write_all(b"220 mail.example ESMTP\r\n").unwrap();
        let _ = connection.read_to_end(&mut Vec::new());
    });
    let report = asked(&server, &[]);
    assert_eq!(failures(&report), [("tls-on-plaintext-server", "certain")]);
}

#[test]
fn a_server_that_says_nothing_is_left_after_three_questions() {
    let server = serve(|mut connection| {
        let _ = connection.read_to_end(&mut Vec::new());
    });
    let report = asked(&server, &["--timeout", "0.3"]);
    assert_eq!(failures(&report), [("server-silent", "certain")]);
    assert_eq!(server.connections.load(Ordering::Relaxed), 3);
}

#[test]
fn a_server_that_hangs_up_unasked_is_told_from_one_that_minds_the_hello() {
    let server = serve(drop);
    let report = asked(&server, &[]);
    assert_eq!(failures(&report), [("unexplained", "")]);
    assert_eq!(answer_to(&report, "with_name")["answer"], "hung_up");
}

#[test]
fn a_server_that_drips_or_floods_takes_no_more_than_its_time() {
    let drips = serve(|mut connection| {
        take(&mut connection);
        let record = [&[22, 3, 3, 0x40, 0][..], &[2, 0, 0xff, 0xff]].concat();
        for byte in record.into_iter().chain(std::iter::repeat(7)) {
            if connection.write_all(&[byte]).is_err() {
                return;
            }
            let _ = connection.set_read_timeout(Some(Duration::from_millis(20)));
            let _ = connection.peek(&mut [0]);
        }
    });
    let report = asked(&drips, &["--timeout", "0.3"]);
    assert_eq!(answer_to(&report, "with_name")["answer"], "silence");
    let floods = serve(|mut connection| {
        // Empty warnings for ever: all of it is TLS.
        let records = [21, 3, 3, 0, 2, 1, 1].repeat(1000);
        while connection.write_all(&records).is_ok() {}
    });
    let report = asked(&floods, &["--timeout", "2"]);
    assert_eq!(answer_to(&report, "with_name")["answer"], "malformed");
}

#[test]
fn an_answered_question_ends_in_close_notify_and_fin_and_never_in_rst() {
    let (tell, told) = mpsc::channel();
    let server = serve(move |mut connection| {
        let hello = take(&mut connection);
        let tls12 = hello.versions.is_empty() && hello.legacy_version == Version::TLS1_2;
        let said = if tls12 {
            stream("ok_tls12.server")
        } else {
            stream("ok_tls13.server")
        };
        connection.write_all(&said).unwrap();
        let mut rest = Vec::new();
        let end = connection.read_to_end(&mut rest);
        tell.send((tls12, end.map_err(|error| error.kind()), rest))
            .unwrap();
    });
    asked(&server, &[]);
    for _ in 0..8 {
        let (tls12, end, rest) = told.recv_timeout(Duration::from_secs(5)).unwrap();
        assert!(end.is_ok(), "{end:?}");
        let goodbye: &[u8] = if tls12 { &[21, 3, 3, 0, 2, 1, 0] } else { &[] };
        assert_eq!(rest, goodbye);
    }
}

#[test]
fn bad_usage_and_names_that_lead_nowhere_end_with_2() {
    for (args, words) in [
        (&["probe"][..], "HOST[:PORT]"),
        (&["probe", "https://shop.example/"], "is a URL"),
        (&["probe", "shop.example:0"], "1 to 65535"),
        (
            &["probe", "192.0.2.1", "--sni", "not a name"],
            "no host name",
        ),
        (&["probe", "192.0.2.1", "--timeout", "0"], "more than zero"),
        (&["probe", "--like", "00aa"], "--from"),
        (
            &["probe", "--like", "00aa", "--from", "/no/such/file"],
            "No such file",
        ),
        (
            &["probe", "nobody.invalid", "--timeout", "2"],
            "cannot resolve nobody.invalid",
        ),
    ] {
        let output = tlsmon(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(
            said.contains(words),
            "{args:?}: {words:?} is not in\n{said}"
        );
    }
}

/// What a replay of a capture reports.
fn replayed(capture: &Path) -> String {
    let capture = capture.display().to_string();
    let output = tlsmon(&["replay", "--output", "json", "--all", &capture]);
    String::from_utf8(output.stdout).unwrap()
}

fn capture(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    folder.join(name)
}

#[test]
fn a_reported_hello_is_repeated_and_the_change_that_helps_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let lines = replayed(&capture("nosni_envoy.pcap"));
    let reports = folder.path().join("reports.jsonl");
    std::fs::write(&reports, &lines).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let id = first["id"].as_str().unwrap();
    let server = named_only();
    let from = reports.display().to_string();
    let report = asked(&server, &["--like", id, "--from", &from]);
    assert_eq!(
        failures(&report),
        [("no-sni-rejected", "certain")],
        "{report:#}"
    );
    assert_eq!(report["like"]["same_ja4"], true);
    assert_eq!(report["like"]["cause"], "no-sni-rejected");
    assert_eq!(report["questions"].as_array().unwrap().len(), 2);
    assert_eq!(answer_to(&report, "same_hello")["answer"], "reset");
    assert_eq!(
        answer_to(&report, "same_with_name")["answer"],
        "server_hello"
    );
    let missing = tlsmon(&["probe", "--like", "ffff", "--from", &from]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn a_reported_hello_that_is_answered_now_leads_to_the_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let lines = replayed(&capture("badsni_envoy.pcap"));
    let reports = folder.path().join("reports.jsonl");
    std::fs::write(&reports, &lines).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let server = serve(|mut connection| answer(&mut connection));
    let from = reports.display().to_string();
    let id = first["id"].as_str().unwrap();
    let report = asked(&server, &["--like", id, "--from", &from]);
    assert_eq!(answer_to(&report, "same_hello")["answer"], "server_hello");
    assert_eq!(
        answer_to(&report, "tls_1_2")["client_hello"]["sni"],
        first["client_hello"]["sni"]
    );
    assert_eq!(
        failures(&report),
        [("certificate-hostname-mismatch", "certain")],
        "{report:#}"
    );
}

#[test]
fn every_hello_in_the_captures_is_repeated_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let mut repeated = 0;
    for path in files.filter(|path| path.extension().is_some_and(|end| end == "pcap")) {
        for line in replayed(&path).lines() {
            let report: Value = serde_json::from_str(line).unwrap();
            let tcp = report["transport"] == "tcp" && report["client_hello"].is_object();
            if tcp {
                repeats(line, &report, &path);
                repeated += 1;
            }
        }
    }
    assert!(repeated > 80, "{repeated}");
}

fn repeats(line: &str, report: &Value, path: &Path) {
    let mut reports = Reports::for_id(report["id"].as_str().unwrap());
    reports.line(line.as_bytes());
    let (recorded, _) = reports.finish().unwrap();
    let repeated = Like::of(&recorded).unwrap();
    let mut questions = Questions::of_report(repeated, None, Noise::new([7; 32]));
    let asked = questions.next(&[]).unwrap();
    let hello = asked.hello.unwrap();
    let was = &report["client_hello"];
    let list = |field: &str| -> Vec<u16> {
        let list = was[field].as_array().unwrap().iter();
        list.map(|value| u16::try_from(value.as_u64().unwrap()).unwrap())
            .collect()
    };
    let name = path.display();
    assert_eq!(hello.cipher_suites[..], list("cipher_suites"), "{name}");
    assert_eq!(hello.extensions[..], list("extensions"), "{name}");
    assert_eq!(hello.groups[..], list("groups"), "{name}");
    assert_eq!(hello.key_shares[..], list("key_shares"), "{name}");
    assert_eq!(
        hello.signature_schemes[..],
        list("signature_schemes"),
        "{name}"
    );
    assert_eq!(
        u64::from(hello.len),
        was["bytes"].as_u64().unwrap(),
        "{name}"
    );
    let ja4 = monitor::tls::fingerprint::ja4(&hello, 't');
    assert_eq!(ja4.as_str(), was["ja4"].as_str().unwrap(), "{name}");
    assert!(hello.unreadable.is_empty(), "{name}");
}
