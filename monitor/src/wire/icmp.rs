//! ICMP port unreachable (RFC 792, RFC 4443 section 3.1): what a host answers to a datagram when nothing listens.

use std::net::IpAddr;

use super::{Unreadable, bytes, ip};

/// IP protocol number of ICMP.
pub(super) const ICMP: u8 = 1;
/// IP protocol number of ICMPv6.
pub(super) const ICMPV6: u8 = 58;

/// Length of the header before the packet that is answered, in bytes.
const HEADER: u32 = 8;

/// A UDP datagram that was answered by port unreachable, by the headers that the answer repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Who says so: the host itself, or a firewall before it.
    pub by: IpAddr,
    /// Who had sent the datagram.
    pub source: IpAddr,
    /// From which port.
    pub source_port: u16,
    /// Whom it did not reach.
    pub destination: IpAddr,
    /// The port that nobody listens on.
    pub destination_port: u16,
}

/// Reads a port unreachable message about a UDP datagram. All other ICMP is another protocol, none of our business.
pub(super) fn decode(answer: &ip::Header<'_>) -> Result<Unreachable, Unreadable> {
    let other = Unreadable::OtherProtocol(answer.protocol);
    let kind = answer.payload.first_chunk().ok_or(Unreadable::Truncated)?;
    if !matches!((answer.protocol, kind), (ICMP, [3, 3]) | (ICMPV6, [1, 4])) {
        return Err(other);
    }
    let repeated = bytes::after(answer.payload, HEADER);
    let answered = ip::decode(repeated, answer.payload_len.saturating_sub(HEADER))?;
    if answered.protocol != super::UDP {
        return Err(other);
    }
    let port = |at| bytes::u16(answered.payload, at).ok_or(Unreadable::Truncated);
    Ok(Unreachable {
        by: answer.source,
        source: answered.source,
        source_port: port(0)?,
        destination: answered.destination,
        destination_port: port(2)?,
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
    #[case::host_unreachable(answer(3, 1, &ipv4(UDP, 0, &udp(b"quic"))))]
    #[case::echo(answer(8, 0, b"ping"))]
    #[case::about_tcp(answer(3, 3, &ipv4(TCP, 0, &tcp(Flags::SYN, 0, b""))))]
    fn all_else_is_another_protocol(#[case] message: Vec<u8>) {
        assert_eq!(decode(ICMP, &message), Err(Unreadable::OtherProtocol(ICMP)));
    }
}
