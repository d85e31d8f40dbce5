//! Packets and frames, made.

use monitor::frame::{Direction, Frame, InterfaceId, Timestamp};

/// TCP flags.
pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;

/// The longest payload of one packet.
pub const MAX_PAYLOAD: usize = 65_000;

const ADDRESSES: [[u8; 4]; 2] = [[192, 0, 2, 1], [198, 51, 100, 7]];

/// From which side, and between which ports.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub from_server: bool,
    pub client_port: u16,
    pub server_port: u16,
}

impl Way {
    fn ports(self) -> [u16; 2] {
        if self.from_server {
            [self.server_port, self.client_port]
        } else {
            [self.client_port, self.server_port]
        }
    }

    fn addresses(self) -> [[u8; 4]; 2] {
        let [client, server] = ADDRESSES;
        if self.from_server {
            [server, client]
        } else {
            [client, server]
        }
    }
}

/// A TCP packet.
pub fn tcp(way: Way, [seq, ack]: [u32; 2], flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + payload.len());
    for port in way.ports() {
        segment.extend(port.to_be_bytes());
    }
    segment.extend(seq.to_be_bytes());
    segment.extend(ack.to_be_bytes());
    segment.extend([5 << 4, flags, 2, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    ipv4(way, 6, &segment)
}

/// A UDP packet.
pub fn udp(way: Way, payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(8 + payload.len());
    for port in way.ports() {
        datagram.extend(port.to_be_bytes());
    }
    datagram.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    ipv4(way, 17, &datagram)
}

fn ipv4(way: Way, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, high, low, 0, 1, 0x40, 0, 64, protocol, 0, 0];
    for address in way.addresses() {
        packet.extend(address);
    }
    packet.extend(payload);
    packet
}

/// A packet that was captured whole.
pub fn frame(nanos: u64, network: &[u8]) -> Frame<'_> {
    Frame {
        time: Timestamp(nanos),
        interface: InterfaceId(0),
        direction: Direction::Unknown,
        wire_len: u32::try_from(network.len()).unwrap(),
        network,
    }
}
