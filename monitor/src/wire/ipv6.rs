//! IPv6 and its extension headers (RFC 8200).

use std::net::{IpAddr, Ipv6Addr};

use super::ip::Header;
use super::{Unreadable, bytes};

/// The header without extensions.
const FIXED: u32 = 40;
/// The same, as bytes.
type Fixed = [u8; FIXED as usize];
/// More extension headers than this are nobody's traffic.
const MAX_EXTENSIONS: usize = 8;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

/// The offset and the "more fragments" bit of a fragment header: both zero in an atomic fragment (RFC 6946).
const FRAGMENT_MASK: u16 = 0xfff9;

/// Reads an IPv6 header and steps over its extension headers.
pub(super) fn decode(network: &[u8], wire_len: u32) -> Result<Header<'_>, Unreadable> {
    let fixed: &Fixed = network.first_chunk().ok_or(Unreadable::Truncated)?;
    let rest = bytes::after(network, FIXED);
    let length = payload_length(fixed, rest, wire_len);
    let carried = carried(fixed[6], bytes::first(rest, length), length)?;
    Ok(Header {
        source: address(fixed, 8)?,
        destination: address(fixed, 24)?,
        hop_limit: fixed[7],
        ip_id: None,
        protocol: carried.protocol,
        payload: carried.payload,
        payload_len: carried.length,
    })
}

/// Extensions and payload. Zero in packets past 64 KiB (jumbograms, BIG TCP): as long as the capture says, then.
fn payload_length(fixed: &Fixed, rest: &[u8], wire_len: u32) -> u32 {
    match u16::from_be_bytes([fixed[4], fixed[5]]) {
        0 => wire_len.saturating_sub(FIXED).max(bytes::len(rest)),
        length => u32::from(length),
    }
}

fn address(fixed: &Fixed, at: usize) -> Result<IpAddr, Unreadable> {
    let octets: [u8; 16] = bytes::array(fixed, at).ok_or(Unreadable::Truncated)?;
    Ok(IpAddr::V6(Ipv6Addr::from(octets)))
}

/// What is left of a packet behind some of its headers.
struct Carried<'a> {
    protocol: u8,
    payload: &'a [u8],
    length: u32,
}

/// Steps over the extension headers, of which the first is a `protocol`.
fn carried(protocol: u8, payload: &[u8], length: u32) -> Result<Carried<'_>, Unreadable> {
    let mut carried = Carried {
        protocol,
        payload,
        length,
    };
    for _ in 0..MAX_EXTENSIONS {
        let Some(size) = extension_len(&carried)? else {
            return Ok(carried);
        };
        carried = Carried {
            protocol: *carried.payload.first().ok_or(Unreadable::Truncated)?,
            payload: bytes::after(carried.payload, size),
            length: carried
                .length
                .checked_sub(size)
                .ok_or(Unreadable::Malformed)?,
        };
    }
    Err(Unreadable::Malformed)
}

/// How long the extension header is that comes next; `None` when none does.
fn extension_len(next: &Carried<'_>) -> Result<Option<u32>, Unreadable> {
    // The length field leaves out the first units.
    let units = |left_out: u32| match next.payload.get(1) {
        Some(&units) => Ok(left_out.saturating_add(u32::from(units))),
        None if next.length < 2 => Err(Unreadable::Malformed),
        None => Err(Unreadable::Truncated),
    };
    match next.protocol {
        HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY | HIP | SHIM6 => {
            units(1).map(|units| Some(units << 3))
        }
        AUTHENTICATION => units(2).map(|units| Some(units << 2)),
        FRAGMENT => match bytes::u16(next.payload, 2) {
            Some(place) if place & FRAGMENT_MASK != 0 => Err(Unreadable::Fragment),
            Some(_) => Ok(Some(8)),
            None => Err(Unreadable::Truncated),
        },
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::wire::build::{authentication, extension, ipv6};

    #[rstest]
    #[case::none(6, b"payload".to_vec())]
    #[case::hop_by_hop(HOP_BY_HOP, extension(6, 0, b"payload"))]
    #[case::routing(ROUTING, extension(6, 2, b"payload"))]
    #[case::destination_twice(DESTINATION, extension(DESTINATION, 1, &extension(6, 0, b"payload")))]
    #[case::authentication(AUTHENTICATION, authentication(6, b"payload"))]
    #[case::atomic_fragment(FRAGMENT, extension(6, 0, b"payload"))]
    fn extensions_are_stepped_over(#[case] first: u8, #[case] carried: Vec<u8>) {
        let packet = ipv6(first, &carried);
        let header = decode(&packet, 1_000).unwrap();
        assert_eq!(
            (header.protocol, header.payload),
            (6, b"payload".as_slice())
        );
        assert_eq!(header.payload_len, 7);
    }

    #[rstest]
    #[case::first(0, 1)]
    #[case::later(0, 8)]
    #[case::last(0xff, 0xf8)]
    fn fragments_are_left(#[case] high: u8, #[case] low: u8) {
        let mut fragment = extension(6, 0, &[7; 20]);
        fragment[2..4].copy_from_slice(&[high, low]);
        let packet = ipv6(FRAGMENT, &fragment);
        assert_eq!(decode(&packet, 68), Err(Unreadable::Fragment));
    }

    #[test]
    fn a_payload_length_of_zero_means_as_long_as_captured() {
        let mut packet = ipv6(HOP_BY_HOP, &extension(6, 0, &[7; 20]));
        packet[4..6].fill(0);
        let header = decode(&packet, 200_000).unwrap();
        assert_eq!(header.payload, [7; 20]);
        assert_eq!(header.payload_len, 200_000 - 48);
    }

    #[test]
    fn an_extension_longer_than_the_packet_is_malformed() {
        let packet = ipv6(HOP_BY_HOP, &[6, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(decode(&packet, 48), Err(Unreadable::Malformed));
    }

    #[test]
    fn an_endless_chain_of_extensions_is_malformed() {
        let packet = ipv6(DESTINATION, &[DESTINATION, 0, 0, 0, 0, 0, 0, 0].repeat(100));
        assert_eq!(decode(&packet, 840), Err(Unreadable::Malformed));
    }
}
