//! Builds capture files for tests, in either format and byte order.
#![expect(
    clippy::cast_possible_truncation,
    reason = "captures of tests are short"
)]

use super::order::Order;
use crate::wire::Flags;
use crate::wire::build::{ipv4, tcp};

/// An IP packet with a payload of its own.
pub(super) fn packet(payload: &str) -> Vec<u8> {
    ipv4(6, 0, &tcp(Flags::ACK, 0, payload.as_bytes()))
}

/// Some packets, each told from the others by its payload.
pub(super) fn packets(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| packet(&format!("packet {n}"))).collect()
}

/// Numbers in the byte order of a file.
pub(super) struct Writer {
    pub(super) order: Order,
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new(order: Order) -> Self {
        Self {
            order,
            bytes: Vec::new(),
        }
    }

    pub(super) fn u16(&mut self, number: u16) -> &mut Self {
        self.bytes.extend(match self.order {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        });
        self
    }

    pub(super) fn u32(&mut self, number: u32) -> &mut Self {
        self.bytes.extend(match self.order {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        });
        self
    }

    pub(super) fn padded(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// A pcapng option.
    pub(super) fn option(&mut self, code: u16, value: &[u8]) -> &mut Self {
        self.u16(code).u16(value.len() as u16).padded(value)
    }
}

pub(super) const MICROSECONDS: u32 = 0xa1b2_c3d4;
pub(super) const NANOSECONDS: u32 = 0xa1b2_3c4d;
pub(super) const MODIFIED: u32 = 0xa1b2_cd34;

/// Raw IP.
pub(super) const RAW: u16 = 101;

/// A pcap file whose packets were taken at 7 seconds and 1, 2, 3… ticks.
pub(super) fn pcap(order: Order, magic: u32, link_type: u16, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Writer::new(order);
    file.u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65_535);
    file.u32(u32::from(link_type));
    for (n, packet) in packets.iter().enumerate() {
        let length = packet.len() as u32;
        file.u32(7).u32(n as u32 + 1).u32(length).u32(length);
        if magic == MODIFIED {
            file.u32(2).u16(0x0800).u16(0);
        }
        file.bytes.extend(packet);
    }
    file.bytes
}

/// A pcapng file, block by block.
pub(super) struct PcapNg(Writer);

impl PcapNg {
    pub(super) fn new(order: Order) -> Self {
        Self(Writer::new(order)).section()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.bytes
    }

    pub(super) fn block(mut self, kind: u32, fill: impl FnOnce(&mut Writer)) -> Self {
        let mut body = Writer::new(self.0.order);
        fill(&mut body);
        let length = body.bytes.len() as u32 + 12;
        self.0.u32(kind).u32(length).padded(&body.bytes).u32(length);
        self
    }

    pub(super) fn section(self) -> Self {
        self.block(0x0a0d_0d0a, |body| {
            body.u32(0x1a2b_3c4d)
                .u16(1)
                .u16(0)
                .u32(u32::MAX)
                .u32(u32::MAX);
        })
    }

    /// A section in the other byte order follows.
    pub(super) fn section_in(mut self, order: Order) -> Self {
        self.0.order = order;
        self.section()
    }

    pub(super) fn interface(self, link_type: u16, fill: impl FnOnce(&mut Writer)) -> Self {
        self.block(1, |body| {
            body.u16(link_type).u16(0).u32(0);
            fill(body);
        })
    }

    pub(super) fn named(self, name: &str) -> Self {
        self.interface(RAW, |body| {
            body.option(2, name.as_bytes()).option(0, &[]);
        })
    }

    pub(super) fn enhanced(self, interface: u32, ticks: u64, packet: &[u8]) -> Self {
        self.enhanced_with(interface, ticks, packet, |_| ())
    }

    pub(super) fn enhanced_with(
        self,
        interface: u32,
        ticks: u64,
        packet: &[u8],
        fill: impl FnOnce(&mut Writer),
    ) -> Self {
        self.block(6, |body| {
            body.u32(interface);
            time_and_packet(body, ticks, packet);
            fill(body);
        })
    }

    pub(super) fn obsolete(self, interface: u16, dropped: u16, ticks: u64, packet: &[u8]) -> Self {
        self.block(2, |body| {
            body.u16(interface).u16(dropped);
            time_and_packet(body, ticks, packet);
        })
    }

    pub(super) fn simple(self, original: u32, packet: &[u8]) -> Self {
        self.block(3, |body| {
            body.u32(original).padded(packet);
        })
    }

    /// What the recorder says it dropped so far: the interface, and the system.
    pub(super) fn statistics(self, interface: u32, dropped: [u64; 2]) -> Self {
        self.block(5, |body| {
            body.u32(interface).u32(0).u32(0);
            for (code, count) in [(5, dropped[0]), (7, dropped[1])] {
                body.u16(code).u16(8);
                write_u64(body, count);
            }
        })
    }
}

pub(super) fn write_u64(body: &mut Writer, number: u64) {
    body.bytes.extend(match body.order {
        Order::Little => number.to_le_bytes(),
        Order::Big => number.to_be_bytes(),
    });
}

fn time_and_packet(body: &mut Writer, ticks: u64, packet: &[u8]) {
    let length = packet.len() as u32;
    body.u32((ticks >> 32) as u32).u32(ticks as u32);
    body.u32(length).u32(length).padded(packet);
}
