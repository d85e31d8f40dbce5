//! Protects Initial packets, for tests and for the fuzzer.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "packets of tests are short"
)]

use super::{Head, Keys, Version};

/// The header of an Initial packet without a token, with a packet number of four bytes, before `len` bytes of payload.
fn header(head: &Head, number: u32, len: usize) -> Vec<u8> {
    let kind = if head.version == Version::V2 { 0x10 } else { 0 };
    let mut bytes = vec![0xc3 | kind];
    bytes.extend(head.version.0.to_be_bytes());
    for id in [&head.destination, &head.source] {
        bytes.push(id.as_bytes().len() as u8);
        bytes.extend(id.as_bytes());
    }
    bytes.push(0);
    bytes.extend((0x4000 | (len + 4 + 16) as u16).to_be_bytes());
    bytes.extend(number.to_be_bytes());
    bytes
}

impl Keys {
    /// An Initial packet with these frames, filled up to `fill` bytes of payload.
    pub fn seal(&self, head: &Head, number: u32, frames: &[u8], fill: usize) -> Vec<u8> {
        let mut payload = frames.to_vec();
        payload.resize(payload.len().max(fill), 0);
        self.seal_with_header(header(head, number, payload.len()), number, payload)
    }

    /// Protects a payload behind a header whose last four bytes are the packet number.
    pub(crate) fn seal_with_header(
        &self,
        mut bytes: Vec<u8>,
        number: u32,
        payload: Vec<u8>,
    ) -> Vec<u8> {
        let payload_at = bytes.len();
        bytes.extend(payload);
        bytes.extend([0; 16]);
        self.seal_in_place(&mut bytes, payload_at, number.into())
            .unwrap();
        bytes
    }
}
