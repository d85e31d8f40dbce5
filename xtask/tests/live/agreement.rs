//! The same packets give the same report: however a hello was cut, and whether seen live or replayed from a file.

use std::collections::BTreeMap;

use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::lab::{
    Curl, Hello, RawTcp, Server, Stream, StreamEnd, Unread, Witness, client_port, handshakes,
    replay,
};
use xtask::paths;

use crate::scene::{NAME, SOON, Scene, assert_no_loss, assert_says};

#[test]
fn a_post_quantum_hello_gives_the_same_report_wherever_it_is_cut() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let hello = Hello::nameless().post_quantum().record();
    let mut cuts: Vec<Vec<usize>> = vec![
        vec![],
        vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        vec![43, 44, 1400],
    ];
    cuts.extend([1, 2, 3, 4, 5, 6, 9, 10, 11, 43, 44, 76].map(|cut| vec![cut]));
    cuts.extend((100..hello.len()).step_by(97).map(|cut| vec![cut]));
    let ports: Vec<_> = cuts
        .iter()
        .map(|cuts| send_cut(&scene, &hello, cuts))
        .collect();
    let reports: Vec<_> = ports
        .iter()
        .map(|port| agent.handshake(*port, SOON).unwrap())
        .collect();
    assert_says(
        &reports[0],
        &[("/cause", "no-sni-rejected"), ("/ended/how", "reset")],
    );
    let first = timeless(&reports[0]);
    for (cuts, report) in cuts.iter().zip(&reports) {
        assert_eq!(timeless(report), first, "cut at {cuts:?}");
    }
    assert_no_loss(&agent.end(Signal::SIGINT).unwrap());
}

fn send_cut(scene: &Scene, hello: &[u8], cuts: &[usize]) -> u16 {
    let mut stream = Stream::connect(&scene.network).unwrap();
    stream.send_cut(hello, cuts).unwrap();
    assert_eq!(
        stream.read_to_end(SOON).unwrap(),
        StreamEnd::Reset,
        "cut at {cuts:?}"
    );
    stream.port
}

#[test]
fn segments_out_of_order_and_sent_twice_give_the_report_of_those_in_order() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let hello = Hello::nameless().post_quantum().record();
    let end = hello.len();
    let orders: [&[(usize, usize)]; 5] = [
        &[(0, 700), (700, end)],
        &[(700, end), (0, 700)],
        &[(900, end), (300, 900), (0, 300)],
        &[(0, 700), (0, 700), (700, end)],
        &[(500, end), (0, 800)],
    ];
    let reports = orders.map(|order| {
        let raw = RawTcp::connect(&scene.network).unwrap();
        for (from, to) in order {
            raw.send_piece(&hello, *from, *to).unwrap();
        }
        raw.wait_for_reset().unwrap();
        agent.handshake(raw.port, SOON).unwrap()
    });
    assert_says(&reports[0], &[("/cause", "no-sni-rejected")]);
    for (order, report) in orders.iter().zip(&reports) {
        assert_eq!(timeless(report), timeless(&reports[0]), "{order:?}");
    }
}

#[test]
fn a_segment_of_64_kb_that_no_wire_carries_is_read_as_well() {
    let scene = Scene::with_offloads();
    let _server = Unread::Close.serve(&scene.network).unwrap();
    let agent = scene.agent();
    let mut stream = Stream::connect(&scene.network).unwrap();
    stream
        .send(&Hello::nameless().post_quantum().record())
        .unwrap();
    stream.read_to_end(SOON).unwrap();
    let report = agent.handshake(stream.port, SOON).unwrap();
    assert_says(&report, &[("/cause", "no-sni-rejected")]);
    assert_eq!(
        report.pointer("/client_hello/segments"),
        Some(&Value::from(1))
    );
}

#[test]
fn live_and_replay_of_the_capture_taken_beside_agree() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let witness = Witness::start(&scene.network.node, "eth0", scene.pki.folder()).unwrap();
    for _round in 0..3 {
        let ports = [
            scene.curl(&Curl::to(NAME)).port,
            scene.s_client(&["-servername", NAME, "-tls1_2"]).port,
            scene.s_client(&["-noservername"]).port,
            scene.curl(&Curl::to("old.shop.example")).port,
            send_cut(&scene, &Hello::nameless().post_quantum().record(), &[1000]),
        ];
        for port in ports {
            agent.handshake(port, SOON).unwrap();
        }
    }
    let file = witness.stop().unwrap();
    let live = agent.end(Signal::SIGINT).unwrap();
    let replayed = replay(&paths::tlsmon("debug"), &file).unwrap();
    let (live, replayed) = (by_port(handshakes(&live.stdout)), by_port(replayed));
    assert_eq!(live.len(), 15);
    assert_eq!(live, replayed);
}

pub(crate) fn by_port(reports: impl IntoIterator<Item = Value>) -> BTreeMap<u16, Value> {
    reports
        .into_iter()
        .map(|report| (client_port(&report).unwrap(), timeless(&report)))
        .collect()
}

/// A report without what differs from run to run: when, how fast, through which window, in how many pieces, and what became of
/// those before it.
fn timeless(report: &Value) -> Value {
    let mut report = report.clone();
    let fields = report.as_object_mut().unwrap();
    for field in [
        "id",
        "time",
        "node",
        "interface",
        "direction",
        "timing_ms",
        "capture",
    ] {
        fields.remove(field);
    }
    for (object, field) in [
        ("client", "port"),
        ("ended", "after_ms"),
        ("client_hello", "segments"),
    ] {
        if let Some(object) = fields.get_mut(object).and_then(Value::as_object_mut) {
            object.remove(field);
        }
    }
    let evidence = fields.remove("evidence").unwrap_or_default();
    let evidence = evidence.get(0).map(Value::to_string).unwrap_or_default();
    fields.insert(
        "evidence".into(),
        evidence
            .replace(|c: char| c.is_ascii_digit() || c == '.', "")
            .into(),
    );
    report
}
