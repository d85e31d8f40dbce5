//! GTP-U: the user plane of mobile networks.

use super::{Opened, TunnelKind};
use crate::wire::{Unreadable, bytes};

/// The port that IANA assigned.
pub(super) const PORT: u16 = 2152;

const HEADER: usize = 8;
/// Version 1, protocol type GTP.
const GTP_1: u8 = 0x30;
/// The message that carries a packet.
const G_PDU: u8 = 255;
/// Extension header, sequence number or N-PDU number present: then four bytes stand for all three.
const OPTIONAL: u8 = 0x07;
const EXTENSION: u8 = 0x04;
/// More extension headers than this are nobody's traffic.
const MAX_EXTENSIONS: usize = 8;

/// Reads a GTP-U header (3GPP TS 29.281 section 5.1); `None` when it is none, or carries no packet.
pub(super) fn open(carried: &[u8]) -> Result<Option<Opened>, Unreadable> {
    let header: [u8; HEADER] = bytes::array(carried, 0).ok_or(Unreadable::Truncated)?;
    if header[0] & 0xf0 != GTP_1 || header[1] != G_PDU {
        return Ok(None);
    }
    let offset = match header[0] & OPTIONAL {
        0 => HEADER,
        flags if flags & EXTENSION == 0 => HEADER.saturating_add(4),
        _ => behind_extensions(carried, HEADER.saturating_add(4))?,
    };
    Ok(Some(Opened {
        kind: TunnelKind::GtpU,
        id: bytes::u32(carried, 4),
        offset,
    }))
}

/// The byte before each extension header tells its type, zero for none; its own first byte its length in words of four.
fn behind_extensions(carried: &[u8], at: usize) -> Result<usize, Unreadable> {
    let byte = |at: usize| carried.get(at).copied().ok_or(Unreadable::Truncated);
    let mut at = at;
    for _ in 0..MAX_EXTENSIONS {
        if byte(at.saturating_sub(1))? == 0 {
            return Ok(at);
        }
        match byte(at)? {
            0 => return Err(Unreadable::Malformed),
            words => at = at.saturating_add(usize::from(words).saturating_mul(4)),
        }
    }
    Err(Unreadable::Malformed)
}
