use rstest::rstest;

use super::super::build::{cut_frame, ethernet, frame, ipv4, ipv6, tcp};
use super::super::{Flags, Packet, TCP, Transport, UDP, decode};
use super::*;

const GRE_PROTOCOL: u8 = 47;

fn tcp_packet() -> Vec<u8> {
    ipv4(TCP, 0, &tcp(Flags::ACK, 0, b"hello"))
}

fn tcp6_packet() -> Vec<u8> {
    ipv6(TCP, &tcp(Flags::ACK, 0, b"hello"))
}

fn bridged() -> Vec<u8> {
    ethernet(0x0800, &tcp_packet())
}

fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = super::super::build::udp(payload);
    bytes[2..4].copy_from_slice(&port.to_be_bytes());
    ipv4(UDP, 0, &bytes)
}

fn join(head: &[u8], tail: &[u8]) -> Vec<u8> {
    [head, tail].concat()
}

fn gre(header: &[u8], carried: &[u8]) -> Vec<u8> {
    ipv4(GRE_PROTOCOL, 0, &join(header, carried))
}

const VXLAN_42: &[u8] = &[8, 0, 0, 0, 0, 0, 42, 0];

/// One of each kind of tunnel, and the number in it.
fn samples() -> Vec<(TunnelKind, Option<u32>, Vec<u8>)> {
    use TunnelKind::{Erspan, Geneve, Gre, GtpU, IpIp, Vxlan};
    let erspan_2 = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 0, 9, 0, 0, 0, 0];
    let erspan_3 = [
        0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1,
        1, 1,
    ];
    let extended = [0x34, 255, 0, 60, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0, 9, 0];
    vec![
        (IpIp, None, ipv4(4, 0, &tcp_packet())),
        (IpIp, None, ipv4(41, 0, &tcp6_packet())),
        (IpIp, None, ipv6(4, &tcp_packet())),
        (IpIp, None, ipv6(41, &tcp6_packet())),
        (Gre, None, gre(&[0, 0, 0x08, 0], &tcp_packet())),
        (
            Gre,
            Some(7),
            gre(
                &[0xb0, 0, 0x86, 0xdd, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1],
                &tcp6_packet(),
            ),
        ),
        (Gre, None, gre(&[0, 0, 0x65, 0x58], &bridged())),
        (Erspan, None, gre(&[0, 0, 0x88, 0xbe], &bridged())),
        (Erspan, Some(9), gre(&erspan_2, &bridged())),
        (Erspan, Some(9), gre(&erspan_3, &bridged())),
        (Vxlan, Some(42), datagram(4789, &join(VXLAN_42, &bridged()))),
        (Vxlan, Some(42), datagram(8472, &join(VXLAN_42, &bridged()))),
        (
            Geneve,
            Some(42),
            datagram(
                6081,
                &join(&[1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 3, 4], &bridged()),
            ),
        ),
        (
            GtpU,
            Some(7),
            datagram(2152, &join(&[0x30, 255, 0, 45, 0, 0, 0, 7], &tcp_packet())),
        ),
        (
            GtpU,
            Some(7),
            datagram(2152, &join(&extended, &tcp_packet())),
        ),
    ]
}

fn payload<'a>(packet: &Packet<'a>) -> &'a [u8] {
    match packet.transport {
        Transport::Tcp(segment) => segment.payload,
        Transport::Udp(datagram) => datagram.payload,
        Transport::Unreachable(_) => &[],
    }
}

#[test]
fn the_conversation_inside_is_what_is_read_and_the_tunnel_is_noted() {
    for (kind, id, bytes) in samples() {
        let packet = decode(&frame(&bytes)).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(payload(&packet), b"hello", "{kind}");
        let outer = packet.tunnel.unwrap();
        assert_eq!((outer.kind, outer.id), (kind, id));
    }
}

