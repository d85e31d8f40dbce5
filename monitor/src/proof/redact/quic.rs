//! What of a QUIC datagram is kept: what anyone on the path can read.

use std::ops::Range;

use smallvec::SmallVec;

use crate::wire::quic::{Packet, Packets};

/// The first byte, a connection ID, and no more: who owns a short header knows how long its ID is.
const SHORT_HEADER: usize = 21;
/// First byte, version, two IDs at their longest, and the length: a long header has no more before its packet number.
const LONG_HEADER: usize = 1 + 4 + 21 + 21 + 8;

/// The parts of a datagram that are not kept: the protected bodies of all packets but Initial ones.
pub(super) fn hidden(datagram: &[u8], wire_len: u32) -> SmallVec<[Range<usize>; 4]> {
    let mut hidden = SmallVec::new();
    let mut at = 0;
    for (place, packet) in placed(datagram, wire_len) {
        let header = match packet {
            Packet::Initial(_) | Packet::Retry(_) | Packet::VersionNegotiation(..) => place.len(),
            Packet::ZeroRtt(head) | Packet::Handshake(head) => {
                let ids = head.destination.as_bytes().len() + head.source.as_bytes().len();
                (1 + 4 + 2 + ids + 8).min(LONG_HEADER)
            }
            Packet::OneRtt(_) => SHORT_HEADER,
        };
        hidden.push((at + header).min(place.end)..place.end);
        at = place.end;
    }
    // What is no packet of QUIC is not told to be harmless.
    hidden.push(at..datagram.len());
    hidden.retain(|range: &mut Range<usize>| range.start < range.end);
    hidden
}

/// The packets of a datagram, each with the place where it lies.
pub(in crate::proof) fn placed(
    datagram: &[u8],
    wire_len: u32,
) -> impl Iterator<Item = (Range<usize>, Packet<'_>)> {
    let mut packets = Packets::new(datagram, wire_len);
    let mut at = 0;
    std::iter::from_fn(move || {
        let packet = packets.next()?;
        let place = at..datagram.len() - packets.rest().len();
        at = place.end;
        Some((place, packet))
    })
}
