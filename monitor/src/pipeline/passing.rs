//! A packet on its way through the pipeline.

use crate::flow::Endpoint;
use crate::frame::Frame;
use crate::wire::{Look, Outer, Packet, Transport};

/// A packet, when and between whom it passed.
pub(super) struct Passing<'a> {
    pub(super) frame: &'a Frame<'a>,
    pub(super) source: Endpoint,
    pub(super) destination: Endpoint,
    pub(super) packet: &'a Transport<'a>,
    pub(super) tunnel: Option<&'a Outer>,
    pub(super) look: Look,
}

impl<'a> Passing<'a> {
    /// This packet, which came in that frame.
    pub(super) fn of(frame: &'a Frame<'a>, packet: &'a Packet<'a>) -> Self {
        let [source, destination] = between(packet);
        Self {
            frame,
            source,
            destination,
            packet: &packet.transport,
            tunnel: packet.tunnel.as_ref(),
            look: Look::of(packet, frame.direction),
        }
    }
}

/// From whom to whom a packet is. An answer that something is unreachable counts as from there.
fn between(packet: &Packet<'_>) -> [Endpoint; 2] {
    let end = |address, port| Endpoint { address, port };
    let ends = |source, destination| {
        [
            end(packet.source, source),
            end(packet.destination, destination),
        ]
    };
    match packet.transport {
        Transport::Tcp(segment) => ends(segment.source_port, segment.destination_port),
        Transport::Udp(datagram) => ends(datagram.source_port, datagram.destination_port),
        Transport::Unreachable(about) => [
            end(about.destination, about.destination_port),
            end(about.source, about.source_port),
        ],
    }
}
