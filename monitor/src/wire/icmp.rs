//! ICMP destination unreachable (RFC 792, RFC 4443 section 3.1): what a host answers to a datagram when nothing listens, and a
//! firewall or router to what it does not let through.

use std::net::IpAddr;

use super::{Unreadable, bytes, ip};

/// IP protocol number of ICMP.
pub(super) const ICMP: u8 = 1;
/// IP protocol number of ICMPv6.
pub(super) const ICMPV6: u8 = 58;

/// Length of the header before the packet that is answered, in bytes.
const HEADER: u32 = 8;

/// A packet that was answered by destination unreachable, by the headers that the answer repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Who says so: the host itself, or a firewall or router before it.
    pub by: IpAddr,
    /// Why it did not get there.
    pub why: Unreached,
    /// Who had sent the packet.
    pub source: IpAddr,
    /// From which port.
    pub source_port: u16,
    /// Whom it did not reach.
    pub destination: IpAddr,
    /// On which port.
    pub destination_port: u16,
    /// The packet's TCP sequence number; none of a UDP datagram.
    pub seq: Option<u32>,
}

/// Why a packet did not get there (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// No way to the network.
    Network,
    /// No such host, as far as the last router can tell.
    Host,
    /// The host does not speak the protocol.
    Protocol,
    /// Nothing listens on the port; firewalls say so too.
    Port,
    /// It is not allowed.
    Prohibited,
}

impl Unreached {
    const fn of(protocol: u8, kind: u8, code: u8) -> Option<Self> {
        Some(match (protocol, kind, code) {
            (ICMP, 3, 0 | 6 | 11) | (ICMPV6, 1, 0 | 2) => Self::Network,
            (ICMP, 3, 1 | 7 | 12) | (ICMPV6, 1, 3) => Self::Host,
            (ICMP, 3, 2) => Self::Protocol,
            (ICMP, 3, 3) | (ICMPV6, 1, 4) => Self::Port,
            (ICMP, 3, 9 | 10 | 13) | (ICMPV6, 1, 1 | 5 | 6) => Self::Prohibited,
            _ => return None,
        })
    }

    /// It will not pass the next time either, and a client that opens a connection gives up at once (RFC 1122 section
    /// 4.2.3.9). Of the others the sender may find another way yet.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Protocol | Self::Port | Self::Prohibited)
    }

    /// What the message is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Network => "network unreachable",
            Self::Host => "host unreachable",
            Self::Protocol => "protocol unreachable",
            Self::Port => "port unreachable",
            Self::Prohibited => "administratively prohibited",
        }
    }
}

/// Reads a destination unreachable message about a TCP segment or a UDP datagram. All other ICMP is another protocol, none of
/// our business.
pub(super) fn decode(answer: &ip::Header<'_>) -> Result<Unreachable, Unreadable> {
    let other = Unreadable::OtherProtocol(answer.protocol);
    let [kind, code] = *answer.payload.first_chunk().ok_or(Unreadable::Truncated)?;
    let why = Unreached::of(answer.protocol, kind, code).ok_or(other)?;
    let repeated = bytes::after(answer.payload, HEADER);
    let answered = ip::decode(repeated, answer.payload_len.saturating_sub(HEADER))?;
    let seq = match answered.protocol {
        super::TCP => Some(bytes::u32(answered.payload, 4).ok_or(Unreadable::Truncated)?),
        super::UDP => None,
        _ => return Err(other),
    };
    let port = |at| bytes::u16(answered.payload, at).ok_or(Unreadable::Truncated);
    Ok(Unreachable {
        by: answer.source,
        why,
        source: answered.source,
        source_port: port(0)?,
        destination: answered.destination,
        destination_port: port(2)?,
        seq,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::wire::build::{ipv4, ipv6, tcp, udp};
    use crate::wire::{Flags, TCP, UDP};

    fn answer(kind: u8, code: u8, repeated: &[u8]) -> Vec<u8> {
        [&[kind, code, 0, 0, 0, 0, 0, 0], repeated].concat()
    }

    fn decode(protocol: u8, message: &[u8]) -> Result<Unreachable, Unreadable> {
        let packet = if protocol == ICMP {
            ipv4(ICMP, 0, message)
        } else {
            ipv6(ICMPV6, message)
        };
        super::decode(&ip::decode(&packet, bytes::len(&packet))?)
    }

    #[test]
    fn the_answered_datagram_tells_between_whom_it_was() {
        let long = ipv4(UDP, 0, &udp(&[7; 1200]));
        let found = decode(ICMP, &answer(3, 3, &long[..28])).unwrap();
        assert_eq!(found.source.to_string(), "10.0.0.1");
        assert_eq!((found.source_port, found.destination_port), (40_000, 443));
        assert_eq!((found.why, found.seq), (Unreached::Port, None));
        let found = decode(ICMPV6, &answer(1, 4, &ipv6(UDP, &udp(b"quic")))).unwrap();
        assert_eq!(found.destination.to_string(), "2001:db8::2");
    }

    #[test]
    fn an_answer_that_the_capture_cut_is_truncated_whatever_length_the_datagram_claims() {
        let mut jumbo = ipv6(0, &[&[17, 0, 1, 4, 0, 0, 0, 0], &udp(b"quic")[..]].concat());
        jumbo[4..6].fill(0);
        let packet = ipv6(ICMPV6, &answer(1, 4, &jumbo));
        for length in 48..packet.len() - 8 {
            let header = ip::decode(&packet[..length], bytes::len(&packet)).unwrap();
            assert_eq!(
                super::decode(&header),
                Err(Unreadable::Truncated),
                "{length}"
            );
        }
    }

    #[rstest]
    #[case(ICMP, 3, 1, Unreached::Host, false)]
    #[case(ICMP, 3, 13, Unreached::Prohibited, true)]
    #[case(ICMPV6, 1, 1, Unreached::Prohibited, true)]
    #[case(ICMPV6, 1, 3, Unreached::Host, false)]
    fn a_segment_is_told_by_its_sequence_number(
        #[case] protocol: u8,
        #[case] kind: u8,
        #[case] code: u8,
        #[case] why: Unreached,
        #[case] is_final: bool,
    ) {
        let segment = tcp(Flags::SYN, 0, b"");
        let seq = u32::from_be_bytes(segment[4..8].try_into().unwrap());
        let about = match protocol {
            ICMP => ipv4(TCP, 0, &segment)[..28].to_vec(),
            _ => ipv6(TCP, &segment),
        };
        let found = decode(protocol, &answer(kind, code, &about)).unwrap();
        assert_eq!((found.why, found.seq), (why, Some(seq)));
        assert_eq!(why.is_final(), is_final);
    }

    #[rstest]
    #[case::too_large(answer(3, 4, &ipv4(UDP, 0, &udp(b"quic"))))]
    #[case::echo(answer(8, 0, b"ping"))]
    #[case::about_ping(answer(3, 3, &ipv4(1, 0, b"ping")))]
    fn all_else_is_another_protocol(#[case] message: Vec<u8>) {
        assert_eq!(decode(ICMP, &message), Err(Unreadable::OtherProtocol(ICMP)));
    }
}
