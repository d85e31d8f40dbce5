//! What is kept of a handshake.

use std::net::IpAddr;
use std::sync::Arc;

use crate::flow::Side;
use crate::frame::{Direction, Frame, InterfaceId, Timestamp};
use crate::report::{EndedBy, EndedHow, Handshake, Revision};
use crate::wire::{self, Segment, Transport};

/// What a report takes with its lists and names, in bytes, about.
const REPORT: usize = 4096;

/// A packet that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it passed.
    pub time: Timestamp,
    /// The name of the interface that it passed.
    pub interface: Arc<str>,
    /// Which way.
    pub direction: Direction,
    /// How many bytes it had on the wire, from the network header on.
    pub wire_len: u32,
    /// The captured bytes from the IP header on.
    pub network: Vec<u8>,
}

/// A handshake and its packets, in the order in which they passed.
#[derive(Clone, Debug)]
pub struct Proof {
    /// What was said of it.
    pub handshake: Handshake,
    /// What was said of it later.
    pub revision: Option<Box<Revision>>,
    /// Its packets, those of all its legs.
    pub packets: Vec<Packet>,
    /// When it was decided: until then nothing else passed of it.
    pub until: Timestamp,
    /// Its first packets had been overwritten when it failed.
    pub is_cut: bool,
}

impl Packet {
    /// A copy of a frame.
    pub fn of(frame: &Frame<'_>, interface: Arc<str>) -> Self {
        Self {
            time: frame.time,
            interface,
            direction: frame.direction,
            wire_len: frame.wire_len,
            network: frame.network.to_vec(),
        }
    }

    /// The packet as it was captured. The number of its interface is the caller's to give.
    pub fn as_frame(&self, interface: InterfaceId) -> Frame<'_> {
        Frame {
            time: self.time,
            interface,
            direction: self.direction,
            wire_len: self.wire_len,
            network: &self.network,
        }
    }

    /// What its headers say, where they can be read.
    pub fn decode(&self) -> Option<wire::Packet<'_>> {
        wire::decode(&self.as_frame(InterfaceId::default())).ok()
    }
}

impl Proof {
    /// The memory that it holds, about.
    pub fn weight(&self) -> usize {
        let each = |packet: &Packet| size_of::<Packet>() + packet.network.capacity();
        REPORT + self.packets.iter().map(each).sum::<usize>()
    }

    /// The addresses and ports of its server, one for each leg.
    pub fn servers(&self) -> impl Iterator<Item = (IpAddr, u16)> {
        let ends = super::keys::ends(&self.handshake);
        ends.into_iter().map(|(_, server)| server)
    }

    /// Which end of the handshake, or of one of its legs, sends from here.
    pub fn side_of(&self, source: (IpAddr, u16), destination: (IpAddr, u16)) -> Option<Side> {
        let ends = super::keys::ends(&self.handshake);
        ends.into_iter().find_map(|(client, server)| {
            if (client, server) == (source, destination) {
                Some(Side::Client)
            } else {
                ((server, client) == (source, destination)).then_some(Side::Server)
            }
        })
    }

    /// The packet that decided it: the last that does what the report says ended it, else the last of all.
    pub fn deciding(&self) -> Option<usize> {
        let last = self.packets.len().checked_sub(1)?;
        Some(
            self.packets
                .iter()
                .rposition(|packet| self.decides(packet))
                .unwrap_or(last),
        )
    }

    fn decides(&self, packet: &Packet) -> bool {
        let Some(decoded) = packet.decode() else {
            return false;
        };
        let ended = self.handshake.ended;
        match &decoded.transport {
            Transport::Unreachable(_) => ended.how == EndedHow::Reset,
            Transport::Udp(_) => false,
            Transport::Tcp(segment) => {
                let from = (decoded.source, segment.source_port);
                let side = self.side_of(from, (decoded.destination, segment.destination_port));
                let fits = match ended.by {
                    EndedBy::Client => side == Some(Side::Client),
                    EndedBy::Server => side == Some(Side::Server),
                    EndedBy::Network | EndedBy::Unknown => true,
                };
                fits && ends(segment, ended.how)
            }
        }
    }
}

fn ends(segment: &Segment<'_>, how: EndedHow) -> bool {
    match how {
        EndedHow::Reset => segment.flags.rst(),
        EndedHow::Close => segment.flags.fin(),
        EndedHow::Alert => holds_alert(segment.payload),
        EndedHow::Timeout | EndedHow::None => false,
    }
}

/// Whether a record of an alert begins in these bytes, or what may be one under TLS 1.3.
fn holds_alert(mut payload: &[u8]) -> bool {
    while let [kind, 3, 0..=4, high, low, rest @ ..] = payload {
        if *kind == 21 || *kind == 23 {
            return true;
        }
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        payload = rest.get(len..).unwrap_or_default();
    }
    false
}
