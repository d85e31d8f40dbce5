//! What the packets of a QUIC connection are recognised by.

use smallvec::SmallVec;

use crate::wire::Datagram;
use crate::wire::quic::{ConnectionId, Packet, Packets};

/// The connection IDs of both sides, as far as they were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuicIds {
    /// Those that the client sends to.
    pub(super) server: SmallVec<[ConnectionId; 2]>,
    /// Those that the server sends to.
    pub(super) client: SmallVec<[ConnectionId; 2]>,
}

impl QuicIds {
    /// Whether this datagram begins with an Initial packet for an ID that is none of these: another connection. One with a
    /// token from the same client is the answer to a Retry that was not seen yet. One from an ID that the client sends to is
    /// the server's: without a connection to hold, some servers refuse a client without its ID (Envoy does).
    pub fn are_left_by(&self, datagram: &Datagram<'_>) -> bool {
        let mut packets = Packets::new(datagram.payload, datagram.payload_len);
        let Some(Packet::Initial(initial)) = packets.next() else {
            return false;
        };
        let head = initial.head;
        let answers_retry = initial.has_token && self.client.contains(&head.source);
        let known =
            self.server.contains(&head.destination) || self.client.contains(&head.destination);
        let from_server = !head.source.as_bytes().is_empty() && self.server.contains(&head.source);
        !answers_retry && !known && !from_server
    }
}
