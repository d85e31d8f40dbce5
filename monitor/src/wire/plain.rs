//! The one shape that nearly every packet has: TCP in IPv4 without options, not fragmented, or in IPv6 without extension
//! headers, all headers captured. Read in one go, because it is what the speed depends on. Whatever is not so goes the
//! long way, which comes to the same for these: a test sees to it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Flags, Packet, Segment, TCP, Transport, bytes};

/// Header lengths without options, in bytes.
const IPV4: usize = 20;
const IPV6: usize = 40;
const TCP_FIXED: usize = 20;

/// Reads a packet of that shape in IPv4; `None` for any other.
#[inline]
pub(super) fn ipv4(network: &[u8]) -> Option<Packet<'_>> {
    let ip: &[u8; IPV4] = network.first_chunk()?;
    if ip[0] != 0x45 {
        return None;
    }
    let is_whole = [ip[6] & 0x3f, ip[7]] == [0, 0];
    if ip[9] != TCP || !is_whole {
        return None;
    }
    let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    Some(Packet {
        source: IpAddr::V4(Ipv4Addr::new(ip[12], ip[13], ip[14], ip[15])),
        destination: IpAddr::V4(Ipv4Addr::new(ip[16], ip[17], ip[18], ip[19])),
        hop_limit: ip[8],
        ip_id: Some(u16::from_be_bytes([ip[4], ip[5]])),
        transport: Transport::Tcp(segment(network, IPV4, total)?),
        tunnel: None,
    })
}

/// Reads a packet of that shape in IPv6; `None` for any other.
#[inline]
pub(super) fn ipv6(network: &[u8]) -> Option<Packet<'_>> {
    let ip: &[u8; IPV6] = network.first_chunk()?;
    if ip[0] >> 4 != 6 {
        return None;
    }
    let length = u16::from_be_bytes([ip[4], ip[5]]);
    if ip[6] != TCP || length == 0 {
        return None;
    }
    let address = |at| bytes::array::<16>(ip, at).map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes)));
    let total = IPV6.saturating_add(usize::from(length));
    Some(Packet {
        source: address(8)?,
        destination: address(24)?,
        hop_limit: ip[7],
        ip_id: None,
        transport: Transport::Tcp(segment(network, IPV6, total)?),
        tunnel: None,
    })
}

/// The segment behind an IP header of `ip` bytes in a packet that says it has `total`.
#[inline]
fn segment(network: &[u8], ip: usize, total: usize) -> Option<Segment<'_>> {
    let tcp: &[u8; TCP_FIXED] = network.get(ip..)?.first_chunk()?;
    let header = usize::from(tcp[12] >> 4) << 2;
    let start = ip.saturating_add(header);
    if header < TCP_FIXED || start > total {
        return None;
    }
    let captured = network.get(..total).unwrap_or(network);
    Some(Segment {
        source_port: u16::from_be_bytes([tcp[0], tcp[1]]),
        destination_port: u16::from_be_bytes([tcp[2], tcp[3]]),
        seq: u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]),
        ack: u32::from_be_bytes([tcp[8], tcp[9], tcp[10], tcp[11]]),
        flags: Flags(tcp[13]),
        window: u16::from_be_bytes([tcp[14], tcp[15]]),
        payload: captured.get(start..)?,
        payload_len: u32::try_from(total.saturating_sub(start)).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Direction, Frame, InterfaceId, Timestamp};
    use crate::wire::build::{ipv4, ipv6, tcp};
    use crate::wire::decode_any;

    /// What the long way makes of these bytes.
    fn long_way(network: &[u8]) -> Option<Packet<'_>> {
        let frame = Frame {
            time: Timestamp(0),
            interface: InterfaceId(0),
            direction: Direction::Unknown,
            wire_len: bytes::len(network),
            network,
        };
        decode_any(&frame).ok()
    }

    fn short_way(network: &[u8]) -> Option<Packet<'_>> {
        super::ipv4(network).or_else(|| super::ipv6(network))
    }

    proptest! {
        /// Any bytes of the packet changed, cut anywhere: where the short way reads it at all, it reads the same.
        #[test]
        fn the_short_way_comes_to_the_same(
            six: bool,
            ip_options in 0_u8..2,
            options in 0_u8..4,
            payload in prop::collection::vec(any::<u8>(), 0..40),
            changes in prop::collection::vec((0_usize..64, any::<u8>()), 0..3),
            cut in 0_usize..120,
        ) {
            let segment = tcp(Flags::ACK, options, &payload);
            let mut packet = if six { ipv6(TCP, &segment) } else { ipv4(TCP, ip_options, &segment) };
            for (at, value) in changes {
                if let Some(byte) = packet.get_mut(at) {
                    *byte = value;
                }
            }
            packet.truncate(cut.max(1));
            if let Some(short) = short_way(&packet) {
                prop_assert_eq!(Some(short), long_way(&packet));
            }
        }
    }

    #[test]
    fn ordinary_packets_go_the_short_way() {
        let segment = tcp(Flags::ACK, 3, b"hello");
        for packet in [ipv4(TCP, 0, &segment), ipv6(TCP, &segment)] {
            let read = short_way(&packet).unwrap();
            assert_eq!(Some(read), long_way(&packet));
            assert!(
                matches!(read.transport, Transport::Tcp(segment) if segment.payload == b"hello")
            );
        }
    }
}
