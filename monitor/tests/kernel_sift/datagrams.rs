//! Datagrams of QUIC and others, and the answers to them, made by hand.

use super::frames::{Ip, framed};

const UDP: u8 = 17;
const VLAN: [u8; 4] = [0x81, 0, 0, 5];

/// A UDP datagram in Ethernet.
pub(crate) fn datagram(ip: &Ip, source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    framed(&[], ip, UDP, &udp(source, destination, payload))
}

pub(crate) fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let numbers = [source, destination, length, 0].map(u16::to_be_bytes);
    [numbers.as_flattened(), payload].concat()
}

/// The start of a packet with a long header of version 1, and as many bytes as asked for.
pub(crate) fn long(first: u8, length: usize) -> Vec<u8> {
    let mut packet = vec![first, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0];
    packet.resize(length, 0x5a);
    packet
}

pub(crate) fn initial(length: usize) -> Vec<u8> {
    long(0xc3, length)
}

/// A 1-RTT packet.
pub(crate) fn short(length: usize) -> Vec<u8> {
    let mut packet = vec![0x43];
    packet.resize(length, 0x77);
    packet
}

/// An ICMP message of this type and code, about what it repeats.
pub(crate) fn icmp(ip: &Ip, kind: [u8; 2], repeated: &[u8]) -> Vec<u8> {
    let protocol = match ip {
        Ip::V4 { .. } => 1,
        Ip::V6 { .. } => 58,
    };
    framed(&[], ip, protocol, &[&kind[..], &[0; 6], repeated].concat())
}

pub(crate) fn v4(source: u8, destination: u8) -> Ip {
    Ip::v4([10, 0, 0, source], [10, 0, 0, destination])
}

pub(crate) fn v6(source: u8, destination: u8) -> Ip {
    Ip::V6 {
        source,
        destination,
        extensions: Vec::new(),
    }
}

/// One frame for each shape, after an Initial packet has opened the flow that some of them are of.
#[expect(clippy::too_many_lines, reason = "a table of frames")]
pub(crate) fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let mut port = 41_000;
    let mut fresh = |ip: &Ip, payload: &[u8]| {
        port += 1;
        datagram(ip, port, 443, payload)
    };
    let (up, up6) = (v4(1, 2), v6(1, 2));
    let opener = datagram(&up, 40_000, 443, &initial(60));
    let opener6 = datagram(&up6, 40_000, 443, &initial(60));
    let with_options = |fragment| Ip::V4 {
        source: [10, 0, 0, 3],
        destination: [10, 0, 0, 2],
        options: vec![1; 40],
        fragment,
    };
    let with_extensions = |extensions: &[(u8, &[u8])]| Ip::V6 {
        source: 3,
        destination: 2,
        extensions: extensions
            .iter()
            .map(|(kind, bytes)| (*kind, bytes.to_vec()))
            .collect(),
    };
    let plain = |fragment| Ip::V4 {
        source: [10, 0, 0, 4],
        destination: [10, 0, 0, 2],
        options: Vec::new(),
        fragment,
    };
    let initial = initial(60);
    let mut shapes = vec![
        ("an Initial packet", opener.clone()),
        ("an Initial packet over IPv6", opener6.clone()),
        (
            "an Initial packet of the server",
            datagram(&v4(2, 1), 443, 40_000, &long(0xc0, 70)),
        ),
        (
            "a Handshake packet",
            datagram(&up, 40_000, 443, &long(0xe1, 70)),
        ),
        ("a 1-RTT packet", datagram(&up, 40_000, 443, &short(70))),
        ("early data", datagram(&up, 40_000, 443, &long(0xd1, 70))),
        (
            "Version Negotiation",
            datagram(
                &v4(2, 1),
                443,
                40_000,
                &[0x9a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            ),
        ),
        (
            "a datagram with nothing in it",
            datagram(&up, 40_000, 443, &[]),
        ),
        (
            "a datagram of five bytes",
            datagram(&up, 40_000, 443, &[0xc3, 0, 0, 0, 1]),
        ),
        (
            "Initial on another port",
            datagram(&up, 40_000, 8080, &initial),
        ),
        ("Handshake of an unknown flow", fresh(&up, &long(0xe3, 60))),
        (
            "DTLS",
            fresh(&up, &[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99]),
        ),
        ("all IPv4 options", fresh(&with_options(0), &initial)),
        ("first fragment", fresh(&plain(0x2000), &initial)),
        ("last fragment", fresh(&plain(0x00b9), &initial)),
        (
            "first fragment with options",
            fresh(&with_options(0x2000), &initial),
        ),
        (
            "last fragment with options",
            fresh(&with_options(0x00b9), &initial),
        ),
        (
            "first fragment of another port",
            datagram(&plain(0x2000), 53, 9999, &initial),
        ),
        (
            "extension headers",
            fresh(
                &with_extensions(&[(0, &[0, 1, 4, 0, 0, 0, 0]), (44, &[0, 0, 0, 0, 0, 0, 9])]),
                &initial,
            ),
        ),
        (
            "first fragment of IPv6",
            fresh(&with_extensions(&[(44, &[0, 0, 1, 0, 0, 0, 9])]), &initial),
        ),
        (
            "late fragment of IPv6",
            fresh(&with_extensions(&[(44, &[0, 0, 8, 0, 0, 0, 9])]), &initial),
        ),
        (
            "VLAN tag",
            framed(&VLAN, &up, UDP, &udp(42_000, 443, &initial)),
        ),
        (
            "VLAN tag, IPv6",
            framed(&VLAN, &up6, UDP, &udp(42_000, 443, &initial)),
        ),
    ];
    for (label, length) in [("zero", 0), ("too short", 7), ("too long", 200)] {
        let mut lying = datagram(&up, 42_001, 443, &initial);
        lying[38..40].copy_from_slice(&u16::to_be_bytes(length));
        shapes.push((label, lying));
    }
    for (label, kind) in [("port", [3, 3]), ("host", [3, 1]), ("echo", [8, 0])] {
        shapes.push((label, icmp(&v4(2, 1), kind, &opener[14..42])));
    }
    for (label, kind) in [
        ("port", [1, 4]),
        ("route", [1, 0]),
        ("solicitation", [135, 0]),
    ] {
        shapes.push((label, icmp(&v6(2, 1), kind, &opener6[14..])));
    }
    let tcp = framed(&[], &up, 6, &[0; 20]);
    shapes.push(("about TCP", icmp(&v4(2, 1), [3, 3], &tcp[14..])));
    let unknown = datagram(&up, 49_999, 443, &initial);
    shapes.push((
        "about an unknown flow",
        icmp(&v4(2, 1), [3, 3], &unknown[14..]),
    ));
    let mut fragment = opener[14..].to_vec();
    fragment[6] = 0x20;
    shapes.push(("about a fragment", icmp(&v4(2, 1), [3, 3], &fragment)));
    shapes
}
