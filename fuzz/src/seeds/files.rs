//! Seeds made of whole files and single packets.

use std::io::Write as _;

use monitor::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::Packet;
use crate::seeds::Seeds;

/// All packets of a capture.
#[derive(Default)]
pub struct Collect(pub Vec<Packet>);

impl FrameSink for Collect {
    fn frame(&mut self, frame: Frame<'_>) {
        self.0.push(Packet {
            nanos: frame.time.0,
            network: frame.network.to_vec(),
        });
    }

    fn interface(&mut self, _: InterfaceId, _: &str) {}

    fn lost(&mut self, _: &'static str, _: &'static str, _: u64) {}

    fn tick(&mut self, _: Timestamp) {}
}

/// The file as it is, its first packets as pcapng, both compressed; and these packets one by one.
pub fn write(seeds: &mut Seeds, file: &[u8], packets: &[Packet]) -> std::io::Result<()> {
    let first = &packets[..packets.len().min(4)];
    for file in [file, &pcapng(first)] {
        let zstd = compress_to_vec(file, CompressionLevel::Fastest);
        for form in [file, &gzip(file)?, &zstd] {
            seeds.add("capture", &[&[7], form].concat())?;
        }
    }
    for packet in first {
        seeds.add("frame", &[&[0, 3], &packet.network[..]].concat())?;
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// A pcapng file of raw IP, with a section header, an interface called `eth0` and one enhanced packet block for each packet.
fn pcapng(packets: &[Packet]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut head = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    head.extend([1, 0, 0, 0]);
    head.extend([0xff; 8]);
    block(&mut file, 0x0a0d_0d0a, &head);
    block(
        &mut file,
        1,
        &[
            101, 0, 0, 0, 0, 0, 4, 0, 2, 0, 4, 0, b'e', b't', b'h', b'0', 0, 0, 0, 0,
        ],
    );
    for packet in packets {
        let micros = packet.nanos / 1_000;
        let len = u32::try_from(packet.network.len()).unwrap_or_default();
        let [high, low] = [micros >> 32, micros & 0xffff_ffff].map(|half| half as u32);
        let mut body: Vec<u8> = [0, high, low, len, len]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        body.extend(&packet.network);
        body.resize(body.len().next_multiple_of(4), 0);
        block(&mut file, 6, &body);
    }
    file
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let len = u32::try_from(body.len() + 12)
        .unwrap_or(u32::MAX)
        .to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(len);
    file.extend(body);
    file.extend(len);
}
