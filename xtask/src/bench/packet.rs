//! Packets of a capture file (pcap, Ethernet), and giving a copy of one another client.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Where the network header stands in an Ethernet frame.
const NETWORK: usize = 14;

/// A packet.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) bytes: Vec<u8>,
}

/// Where a packet's addresses stand; they are the last four bytes of an IPv6 address.
struct Layout {
    source: usize,
    destination: usize,
    /// The checksums that cover them.
    checksums: Vec<usize>,
    transport: usize,
}

/// Reads a pcap file of little-endian headers, microseconds and Ethernet, as tcpdump writes them here.
pub(super) fn read(file: &Path) -> Result<Vec<Packet>> {
    let data = fs::read(file).with_context(|| file.display().to_string())?;
    if word(&data, 0) != Some(0xa1b2_c3d4) || word(&data, 20) != Some(1) {
        bail!("{} is not a pcap file of Ethernet frames", file.display());
    }
    let mut packets = Vec::new();
    let mut at = 24;
    while let Some(length) = word(&data, at + 8) {
        let end = at + 16 + usize::try_from(length)?;
        let bytes = data
            .get(at + 16..end)
            .context("a packet is cut short")?
            .to_vec();
        packets.push(Packet { bytes });
        at = end;
    }
    Ok(packets)
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

impl Packet {
    /// Who opened the connection (address and port), if this is the first packet of one.
    pub(super) fn opener(&self) -> Option<([u8; 4], u16)> {
        let layout = self.layout()?;
        let is_syn = self.bytes.get(layout.transport + 13)? & 0x12 == 0x02;
        let port = self
            .bytes
            .get(layout.transport..layout.transport + 2)?
            .try_into()
            .ok()?;
        let address = self.address(layout.source)?;
        is_syn.then_some((address, u16::from_be_bytes(port)))
    }

    /// Its TCP flags.
    pub(super) fn flags(&self) -> Option<u8> {
        self.bytes.get(self.layout()?.transport + 13).copied()
    }

    /// Whether its payload begins with a TLS record of this content type.
    pub(super) fn begins_record(&self, content_type: u8) -> bool {
        let payload = || {
            let transport = self.layout()?.transport;
            let header = usize::from(self.bytes.get(transport + 12)? >> 4) * 4;
            self.bytes.get(transport + header..)
        };
        matches!(payload(), Some([first, 3, ..]) if *first == content_type)
    }

    /// A copy in which the client at `old` has the address `new`; its checksums stay as right as they were.
    pub(super) fn readdressed(&self, old: [u8; 4], new: [u8; 4]) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let Some(layout) = self.layout() else {
            return bytes;
        };
        for at in [layout.source, layout.destination] {
            if self.address(at) == Some(old) {
                bytes.splice(at..at + 4, new);
                for sum in &layout.checksums {
                    adjust(&mut bytes, *sum, old, new);
                }
            }
        }
        bytes
    }

    fn address(&self, at: usize) -> Option<[u8; 4]> {
        self.bytes.get(at..at + 4)?.try_into().ok()
    }

    fn layout(&self) -> Option<Layout> {
        let first = *self.bytes.get(NETWORK)?;
        if self.bytes.get(12..14)? == [0x08, 0x00] && *self.bytes.get(NETWORK + 9)? == 6 {
            let transport = NETWORK + usize::from(first & 0x0f) * 4;
            let checksums = vec![NETWORK + 10, transport + 16];
            return Some(Layout {
                source: 26,
                destination: 30,
                checksums,
                transport,
            });
        }
        if self.bytes.get(12..14)? == [0x86, 0xdd] && *self.bytes.get(NETWORK + 6)? == 6 {
            let transport = NETWORK + 40;
            let checksums = vec![transport + 16];
            return Some(Layout {
                source: 34,
                destination: 50,
                checksums,
                transport,
            });
        }
        None
    }
}

/// RFC 1624, equation 3: a checksum after four of the bytes that it covers changed.
fn adjust(bytes: &mut [u8], at: usize, old: [u8; 4], new: [u8; 4]) {
    let Some(place) = bytes.get_mut(at..at + 2) else {
        return;
    };
    let Ok(before) = <[u8; 2]>::try_from(&*place) else {
        return;
    };
    let mut sum = u32::from(!u16::from_be_bytes(before));
    for (old, new) in old.chunks(2).zip(new.chunks(2)) {
        if let ([a, b], [c, d]) = (old, new) {
            sum +=
                u32::from(!u16::from_be_bytes([*a, *b])) + u32::from(u16::from_be_bytes([*c, *d]));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let [.., high, low] = (!sum).to_be_bytes();
    place.copy_from_slice(&[high, low]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over an IPv4 header with a right checksum is all ones (RFC 1071).
    fn header_sum(bytes: &[u8]) -> u32 {
        let mut sum: u32 = bytes[14..34]
            .chunks(2)
            .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
            .sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum
    }

    #[test]
    fn a_new_address_leaves_the_header_checksum_right() {
        let mut bytes = vec![0; 14 + 20 + 20];
        bytes.splice(12..14, [0x08, 0x00]);
        bytes[14] = 0x45;
        bytes[23] = 6;
        bytes.splice(26..34, [192, 0, 2, 10, 198, 51, 100, 20]);
        bytes[14 + 20 + 13] = 2;
        let sum = !u16::try_from(header_sum(&bytes)).unwrap();
        bytes.splice(24..26, sum.to_be_bytes());
        let packet = Packet { bytes };
        assert_eq!(header_sum(&packet.bytes), 0xffff);
        assert_eq!(packet.opener(), Some(([192, 0, 2, 10], 0)));
        let copy = packet.readdressed([192, 0, 2, 10], [10, 1, 2, 3]);
        assert_eq!(&copy[26..30], [10, 1, 2, 3]);
        assert_eq!(header_sum(&copy), 0xffff);
    }
}
