//! What the kernel programs count, in one array for each CPU.

/// The index of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Counter {
    /// Packets that passed a hook; the kernel counts them for each hook, in the map `HOOKS`.
    Seen = 0,
    /// Packets that were to be sent to user space.
    Wanted = 1,
    /// Packets that were sent whole, as far as they were wanted.
    Sent = 2,
    /// Records that the ring had no room for.
    RingFull = 3,
    /// Directions whose byte budget ended before the first protected record, or of QUIC before both ends sent 1-RTT packets.
    Snap = 4,
    /// Flows that the table had no room for.
    TableFull = 5,
    /// IP fragments that carry TCP, and first fragments of UDP datagrams on a followed port.
    Fragment = 6,
    /// Connections that the sampling left out, by their SYN; of QUIC every datagram that begins with an Initial packet and
    /// goes to a followed port, for which of them is the first cannot be told.
    Unsampled = 7,
    /// Flows that were entered into the table.
    Inserted = 8,
    /// Flows that were removed from it by their reset; the rest are evicted by newer ones.
    Deleted = 9,
    /// Packets of a followed flow whose bytes could not be read.
    Unreadable = 10,
}

/// How many counts there are.
pub const COUNTERS: usize = 11;

impl Counter {
    /// Every count, in the order of its index.
    pub const ALL: [Self; COUNTERS] = [
        Self::Seen,
        Self::Wanted,
        Self::Sent,
        Self::RingFull,
        Self::Snap,
        Self::TableFull,
        Self::Fragment,
        Self::Unsampled,
        Self::Inserted,
        Self::Deleted,
        Self::Unreadable,
    ];

    /// The word for a loss, or none where the count is not a loss.
    #[must_use]
    pub const fn loss(self) -> Option<&'static str> {
        match self {
            Self::RingFull => Some("ring_full"),
            Self::Snap => Some("snap"),
            Self::TableFull => Some("table_full"),
            Self::Fragment => Some("fragment"),
            Self::Unsampled => Some("unsampled"),
            Self::Unreadable => Some("unreadable"),
            Self::Seen | Self::Wanted | Self::Sent | Self::Inserted | Self::Deleted => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_stands_at_its_own_index() {
        for (index, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, index);
        }
    }
}
