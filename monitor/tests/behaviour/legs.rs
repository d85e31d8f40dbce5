//! One handshake on two interfaces, before and behind a DNAT: one report, which tells where a reset was born.

use std::net::IpAddr;
use std::time::Duration;

use crate::support::frames::{OwnedFrame, frames, is_from_server, is_reset};
use monitor::frame::{Frame, FrameSink as _, InterfaceId};
use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Cause, Confidence, EndedBy, EndedHow, Event, Handshake, Outcome};

const NODE: InterfaceId = InterfaceId(2);
const POD: InterfaceId = InterfaceId(7);
const POD_ADDRESS: [u8; 4] = [10, 4, 2, 7];
const POD_PORT: u16 = 8443;
/// From one interface to the other.
const HOP: Duration = Duration::from_micros(20);

/// A packet and where it passed.
type Seen = (InterfaceId, OwnedFrame);

/// What the node's card and the pod's interface see of a capture, in the order of time. What the client sends passes the
/// card first, what the server sends the pod's interface.
fn on_both(all: &[OwnedFrame]) -> Vec<Seen> {
    let start = all[0].time;
    let mut seen = Vec::new();
    for frame in all {
        let at = frame.time.plus(Duration::from_millis(1));
        let (card, pod) = if is_from_server(&frame.bytes) {
            (at.plus(HOP), at)
        } else {
            (at, at.plus(HOP))
        };
        let on_card = OwnedFrame {
            time: card,
            ..frame.clone()
        };
        let on_pod = OwnedFrame {
            time: pod,
            ..behind_dnat(frame)
        };
        seen.extend([(NODE, on_card), (POD, on_pod)]);
    }
    seen.sort_by_key(|(_, frame)| frame.time.since(start));
    seen
}

/// The same packet between the client and the pod.
fn behind_dnat(frame: &OwnedFrame) -> OwnedFrame {
    let mut frame = frame.clone();
    let (address, port) = if is_from_server(&frame.bytes) {
        (12, 20)
    } else {
        (16, 22)
    };
    frame.bytes[address..address + 4].copy_from_slice(&POD_ADDRESS);
    frame.bytes[port..port + 2].copy_from_slice(&POD_PORT.to_be_bytes());
    frame
}

fn pipeline(seen: &[Seen]) -> Pipeline {
    let mut pipeline = Pipeline::new(Settings::default());
    pipeline.interface(NODE, "eth0");
    pipeline.interface(POD, "veth7");
    for (interface, frame) in seen {
        pipeline.push(Frame {
            interface: *interface,
            ..frame.as_frame()
        });
    }
    pipeline
}

fn reports(pipeline: &mut Pipeline) -> Vec<Handshake> {
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    pipeline.events().filter_map(handshake).collect()
}

fn only(pipeline: &mut Pipeline) -> Handshake {
    let mut all = reports(pipeline);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

#[test]
fn a_handshake_on_two_interfaces_is_one_as_soon_as_both_are_decided() {
    let report = only(&mut pipeline(&on_both(&frames("nosni_envoy.pcap"))));
    let verdict = (report.cause, report.ended.by, report.ended.how);
    let expected = (Some(Cause::NoSniRejected), EndedBy::Server, EndedHow::Reset);
    assert_eq!(verdict, expected);
    assert_eq!(&*report.interface, "eth0");
    assert_eq!(report.server.port, 443);
    let legs: Vec<_> = report
        .legs
        .iter()
        .map(|leg| (&*leg.interface, leg.server.port))
        .collect();
    assert_eq!(legs, [("eth0", 443), ("veth7", POD_PORT)]);
    assert_eq!(report.legs[1].server.address, IpAddr::from(POD_ADDRESS));
    // The reset left the pod before it passed the card.
    let after = |leg: usize| report.legs[leg].ended.unwrap().after_ms.unwrap();
    assert!(after(1) < after(0));
}

#[test]
fn a_completed_handshake_on_two_interfaces_is_one() {
    for name in ["ok_tls13.pcap", "ok_tls12.pcap", "mtls_ok_13.pcap"] {
        let report = only(&mut pipeline(&on_both(&frames(name))));
        assert_eq!(report.outcome, Outcome::Established, "{name}");
        assert_eq!(report.legs.len(), 2, "{name}");
    }
}

#[test]
fn a_reset_that_the_pod_never_sent_was_made_between_the_two() {
    let mut seen = on_both(&frames("nosni_envoy.pcap"));
    let reset = seen
        .iter()
        .find(|(_, frame)| is_reset(&frame.bytes))
        .unwrap()
        .1
        .time;
    seen.retain(|(interface, frame)| *interface == NODE || !is_reset(&frame.bytes));
    let mut pipeline = pipeline(&seen);
    pipeline.advance(reset.plus(Duration::from_millis(40)));
    assert_eq!(reports(&mut pipeline).len(), 0, "the pod may yet send it");
    let due = pipeline.next_deadline().unwrap();
    assert!(due.since(reset) < Duration::from_millis(60));
    pipeline.advance(due);
    let report = only(&mut pipeline);
    let verdict = (report.cause, report.confidence, report.ended.by);
    let expected = (
        Some(Cause::ResetInTransit),
        Some(Confidence::Likely),
        EndedBy::Network,
    );
    assert_eq!(verdict, expected);
    assert_eq!(report.legs[1].ended, None);
    // The pod's connection ends some day; it was told.
    pipeline.finish();
    assert_eq!(reports(&mut pipeline).len(), 0);
}

#[test]
fn a_reset_that_the_client_never_sent_was_made_between_the_two() {
    let mut seen = on_both(&frames("client_rst_after_sh.pcap"));
    seen.retain(|(interface, frame)| *interface == POD || !is_reset(&frame.bytes));
    let mut pipeline = pipeline(&seen);
    pipeline.advance(seen.last().unwrap().1.time.plus(Duration::from_millis(60)));
    let report = only(&mut pipeline);
    assert_eq!(
        (report.cause, report.ended.by),
        (Some(Cause::ResetInTransit), EndedBy::Network)
    );
}

#[test]
fn the_same_random_on_one_interface_is_two_handshakes() {
    let seen = on_both(&frames("nosni_envoy.pcap"));
    let on_one: Vec<_> = seen.into_iter().map(|(_, frame)| (NODE, frame)).collect();
    let all = reports(&mut pipeline(&on_one));
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|report| report.legs.is_empty()));
}

#[test]
fn the_same_random_much_later_is_another_handshake() {
    let mut seen = on_both(&frames("nosni_envoy.pcap"));
    for (interface, frame) in &mut seen {
        if *interface == POD {
            frame.time = frame.time.plus(Duration::from_secs(10));
        }
    }
    seen.sort_by_key(|(_, frame)| frame.time.0);
    let mut pipeline = pipeline(&seen);
    pipeline.finish();
    let all = reports(&mut pipeline);
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|report| report.legs.is_empty()));
}
