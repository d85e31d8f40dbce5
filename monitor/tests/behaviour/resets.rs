//! Who made a reset: whom it claims to come from, or something on the way.

use crate::support::frames::{OwnedFrame, frames, handshakes, is_from_server, is_reset};
use monitor::report::{Cause, Confidence, EndedBy, Handshake};
use rstest::rstest;

/// The report of a capture whose resets arrive with this hop limit and identification, and all other packets of that side
/// with a hop limit of 52.
fn reset_with(name: &str, hop_limit: u8, id: Option<u16>) -> Handshake {
    let mut all = frames(name);
    let server_resets = all.iter().find(|frame| is_reset(&frame.bytes)).unwrap();
    let by_server = is_from_server(&server_resets.bytes);
    for frame in all
        .iter_mut()
        .filter(|frame| is_from_server(&frame.bytes) == by_server)
    {
        alter(frame, hop_limit, id);
    }
    let mut reports = handshakes(&all);
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

fn alter(frame: &mut OwnedFrame, hop_limit: u8, id: Option<u16>) {
    let is_reset = is_reset(&frame.bytes);
    frame.bytes[8] = if is_reset { hop_limit } else { 52 };
    if let (true, Some(id)) = (is_reset, id) {
        frame.bytes[4..6].copy_from_slice(&id.to_be_bytes());
    }
}

/// An identification that is far from that of the other packets.
fn far(name: &str) -> u16 {
    let all = frames(name);
    let reset = all.iter().find(|frame| is_reset(&frame.bytes)).unwrap();
    let before = all.iter().take_while(|frame| !is_reset(&frame.bytes));
    let same = before.filter(|frame| is_from_server(&frame.bytes) == is_from_server(&reset.bytes));
    let last = same.last().unwrap();
    u16::from_be_bytes([last.bytes[4], last.bytes[5]]).wrapping_add(20_000) | 1
}

#[rstest]
#[case::of_a_server("nosni_envoy.pcap")]
#[case::of_a_client("client_rst_after_sh.pcap")]
fn a_reset_that_came_another_way_and_counts_otherwise_is_nobodys(#[case] name: &str) {
    let report = reset_with(name, 57, Some(far(name)));
    let verdict = (report.cause, report.confidence, report.ended.by);
    let expected = (
        Some(Cause::ResetInTransit),
        Some(Confidence::Likely),
        EndedBy::Network,
    );
    assert_eq!(verdict, expected);
}

#[rstest]
#[case::the_same_way(52, None)]
#[case::the_same_way_and_another_id(52, Some(1))]
#[case::another_start(116, None)]
#[case::another_start_and_another_id(243, Some(1))]
#[case::a_socket_that_is_gone(52, Some(0))]
#[case::another_way_alone(57, Some(0))]
fn what_else_explains_a_reset_explains_it_better(#[case] hop_limit: u8, #[case] id: Option<u16>) {
    let report = reset_with("nosni_envoy.pcap", hop_limit, id);
    let verdict = (report.cause, report.ended.by);
    assert_eq!(verdict, (Some(Cause::NoSniRejected), EndedBy::Server));
}

#[test]
fn a_reset_that_came_another_way_is_perhaps_nobodys_where_nothing_else_explains_it() {
    let report = reset_with("client_rst_after_sh.pcap", 57, Some(0));
    let verdict = (report.cause, report.confidence, report.ended.by);
    let expected = (
        Some(Cause::ResetInTransit),
        Some(Confidence::Possible),
        EndedBy::Client,
    );
    assert_eq!(verdict, expected);
}
