//! What a packet turned out to be, and where its headers are.

use super::Transport;
use super::answer::Answer;

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// TCP or UDP.
    Packet,
    /// An answer that a packet did not reach its port, or its host.
    Answer,
    /// A fragment of an IP packet that carries TCP.
    Fragment,
    /// The first fragment of a UDP datagram. Large datagrams of others are often cut so.
    DatagramFragment,
    /// Anything else.
    Other,
}

/// What was found of a packet. Not an enum with fields: where some are left out, the compiler copies registers that were
/// never written, and the kernel's verifier refuses that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    /// The headers of a packet; of an answer, those that it repeats; of a fragment, the ports alone.
    pub(super) place: Place,
    /// Where an answer's own headers are.
    pub(super) answer: Answer,
}

impl Found {
    const OTHER: Self = Self {
        kind: Kind::Other,
        place: Place::NONE,
        answer: Answer::NONE,
    };

    #[inline(always)]
    pub(super) const fn other() -> Self {
        Self::OTHER
    }

    #[inline(always)]
    pub(super) const fn packet(place: Place) -> Self {
        Self {
            kind: Kind::Packet,
            place,
            answer: Answer::NONE,
        }
    }

    #[inline(always)]
    pub(super) const fn fragment() -> Self {
        Self {
            kind: Kind::Fragment,
            ..Self::OTHER
        }
    }

    #[inline(always)]
    pub(super) const fn datagram_fragment(source: u16, destination: u16) -> Self {
        Self {
            kind: Kind::DatagramFragment,
            place: Place {
                source,
                destination,
                ..Place::NONE
            },
            answer: Answer::NONE,
        }
    }
}

/// To numbers and back: were the structure itself settled, the compiler would keep it in memory on the plain packets' way
/// too, write it in parts, read it as a whole, and the processor would wait for its store buffer.
impl Found {
    #[inline(always)]
    pub(super) fn pack(self) -> [u64; 3] {
        let place = self.place;
        [
            self.kind as u64
                | (place.shape as u64) << 8
                | (place.transport as u64) << 16
                | u64::from(place.flags) << 24
                | u64::from(place.source) << 32
                | u64::from(place.destination) << 48,
            u64::from(place.network) | u64::from(place.header) << 32,
            u64::from(self.answer.network) | u64::from(self.answer.message) << 32,
        ]
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "takes the numbers apart again"
    )]
    #[inline(always)]
    pub(super) fn unpack([words, place, answer]: [u64; 3]) -> Self {
        const KINDS: [Kind; 3] = [Kind::Packet, Kind::Answer, Kind::Fragment];
        let is = |at: u32, value: u64| (words >> at) & 0xff == value;
        let kind = KINDS.into_iter().find(|kind| is(0, *kind as u64));
        Self {
            kind: kind.unwrap_or(Kind::DatagramFragment),
            place: Place {
                shape: if is(8, Shape::V4 as u64) {
                    Shape::V4
                } else {
                    Shape::V6
                },
                transport: if is(16, Transport::Tcp as u64) {
                    Transport::Tcp
                } else {
                    Transport::Udp
                },
                network: place as u32,
                header: (place >> 32) as u32,
                source: (words >> 32) as u16,
                destination: (words >> 48) as u16,
                flags: (words >> 24) as u8,
            },
            answer: Answer {
                network: answer as u32,
                message: (answer >> 32) as u32,
            },
        }
    }
}

/// How the headers lie, so that the addresses can be found again cheaply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// [`PLAIN_V4`] bytes can be read in place.
    PlainV4,
    /// [`PLAIN_V6`] bytes can be read in place.
    PlainV6,
    /// IPv4, to be loaded.
    V4,
    /// IPv6, to be loaded.
    V6,
}

/// A TCP or UDP packet: where its headers are, and what decides most packets' fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) shape: Shape,
    pub(super) transport: Transport,
    /// Where the IP header begins.
    pub(super) network: u32,
    /// Where the TCP or UDP header begins.
    pub(super) header: u32,
    pub(super) source: u16,
    pub(super) destination: u16,
    /// The TCP flags (RFC 9293 section 3.1), or the first byte of a datagram's payload.
    pub(super) flags: u8,
}

impl Place {
    /// Nowhere.
    const NONE: Self = Self {
        shape: Shape::V4,
        transport: Transport::Tcp,
        network: 0,
        header: 0,
        source: 0,
        destination: 0,
        flags: 0,
    };

    pub(super) const FIN: u8 = 0x01;
    pub(super) const SYN: u8 = 0x02;
    pub(super) const RST: u8 = 0x04;
    pub(super) const ACK: u8 = 0x10;
    /// The bit of QUIC's long header (RFC 8999 section 5.1).
    const LONG: u8 = 0x80;

    #[inline(always)]
    pub(super) const fn is_syn(self) -> bool {
        self.flags & Self::SYN != 0
    }

    #[inline(always)]
    pub(super) const fn is_ack(self) -> bool {
        self.flags & Self::ACK != 0
    }

    /// SYN, FIN or RST: what TCP itself says, and user space always wants to hear.
    #[inline(always)]
    pub(super) const fn is_control(self) -> bool {
        self.flags & (Self::SYN | Self::FIN | Self::RST) != 0
    }

    /// Whether this datagram may begin with a long header of QUIC.
    #[inline(always)]
    pub(super) const fn is_long(self) -> bool {
        self.flags & Self::LONG != 0
    }

    /// Whether this packet can be left without reading more, where its flow is not followed.
    #[inline(always)]
    pub(super) const fn cannot_open(self, configured: bool) -> bool {
        match self.transport {
            Transport::Tcp => self.flags & Self::RST != 0 || (self.is_syn() && !configured),
            Transport::Udp => !self.is_long(),
        }
    }
}
