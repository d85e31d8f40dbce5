//! IPv4 (RFC 791, section 3.1).

use std::net::{IpAddr, Ipv4Addr};

use super::ip::Header;
use super::{Unreadable, bytes};

/// The header without options.
const FIXED: u32 = 20;
/// The same, as bytes.
type Fixed = [u8; FIXED as usize];
/// "More fragments" and the fragment offset: both zero in a whole packet.
const FRAGMENT_MASK: u16 = 0x3fff;

/// Reads an IPv4 header with its options.
pub(super) fn decode(network: &[u8], wire_len: u32) -> Result<Header<'_>, Unreadable> {
    let fixed: &Fixed = network.first_chunk().ok_or(Unreadable::Truncated)?;
    let header_len = u32::from(fixed[0] & 0x0f) << 2;
    if header_len < FIXED {
        return Err(Unreadable::Malformed);
    }
    let payload_len = total_length(fixed, network, wire_len)
        .checked_sub(header_len)
        .ok_or(Unreadable::Malformed)?;
    if u16::from_be_bytes([fixed[6], fixed[7]]) & FRAGMENT_MASK != 0 {
        return Err(Unreadable::Fragment);
    }
    let rest = network
        .get(header_len as usize..)
        .ok_or(Unreadable::Truncated)?;
    Ok(Header {
        source: address(fixed[12], fixed[13], fixed[14], fixed[15]),
        destination: address(fixed[16], fixed[17], fixed[18], fixed[19]),
        hop_limit: fixed[8],
        ip_id: Some(u16::from_be_bytes([fixed[4], fixed[5]])),
        protocol: fixed[9],
        payload: bytes::first(rest, payload_len),
        payload_len,
    })
}

/// Header and payload. Zero where the kernel hands a packet to the device to be cut up later (segmentation offload,
/// BIG TCP): then the packet is as long as the capture says.
fn total_length(fixed: &Fixed, network: &[u8], wire_len: u32) -> u32 {
    match u16::from_be_bytes([fixed[2], fixed[3]]) {
        0 => wire_len.max(bytes::len(network)),
        length => u32::from(length),
    }
}

fn address(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::wire::build::ipv4;

    #[test]
    fn options_are_stepped_over() {
        let packet = ipv4(6, 3, b"payload");
        assert_eq!(decode(&packet, 39).unwrap().payload, b"payload");
    }

    #[rstest]
    #[case::offloaded(40)]
    #[case::offloaded_and_cut(70_000)]
    fn a_total_length_of_zero_means_as_long_as_captured(#[case] wire_len: u32) {
        let mut packet = ipv4(6, 0, &[7; 20]);
        packet[2..4].fill(0);
        let header = decode(&packet, wire_len).unwrap();
        assert_eq!(header.payload, [7; 20]);
        assert_eq!(header.payload_len, wire_len - 20);
    }

    #[rstest]
    #[case::first(0x20, 0)]
    #[case::later(0, 1)]
    #[case::last(0x1f, 0xff)]
    fn fragments_are_left(#[case] high: u8, #[case] low: u8) {
        let mut packet = ipv4(6, 0, &[7; 20]);
        packet[6..8].copy_from_slice(&[high, low]);
        assert_eq!(decode(&packet, 40), Err(Unreadable::Fragment));
    }

    #[rstest]
    #[case::header_too_short(0, 0x44)]
    #[case::total_shorter_than_the_header(3, 19)]
    fn contradictions_are_malformed(#[case] at: usize, #[case] value: u8) {
        let mut packet = ipv4(6, 0, &[7; 20]);
        packet[at] = value;
        assert_eq!(decode(&packet, 40), Err(Unreadable::Malformed));
    }
}
