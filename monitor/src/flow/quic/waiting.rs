//! Packets that wait for keys or connection IDs.

use crate::flow::Side;
use crate::frame::Timestamp;

/// How many packets of a conversation may wait.
const MAX_PACKETS: usize = 16;
/// How many bytes of a conversation may wait.
const MAX_BYTES: usize = 24 * 1024;

/// Packets that wait, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    packets: Vec<Held>,
    bytes: usize,
}

/// A packet that waits.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) from: Side,
    pub(super) bytes: Box<[u8]>,
    pub(super) at: Timestamp,
}

impl Waiting {
    /// Keeps a packet; false when there is no room for it.
    pub(super) fn hold(&mut self, from: Side, bytes: &[u8], at: Timestamp) -> bool {
        let total = self.bytes.saturating_add(bytes.len());
        let fits = self.packets.len() < MAX_PACKETS && total <= MAX_BYTES;
        if fits {
            self.bytes = total;
            self.packets.push(Held {
                from,
                bytes: bytes.into(),
                at,
            });
        }
        fits
    }

    /// Takes all packets out.
    pub(super) fn take(&mut self) -> Vec<Held> {
        self.bytes = 0;
        std::mem::take(&mut self.packets)
    }

    /// Who was taken for the client is the server.
    pub(super) fn turn_round(&mut self) {
        for held in &mut self.packets {
            held.from = held.from.other();
        }
    }

    /// Memory held, in bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many packets with a long header wait.
    pub(super) fn long(&self) -> u32 {
        let is_long = |held: &&Held| held.bytes.first().is_some_and(|first| first & 0x80 != 0);
        u32::try_from(self.packets.iter().filter(is_long).count()).unwrap_or(u32::MAX)
    }
}
