//! However a stream is cut, reordered, repeated or overlapped on its way, the report is the same.

use std::ops::Range;

use crate::support::frames::{OwnedFrame, events, frames, recut, timeless};
use proptest::prelude::*;

/// Captures that between them show every kind of end and every shape of hello.
const CAPTURES: &[&str] = &[
    "nosni_envoy.pcap",
    "nosni_envoy_pq.pcap",
    "badsni_openssl.pcap",
    "ok_tls12.pcap",
    "ok_hrr.pcap",
    "ok_ipv6.pcap",
    "split_pq_openssl.pcap",
    "gso_pq.pcap",
    "reorder_pq.pcap",
    "frag_records_64.pcap",
    "cert_expired_12_openssl.pcap",
    "mtls_missing_13_envoy.pcap",
    "http_on_tls_nginx.pcap",
    "tls_on_http.pcap",
];

fn assert_same(name: &str, how: &str, original: &[OwnedFrame], changed: &[OwnedFrame]) {
    let expected = timeless(&events(original));
    assert!(!expected.is_empty(), "{name} has something to report");
    let got = timeless(&events(changed));
    assert_eq!(got.len(), expected.len(), "{name} {how}: as many reports");
    for (got, expected) in got.iter().zip(&expected) {
        for (key, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(&got[key], value, "{name} {how}: {key}");
        }
    }
}

fn halves(at: usize, length: usize) -> Vec<Range<usize>> {
    let at = at.min(length);
    [0..at, at..length]
        .into_iter()
        .filter(|range| !range.is_empty())
        .collect()
}

#[test]
fn a_hello_cut_at_every_byte_gives_the_same_report() {
    for name in [
        "nosni_envoy.pcap",
        "nosni_envoy_pq.pcap",
        "split_pq_openssl.pcap",
    ] {
        let original = frames(name);
        for at in 1..1500 {
            let changed = recut(&original, |length| halves(at, length));
            assert_same(name, &format!("cut at {at}"), &original, &changed);
        }
    }
}

#[test]
fn a_hello_cut_at_every_byte_and_turned_round_gives_the_same_report() {
    for name in [
        "nosni_envoy.pcap",
        "nosni_envoy_pq.pcap",
        "split_pq_openssl.pcap",
    ] {
        let original = frames(name);
        for at in 1..1500 {
            let changed = recut(&original, |length| {
                halves(at, length).into_iter().rev().collect()
            });
            assert_same(
                name,
                &format!("cut at {at}, tail first"),
                &original,
                &changed,
            );
        }
    }
}

#[test]
fn single_bytes_give_the_same_report() {
    for name in CAPTURES {
        let original = frames(name);
        let changed = recut(&original, |length| {
            (0..length).map(|at| at..at + 1).collect()
        });
        assert_same(name, "in single bytes", &original, &changed);
    }
}

#[test]
fn single_bytes_last_first_give_the_same_report() {
    for name in CAPTURES {
        let original = frames(name);
        let changed = recut(&original, |length| {
            (0..length).rev().map(|at| at..at + 1).collect()
        });
        assert_same(name, "in single bytes, last first", &original, &changed);
    }
}

#[test]
fn every_packet_twice_gives_the_same_report() {
    for name in CAPTURES {
        let original = frames(name);
        let changed: Vec<_> = original
            .iter()
            .flat_map(|frame| [frame.clone(), frame.clone()])
            .collect();
        assert_same(name, "twice", &original, &changed);
    }
}

#[test]
fn the_two_segments_of_a_post_quantum_hello_in_reverse_order_give_the_same_report() {
    for name in ["nosni_envoy_pq.pcap", "split_pq_openssl.pcap"] {
        let original = frames(name);
        let mut changed = original.clone();
        changed.swap(3, 4);
        assert_same(name, "with its segments swapped", &original, &changed);
    }
}

#[test]
fn a_lost_packet_gives_no_wrong_cause() {
    for name in CAPTURES {
        let original = frames(name);
        let whole = timeless(&events(&original));
        for lost in 0..original.len() {
            let changed: Vec<_> = original
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != lost)
                .map(|(_, f)| f.clone())
                .collect();
            for event in timeless(&events(&changed))
                .iter()
                .filter(|event| event["type"] == "handshake")
            {
                let cause = &event["cause"];
                let honest = cause.is_null()
                    || cause == "unexplained"
                    || whole.iter().any(|event| event["cause"] == *cause);
                assert!(honest, "{name} without packet {lost} claims {cause}");
            }
        }
    }
}

#[test]
fn every_datagram_of_quic_twice_gives_the_same_report() {
    for name in [
        "quic_ok.pcap",
        "quic_blackhole.pcap",
        "quic_port_closed.pcap",
    ] {
        let original = frames(name);
        let changed: Vec<_> = original
            .iter()
            .flat_map(|frame| [frame.clone(), frame.clone()])
            .collect();
        assert_same(name, "twice", &original, &changed);
    }
}

#[test]
fn a_lost_datagram_of_quic_gives_no_wrong_cause() {
    let original = frames("quic_ok.pcap");
    for lost in 0..original.len() {
        let mut changed = original.clone();
        changed.remove(lost);
        for event in timeless(&events(&changed)) {
            let honest = event["cause"].is_null();
            assert!(honest, "without datagram {lost} it claims {event}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces of any size that may overlap, in any order.
    #[test]
    fn any_overlapping_pieces_in_any_order_give_the_same_report(
        name in prop::sample::select(CAPTURES),
        size in 1_usize..400,
        overlap in 0_usize..200,
        turn in any::<usize>(),
    ) {
        let original = frames(name);
        let changed = recut(&original, |length| {
            let mut pieces: Vec<Range<usize>> =
                (0..length).step_by(size).map(|at| at.saturating_sub(overlap)..(at + size).min(length)).collect();
            let count = pieces.len();
            pieces.rotate_left(turn % count);
            pieces
        });
        assert_same(name, &format!("in pieces of {size} that overlap by {overlap}"), &original, &changed);
    }

    /// Datagrams in any order, if one that holds an Initial packet comes first.
    #[test]
    fn quic_in_any_order_gives_the_same_report(
        first in 0_usize..2,
        order in Just((0_usize..8).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let original = frames("quic_ok.pcap");
        let rest = order.iter().filter(|at| **at != first);
        let changed: Vec<_> = [&first].into_iter().chain(rest).map(|at| original[*at].clone()).collect();
        assert_same("quic_ok.pcap", &format!("with {first} first, then {order:?}"), &original, &changed);
    }
}
