//! Which packets belong together.

use std::net::IpAddr;

use smallvec::SmallVec;

use crate::flow::{Endpoint, FlowKey, Protocol};
use crate::frame::Frame;
use crate::report::{Handshake, Transport as Carrier};
use crate::wire::{self, Packet, Transport};

/// An address and a port.
pub(super) type End = (IpAddr, u16);

/// The flow of a packet. None where its headers cannot be read.
pub(super) fn of_frame(frame: &Frame<'_>) -> Option<FlowKey> {
    Some(of_packet(&wire::decode(frame).ok()?))
}

/// The flow of a packet; ICMP belongs to the flow of the packet that it answers.
pub(super) fn of_packet(packet: &Packet<'_>) -> FlowKey {
    let key = |protocol, source: End, destination: End| {
        FlowKey::new(protocol, endpoint(source), endpoint(destination))
    };
    match &packet.transport {
        Transport::Tcp(segment) => key(
            Protocol::Tcp,
            (packet.source, segment.source_port),
            (packet.destination, segment.destination_port),
        ),
        Transport::Udp(datagram) => key(
            Protocol::Udp,
            (packet.source, datagram.source_port),
            (packet.destination, datagram.destination_port),
        ),
        Transport::Unreachable(about) => {
            let protocol = if about.seq.is_some() {
                Protocol::Tcp
            } else {
                Protocol::Udp
            };
            key(
                protocol,
                (about.source, about.source_port),
                (about.destination, about.destination_port),
            )
        }
    }
}

/// Client and server of each leg of a handshake; the leg that was reported first.
pub(super) fn ends(handshake: &Handshake) -> SmallVec<[(End, End); 4]> {
    let own = (
        (handshake.client.address, handshake.client.port),
        (handshake.server.address, handshake.server.port),
    );
    let mut ends: SmallVec<_> = std::iter::once(own).collect();
    for leg in &handshake.legs {
        let leg = (
            (leg.client.address, leg.client.port),
            (leg.server.address, leg.server.port),
        );
        if !ends.contains(&leg) {
            ends.push(leg);
        }
    }
    ends
}

/// The flows of a handshake, one for each leg.
pub(super) fn of_handshake(handshake: &Handshake) -> SmallVec<[FlowKey; 4]> {
    let protocol = match handshake.transport {
        Carrier::Tcp => Protocol::Tcp,
        Carrier::Quic => Protocol::Udp,
    };
    let key = |(client, server)| FlowKey::new(protocol, endpoint(client), endpoint(server));
    ends(handshake).into_iter().map(key).collect()
}

const fn endpoint((address, port): End) -> Endpoint {
    Endpoint { address, port }
}
