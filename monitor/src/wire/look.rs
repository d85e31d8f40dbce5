//! How a packet looks: what its sender's IP stack and the path make of its header.

use super::Packet;
use crate::frame::Direction;

/// How a packet looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// IPv4 time to live or IPv6 hop limit.
    pub hop_limit: u8,
    /// IPv4 identification; IPv6 has none.
    pub ip_id: Option<u16>,
    /// It left the host that captured it.
    pub leaves: bool,
}

impl Look {
    /// How a packet looks that passed its interface that way.
    pub fn of(packet: &Packet<'_>, direction: Direction) -> Self {
        Self {
            hop_limit: packet.hop_limit,
            ip_id: packet.ip_id,
            leaves: direction == Direction::Egress,
        }
    }
}
