//! Pieces and datagrams become the packets that the device would have sent.

use super::*;

const V4: [u8; 20] = [
    0x45, 0, 0x20, 0x28, 0, 9, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
];
const TCP: [u8; 20] = [
    1, 187, 200, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0x50, 0x19, 1, 0, 0, 0, 0, 0,
];

fn head(piece_offset: u32, piece_len: u16, flags: u16, network_len: u16) -> RecordHead {
    RecordHead {
        time: 0,
        interface: 2,
        wire_len: u32::from(network_len) + 20 + 8192,
        payload_len: 8192,
        piece_offset,
        piece_len,
        header_len: network_len + 20,
        network_len,
        flags,
    }
}

fn cut(head: &RecordHead, ip: &[u8]) -> (u32, Vec<u8>) {
    let bytes = [ip, &TCP, &vec![7; usize::from(head.piece_len)]].concat();
    let mut cutter = Cutter::default();
    let frame = cutter.frame(head, &bytes, Timestamp(1));
    (frame.wire_len, frame.network.to_vec())
}

#[test]
fn the_first_piece_keeps_its_number_and_loses_fin_and_psh() {
    let (wire_len, packet) = cut(&head(0, 4096, RecordHead::MORE, 20), &V4);
    assert_eq!((wire_len, packet.len()), (4136, 4136));
    assert_eq!(packet[2..4], 4136_u16.to_be_bytes());
    assert_eq!((&packet[24..28], packet[33]), (&[0xff; 4][..], 0x10));
}

#[test]
fn a_later_piece_is_a_packet_of_its_own_with_a_valid_header_checksum() {
    let (wire_len, packet) = cut(&head(4096, 4096, 0, 20), &V4);
    assert_eq!(wire_len, 4136);
    assert_eq!(short(&packet, 4), 10);
    assert_eq!(
        (&packet[24..28], packet[33]),
        (&4095_u32.to_be_bytes()[..], 0x19)
    );
    let sum: u32 = packet[..20]
        .chunks(2)
        .map(|pair| u32::from(short(pair, 0)))
        .sum();
    assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
}

#[test]
fn a_last_piece_that_the_kernel_cut_says_how_long_it_was_on_the_wire() {
    let (wire_len, packet) = cut(&head(4096, 100, 0, 20), &V4);
    assert_eq!((wire_len, packet.len()), (4136, 140));
    assert_eq!(packet[2..4], 4136_u16.to_be_bytes());
}

#[test]
fn a_piece_of_ipv6_gets_its_own_payload_length() {
    let mut ip = [0; 40];
    ip[0] = 0x60;
    let (wire_len, packet) = cut(&head(4096, 4096, RecordHead::MORE, 40), &ip);
    assert_eq!((wire_len, short(&packet, 4)), (4156, 4116));
}

#[test]
fn a_whole_packet_is_passed_on_as_it_is() {
    let head = RecordHead {
        payload_len: 100,
        wire_len: 140,
        ..head(0, 100, 0, 20)
    };
    let (wire_len, packet) = cut(&head, &V4);
    assert_eq!((wire_len, &packet[..20]), (140, &V4[..]));
}

/// A datagram of 1,000 bytes, or of the 200 that are left, out of a packet of three.
fn datagram(ordinal: u16, length: u16) -> RecordHead {
    RecordHead {
        wire_len: 28 + u32::from(length),
        payload_len: length.into(),
        piece_offset: u32::from(ordinal) * 1000,
        piece_len: length,
        header_len: 28,
        flags: RecordHead::DATAGRAM | ordinal << RecordHead::ORDINAL_SHIFT,
        ..head(0, 0, 0, 20)
    }
}

#[test]
fn each_datagram_of_an_offloaded_packet_becomes_a_packet_of_its_own() {
    for (ordinal, length) in [(0, 1000), (1, 1000), (2, 200)] {
        let mut ip = V4;
        ip[2..4].copy_from_slice(&2228_u16.to_be_bytes());
        let udp = [0xc8, 0, 1, 187, 8, 0xa0, 0, 0];
        let bytes = [&ip[..], &udp, &vec![0xc3; length.into()]].concat();
        let mut cutter = Cutter::default();
        let frame = cutter.frame(&datagram(ordinal, length), &bytes, Timestamp(1));
        assert_eq!(frame.wire_len, u32::from(length) + 28);
        let packet = frame.network;
        assert_eq!(packet.len(), usize::from(length) + 28);
        assert_eq!(
            [short(packet, 2), short(packet, 4), short(packet, 24)],
            [length + 28, 9 + ordinal, length + 8]
        );
        assert_eq!(packet[20..24], udp[..4], "the ports are as they were");
    }
}

#[test]
fn a_big_tcp_packet_that_the_kernel_cut_keeps_a_length_that_says_ask_the_capture() {
    let head = RecordHead {
        wire_len: 150_040,
        payload_len: 150_000,
        ..head(0, 4096, 0, 20)
    };
    let (wire_len, packet) = cut(&head, &V4);
    assert_eq!((wire_len, short(&packet, 2)), (150_040, 0));
    let mut ip = [0; 40];
    ip[0] = 0x60;
    let head = RecordHead {
        header_len: 60,
        network_len: 40,
        ..head
    };
    let (wire_len, packet) = cut(&head, &ip);
    assert_eq!((wire_len, short(&packet, 4)), (150_060, 0));
}
