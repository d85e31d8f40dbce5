//! One packet. Bytes: the link type (one, an index), how much the capture cut off (one), the frame.
//!
//! Nothing that is read lies outside of the packet, and what can be read of a packet that was cut is what can be read of
//! the whole one, with less payload.

use monitor::frame::Frame;
use monitor::wire::link::{self, LinkType};
use monitor::wire::{Packet, Transport, Unreadable, decode};

use crate::choices::Choices;
use crate::packet;

/// Raw IP comes first: it is what a zero means.
pub const LINKS: [LinkType; 7] = [
    LinkType::Raw,
    LinkType::Ethernet,
    LinkType::Null,
    LinkType::Ppp,
    LinkType::Loop,
    LinkType::Cooked,
    LinkType::Cooked2,
];

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let link = LINKS[usize::from(choices.u8()) % LINKS.len()];
    let cut = usize::from(choices.u8());
    let Ok(found) = link::network(link, choices.0) else {
        return;
    };
    let network = &choices.0[found.offset..];
    let whole = packet::frame(0, network);
    let shorter = Frame {
        network: &network[..network.len().saturating_sub(cut)],
        ..whole
    };
    let read = decode(&whole);
    if let Ok(packet) = &read {
        lies_within(packet, network.len());
    }
    agree(decode(&shorter), read);
}

fn lies_within(packet: &Packet<'_>, len: usize) {
    let (payload, on_wire) = payload(packet);
    assert!(payload.len() <= len, "more payload than packet");
    assert!(
        payload.len() <= on_wire as usize,
        "more payload than there was on the wire"
    );
}

fn agree(cut: Result<Packet<'_>, Unreadable>, whole: Result<Packet<'_>, Unreadable>) {
    match (cut, whole) {
        (Err(Unreadable::Truncated), _) => {}
        (Ok(cut), Ok(whole)) => {
            let ((some, some_len), (all, all_len)) = (payload(&cut), payload(&whole));
            assert!(all.starts_with(some), "the payload changed");
            assert_eq!(some_len, all_len, "the length on the wire changed");
            assert_eq!(cut.source, whole.source);
            assert_eq!(cut.destination, whole.destination);
            assert_eq!(cut.tunnel, whole.tunnel);
        }
        (Err(cut), Err(whole)) => assert_eq!(cut, whole),
        (cut, whole) => panic!("{cut:?} where the whole packet gives {whole:?}"),
    }
}

fn payload<'a>(packet: &Packet<'a>) -> (&'a [u8], u32) {
    match packet.transport {
        Transport::Tcp(segment) => (segment.payload, segment.payload_len),
        Transport::Udp(datagram) => (datagram.payload, datagram.payload_len),
        Transport::Unreachable(_) => (&[], 0),
    }
}