#[test]
fn a_tunnel_cut_anywhere_is_truncated_or_the_same_with_less_payload() {
    for (kind, _, bytes) in samples() {
        let whole = decode(&frame(&bytes)).unwrap();
        for length in 0..bytes.len() {
            match decode(&cut_frame(&bytes[..length], bytes.len())) {
                Err(reason) => assert_eq!(reason, Unreadable::Truncated, "{kind} cut at {length}"),
                Ok(packet) => {
                    assert!(payload(&whole).starts_with(payload(&packet)));
                    assert_eq!(packet.tunnel, whole.tunnel, "{kind} cut at {length}");
                    assert_eq!(packet.source, whole.source, "{kind} cut at {length}");
                }
            }
        }
    }
}

#[test]
fn padding_behind_the_outer_packet_is_not_payload() {
    for (kind, _, mut bytes) in samples() {
        let clean = bytes.clone();
        bytes.extend([0; 26]);
        assert_eq!(decode(&frame(&bytes)), decode(&frame(&clean)), "{kind}");
    }
}

#[test]
fn every_byte_changed_to_anything_never_panics_and_stays_within_the_packet() {
    for (_, _, bytes) in samples() {
        for at in 0..bytes.len() {
            for value in [0, 1, 0x0f, 0x7f, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                if let Ok(packet) = decode(&frame(&damaged)) {
                    let kept = payload(&packet);
                    assert!(kept.is_empty() || damaged.as_ptr_range().contains(&kept.as_ptr()));
                }
            }
        }
    }
}

#[test]
fn tunnels_in_tunnels_are_opened_up_to_a_bound() {
    let mut packet = tcp_packet();
    for depth in 1..40 {
        packet = ipv4(4, 0, &packet);
        match decode(&frame(&packet)) {
            Ok(inner) => assert!(depth <= MAX_NESTING && payload(&inner) == b"hello"),
            Err(reason) => {
                assert!(depth > MAX_NESTING);
                assert_eq!(reason, Unreadable::Malformed);
            }
        }
    }
}

#[test]
fn an_outer_length_cannot_make_the_inner_packet_longer() {
    let mut inner = tcp_packet();
    inner.extend([0xee; 30]);
    let packet = ipv4(4, 0, &inner);
    assert_eq!(payload(&decode(&frame(&packet)).unwrap()), b"hello");
}

#[rstest]
#[case::quic_to_a_client_on_the_port(4789, &[0x40; 40])]
#[case::too_short(4789, &[8, 0])]
#[case::geneve_of_another_version(6081, &[0x40, 0, 0x65, 0x58, 0, 0, 0, 0, 0, 0])]
#[case::gtp_echo_request(2152, &[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0])]
fn a_datagram_that_only_uses_the_port_of_a_tunnel_is_a_datagram(
    #[case] port: u16,
    #[case] carried: &[u8],
) {
    let bytes = datagram(port, carried);
    let packet = decode(&frame(&bytes)).unwrap();
    assert!(matches!(packet.transport, Transport::Udp(_)));
    assert_eq!(packet.tunnel, None);
}

#[rstest]
#[case::arp_in_vxlan(datagram(4789, &join(VXLAN_42, &ethernet(0x0806, &[0; 28]))), Unreadable::NotIp)]
#[case::gre_with_routing(gre(&[0x40, 0, 0x08, 0], &tcp_packet()), Unreadable::OtherProtocol(47))]
#[case::pptp(gre(&[0x30, 1, 0x88, 0x0b], &tcp_packet()), Unreadable::OtherProtocol(47))]
#[case::icmp_inside(ipv4(4, 0, &ipv4(1, 0, b"echo")), Unreadable::OtherProtocol(1))]
#[case::gtp_extension_without_length(
    datagram(2152, &[0x34, 255, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0x85, 0, 0, 0, 0]),
    Unreadable::Malformed
)]
fn what_carries_no_conversation_says_why(#[case] bytes: Vec<u8>, #[case] reason: Unreadable) {
    assert_eq!(decode(&frame(&bytes)), Err(reason));
}
