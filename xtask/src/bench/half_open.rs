//! A capture of handshakes that nobody means to finish: a SYN, its answer, and half a ClientHello, from another client each.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::generate;

/// One begins this often: 50,000 a second.
const SPACING_MICROS: u64 = 20;
/// The length of the ClientHello that half of comes.
const HELLO: u16 = 512;

const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;

/// Writes a capture of this many half-open handshakes.
pub(super) fn write(count: u32, file: &Path) -> Result<()> {
    fs::create_dir_all(file.parent().context("a folder to write to")?)?;
    let mut out = BufWriter::new(File::create(file)?);
    out.write_all(&generate::header())?;
    let hello = hello();
    for number in 0..count {
        let time = u64::from(number) * SPACING_MICROS;
        let frames = [
            Segment::from_client(number, SYN, &[]),
            Segment::from_server(number, SYN_ACK),
            Segment::from_client(number, ACK, &hello),
        ];
        for frame in frames {
            generate::write_packet(&mut out, time, &frame.bytes())?;
        }
    }
    Ok(out.flush()?)
}

/// The first half of a record with a ClientHello.
fn hello() -> Vec<u8> {
    let [high, low] = HELLO.to_be_bytes();
    let [body_high, body_low] = (HELLO - 4).to_be_bytes();
    let head = [22, 3, 1, high, low, 1, 0, body_high, body_low, 3, 3];
    let mut hello = head.to_vec();
    hello.resize(usize::from(HELLO / 2), 0xa5);
    hello
}

struct Segment<'a> {
    source: ([u8; 4], u16),
    destination: ([u8; 4], u16),
    numbers: [u32; 2],
    flags: u8,
    payload: &'a [u8],
}

const SERVER: ([u8; 4], u16) = ([192, 0, 2, 1], 443);

/// An address and a port of its own for each.
fn client(number: u32) -> ([u8; 4], u16) {
    let [a, b, c, d] = number.to_be_bytes();
    (
        [10 + a, b, c, d],
        1024 + u16::from_be_bytes([c, d]) % 60_000,
    )
}

impl<'a> Segment<'a> {
    fn from_client(number: u32, flags: u8, payload: &'a [u8]) -> Self {
        let numbers = if flags == SYN {
            [1000, 0]
        } else {
            [1001, 5001]
        };
        Self {
            source: client(number),
            destination: SERVER,
            numbers,
            flags,
            payload,
        }
    }

    fn from_server(number: u32, flags: u8) -> Self {
        Self {
            source: SERVER,
            destination: client(number),
            numbers: [5000, 1001],
            flags,
            payload: &[],
        }
    }

    /// Ethernet, IPv4 and TCP without checksums.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; 12];
        let total = u16::try_from(40 + self.payload.len()).unwrap_or(u16::MAX);
        bytes.extend([0x08, 0x00, 0x45, 0]);
        bytes.extend(total.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 64, 6, 0, 0]);
        bytes.extend(self.source.0);
        bytes.extend(self.destination.0);
        bytes.extend(self.source.1.to_be_bytes());
        bytes.extend(self.destination.1.to_be_bytes());
        bytes.extend(self.numbers.into_iter().flat_map(u32::to_be_bytes));
        bytes.extend([0x50, self.flags, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(self.payload);
        bytes
    }
}
