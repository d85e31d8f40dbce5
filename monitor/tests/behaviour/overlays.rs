//! Networks in tunnels that use the same addresses, and tunnels that carry QUIC.

use crate::support::frames::{OwnedFrame, events, frames, handshakes, timeless};
use crate::support::tunnel::{Kind, tunnelled};
use monitor::frame::Timestamp;
use monitor::report::{Event, Handshake, Transport};

const KINDS: [Kind; 4] = [Kind::Vxlan, Kind::Geneve, Kind::Gre, Kind::Gtp];

/// The captures side by side, under the same addresses and ports, packet by packet.
fn side_by_side(all: &[Vec<OwnedFrame>]) -> Vec<OwnedFrame> {
    let longest = all.iter().map(Vec::len).max().unwrap();
    let mut now = 1_700_000_000_000_000_000;
    let mut mixed = Vec::new();
    for turn in 0..longest {
        for one in all.iter().filter_map(|frames| frames.get(turn)) {
            now += 100_000;
            mixed.push(OwnedFrame {
                time: Timestamp(now),
                ..one.clone()
            });
        }
    }
    mixed
}

/// A capture with another client port.
fn from_port(name: &str, port: u16) -> Vec<OwnedFrame> {
    let mut frames = frames(name);
    for frame in &mut frames {
        let at = if crate::support::tunnel::to_server(&frame.bytes) {
            20
        } else {
            22
        };
        frame.bytes[at..at + 2].copy_from_slice(&port.to_be_bytes());
    }
    frames
}

fn summary(report: &Handshake) -> (Option<String>, &'static str, &'static str, bool) {
    let sni = report.sni().map(ToString::to_string);
    let cause = report.cause.map_or("", |cause| cause.label());
    (sni, report.outcome.label(), cause, report.capture.complete)
}

/// What the captures give one by one.
fn apart(all: &[Vec<OwnedFrame>]) -> Vec<(Option<String>, &'static str, &'static str, bool)> {
    let mut each: Vec<_> = all
        .iter()
        .flat_map(handshakes)
        .map(|r| summary(&r))
        .collect();
    each.sort();
    each
}

const TENANTS: [&str; 3] = [
    "ok_tls12.pcap",
    "cert_unknownca_12_openssl.pcap",
    "ok_tls13.pcap",
];

#[test]
fn quic_in_a_tunnel_gives_the_report_that_it_gives_outside() {
    for kind in KINDS {
        for name in [
            "quic_ok.pcap",
            "quic_blackhole.pcap",
            "quic_port_closed.pcap",
        ] {
            let plain = frames(name);
            let inside = events(&tunnelled(&plain, kind, 42, 42));
            let mut inside = timeless(&inside);
            let tunnel = inside[0]["tunnel"].take();
            assert_eq!(tunnel["id"], 42, "{kind:?} {name}");
            assert_eq!(inside, timeless(&events(&plain)), "{kind:?} {name}");
            assert_eq!(inside[0]["transport"], Transport::Quic.label());
        }
    }
}

#[test]
fn tenants_with_the_same_addresses_and_ports_are_told_apart() {
    for kind in KINDS {
        let all = TENANTS.map(|name| from_port(name, 40_000)).to_vec();
        let inside: Vec<_> = (1..)
            .zip(&all)
            .map(|(id, one)| tunnelled(one, kind, id, id))
            .collect();
        let reports = handshakes(&side_by_side(&inside));
        let mut together: Vec<_> = reports.iter().map(summary).collect();
        together.sort();
        assert_eq!(together, apart(&all), "{kind:?}");
        let mut ids: Vec<_> = reports
            .iter()
            .map(|report| report.tunnel.unwrap().id)
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, [Some(1), Some(2), Some(3)]);
    }
}

#[test]
fn tenants_whose_directions_have_tunnels_of_their_own_are_told_apart() {
    for kind in KINDS {
        let all = TENANTS.map(|name| from_port(name, 40_000)).to_vec();
        let inside: Vec<_> = (1..)
            .zip(&all)
            .map(|(id, one)| tunnelled(one, kind, id, 100 + id))
            .collect();
        let mut together: Vec<_> = handshakes(&side_by_side(&inside))
            .iter()
            .map(summary)
            .collect();
        together.sort();
        assert_eq!(together, apart(&all), "{kind:?}");
    }
}

#[test]
fn two_tenants_over_quic_are_told_apart() {
    let all = vec![
        from_port("quic_ok.pcap", 40_000),
        from_port("quic_blackhole.pcap", 40_000),
    ];
    let inside: Vec<_> = (1..)
        .zip(&all)
        .map(|(id, one)| tunnelled(one, Kind::Vxlan, id, id))
        .collect();
    let mut together: Vec<_> = handshakes(&side_by_side(&inside))
        .iter()
        .map(summary)
        .collect();
    together.sort();
    assert_eq!(together, apart(&all));
}

#[test]
fn one_conversation_through_two_tunnels_is_one() {
    for name in ["ok_tls12.pcap", "nosni_envoy.pcap"] {
        let plain = frames(name);
        let (first, second) = (
            tunnelled(&plain, Kind::Vxlan, 10, 20),
            tunnelled(&plain, Kind::Vxlan, 20, 10),
        );
        let twice: Vec<_> = first
            .into_iter()
            .zip(second)
            .flat_map(|(a, b)| [a, b])
            .collect();
        let also_outside: Vec<_> = tunnelled(&plain, Kind::Vxlan, 10, 11)
            .into_iter()
            .zip(&plain)
            .flat_map(|(a, b)| [a, b.clone()])
            .collect();
        for frames in [twice, also_outside] {
            let reports: Vec<_> = handshakes(&frames).iter().map(summary).collect();
            assert_eq!(reports, apart(std::slice::from_ref(&plain)), "{name}");
        }
    }
}

#[test]
fn a_port_that_is_used_again_in_the_same_tunnel_is_another_connection() {
    let all = [
        from_port("ok_tls12.pcap", 40_000),
        from_port("nosni_envoy.pcap", 40_000),
    ];
    let mut now = 0;
    let mut inside = all
        .iter()
        .flat_map(|one| tunnelled(one, Kind::Geneve, 7, 8))
        .collect::<Vec<_>>();
    for frame in &mut inside {
        now += 100_000;
        frame.time = Timestamp(1_700_000_000_000_000_000 + now);
    }
    assert_eq!(handshakes(&inside).len(), 2);
}

#[test]
fn more_tenants_than_are_held_are_counted() {
    let one = from_port("nosni_envoy.pcap", 40_000);
    let inside: Vec<_> = (1..=12)
        .map(|id| tunnelled(&one[..4], Kind::Vxlan, id, id))
        .collect();
    let mut shifted = inside.clone();
    for (number, frames) in (1_u32..).zip(&mut shifted) {
        for frame in frames {
            // VXLAN's inner TCP header begins behind 50 bytes of tunnel and 20 of IP.
            for at in [74, 78] {
                let old = u32::from_be_bytes(frame.bytes[at..at + 4].try_into().unwrap());
                let new = old.wrapping_add(number << 24);
                frame.bytes[at..at + 4].copy_from_slice(&new.to_be_bytes());
            }
        }
    }
    let all = events(&side_by_side(&shifted));
    let counts = all.iter().filter_map(|event| match event {
        Event::Loss(loss) if loss.reason == "overlay_full" => Some(loss.count),
        _ => None,
    });
    // Four tenants of twelve find no lane, with four packets each.
    assert_eq!(counts.sum::<u64>(), 16);
}
