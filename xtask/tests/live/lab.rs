//! The lab itself: servers and clients do what the other tests take for granted. A failure here is not tlsmon's.

use std::time::Duration;

use xtask::lab::{Curl, Hello, RawTcp, Server, Stream, StreamEnd, Unread};

use crate::scene::{NAME, SOON, Scene};

#[test]
fn envoy_serves_the_name_it_knows_and_resets_everybody_else() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    assert_eq!(scene.curl(&Curl::to(NAME)).said, "ok");
    let nameless = scene.s_client(&["-noservername"]);
    assert!(nameless.said.contains("reset by peer"), "{nameless:?}");
    let wrong = scene.curl(&Curl::to("old.shop.example"));
    assert!(
        !wrong.ok && wrong.said.contains("reset by peer"),
        "{wrong:?}"
    );
}

#[test]
fn nginx_refuses_unknown_names_with_an_alert() {
    let scene = Scene::new();
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    assert_eq!(scene.curl(&Curl::to(NAME)).said, "ok");
    let nameless = scene.s_client(&["-noservername"]);
    assert!(nameless.said.contains("unrecognized name"), "{nameless:?}");
}

#[test]
fn a_hello_by_hand_is_reset_by_envoy_however_it_is_cut_and_ordered() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let hello = Hello::nameless().post_quantum().record();
    let mut stream = Stream::connect(&scene.network).unwrap();
    stream.send_cut(&hello, &[1, 500]).unwrap();
    assert_eq!(stream.read_to_end(SOON).unwrap(), StreamEnd::Reset);
    let raw = RawTcp::connect(&scene.network).unwrap();
    raw.send_piece(&hello, 900, hello.len()).unwrap();
    raw.send_piece(&hello, 0, 900).unwrap();
    raw.wait_for_reset().unwrap();
}

#[test]
fn a_server_that_closes_without_reading_resets_and_a_silent_one_stays_silent() {
    let scene = Scene::new();
    let hello = Hello::nameless().record();
    for (server, end) in [
        (Unread::Close, StreamEnd::Reset),
        (Unread::Silent, StreamEnd::Open(Vec::new())),
        (Unread::Answer(b"no\n"), StreamEnd::Closed(b"no\n".to_vec())),
    ] {
        let _server = server.serve(&scene.network).unwrap();
        let mut stream = Stream::connect(&scene.network).unwrap();
        stream.send(&hello).unwrap();
        assert_eq!(stream.read_to_end(Duration::from_millis(500)).unwrap(), end);
    }
}
