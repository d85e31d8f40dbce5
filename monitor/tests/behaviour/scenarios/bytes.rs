//! The pieces that records, messages and extensions are made of.

use super::parse::{Result, number};

/// Types of records (RFC 8446 section 5.1).
pub(super) const CCS: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const DATA: u8 = 23;

pub(super) fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &vec16(body)].concat()
}

/// Protected records with bodies of these sizes.
pub(super) fn records(sizes: &[&str]) -> Result<Vec<u8>> {
    let one = |size: &&str| Ok(record(DATA, &vec![7; number(size)?]));
    sizes
        .iter()
        .map(one)
        .collect::<Result<Vec<_>>>()
        .map(|all| all.concat())
}

/// A handshake message in a record of its own.
pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    record(HANDSHAKE, &[&[kind][..], &vec24(body)].concat())
}

pub(super) fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vec16(content)].concat()
}

pub(super) fn vec16(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], content].concat()
}

pub(super) fn vec24(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], content].concat()
}

pub(super) fn length8(content: &[u8]) -> u8 {
    u8::try_from(content.len()).unwrap()
}

pub(super) fn numbers(all: &[u16]) -> Vec<u8> {
    all.iter().flat_map(|one| one.to_be_bytes()).collect()
}
