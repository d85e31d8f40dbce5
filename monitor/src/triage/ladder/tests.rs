//! Ladders of real captures.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::triage::source::ladder_of_file;
use crate::triage::text::{Row, columns};

fn drawn(name: &str, width: usize, ascii: bool) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/captures")
        .join(name);
    let mut out = String::new();
    for (record, packets) in ladder_of_file(&path) {
        let ladder = of_packets(&record, &packets);
        for row in rows(&ladder, width, ascii) {
            assert!(
                columns(&row.plain()) <= width || width < 40,
                "{}",
                row.plain()
            );
            out.push_str(row.plain().trim_end());
            out.push('\n');
        }
    }
    out
}

#[test]
fn a_reset_after_the_hello_is_drawn_to_scale_with_times_and_sizes() {
    insta::assert_snapshot!("no_sni", drawn("nosni_envoy.pcap", 80, false));
}

#[test]
fn the_certificate_and_the_alert_are_steps_of_their_own() {
    insta::assert_snapshot!("expired", drawn("cert_expired_12_curl.pcap", 100, true));
}

#[test]
fn what_is_encrypted_cleartext_or_quic_is_said_to_be_so() {
    insta::assert_snapshot!("tls13", drawn("ok_tls13.pcap", 80, true));
    insta::assert_snapshot!("cleartext", drawn("http_on_tls_nginx.pcap", 80, true));
    insta::assert_snapshot!("quic", drawn("quic_ok.pcap", 80, true));
}

#[test]
fn on_a_narrow_screen_it_is_said_in_words() {
    insta::assert_snapshot!("narrow", drawn("nosni_envoy.pcap", 30, true));
}

#[test]
fn without_packets_the_report_is_drawn_and_says_so() {
    let record = crate::triage::tests::failure(0, 1, None, "no-sni-rejected");
    let ladder = of_report(&record, "the agent holds no packets of it");
    let text: Vec<_> = rows(&ladder, 80, true).iter().map(Row::plain).collect();
    insta::assert_snapshot!("from_report", text.join("\n"));
}

#[test]
fn packets_on_two_interfaces_stand_on_two_legs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/nosni_envoy.pcap");
    let (record, packets) = ladder_of_file(&path).remove(0);
    let both = packets.iter().flat_map(|packet| {
        let other = Packet {
            interface: Arc::from("veth7"),
            ..packet.clone()
        };
        [packet.clone(), other]
    });
    let ladder = of_packets(&record, &both.collect::<Vec<_>>());
    assert_eq!(ladder.uprights.len(), 3);
    assert!(
        ladder.uprights[1].ends_with("| veth7"),
        "{:?}",
        ladder.uprights
    );
    let legs: Vec<_> = ladder.steps.iter().take(4).map(|step| step.leg).collect();
    assert_eq!(legs, [0, 1, 0, 1]);
    for width in 0..200 {
        rows(&ladder, width, width % 2 == 0);
    }
}
