//! Generic Routing Encapsulation, and ERSPAN in it.

use super::{BRIDGED_ETHERNET, Opened, TunnelKind, ip_header};
use crate::wire::{Unreadable, bytes};

/// Flags: checksum, routing, key and sequence number present (RFC 2784 section 2.1, RFC 2890 section 2, RFC 1701).
const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
/// Version 1 is PPTP's (RFC 2637), whose content is mostly compressed or encrypted.
const VERSION: u16 = 0x0007;

const ERSPAN: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;

/// Reads a GRE header.
pub(super) fn open(carried: &[u8]) -> Result<Opened, Unreadable> {
    let flags = bytes::u16(carried, 0).ok_or(Unreadable::Truncated)?;
    let protocol = bytes::u16(carried, 2).ok_or(Unreadable::Truncated)?;
    if flags & (ROUTING | VERSION) != 0 {
        return Err(Unreadable::OtherProtocol(super::GRE));
    }
    let field = |flag: u16| if flags & flag == 0 { 0 } else { 4_usize };
    let key_at = field(CHECKSUM).saturating_add(4);
    let end = key_at
        .saturating_add(field(KEY))
        .saturating_add(field(SEQUENCE));
    match protocol {
        ERSPAN => erspan(carried, end, type_2_header(flags)),
        ERSPAN_III => erspan(carried, end, type_3_header(carried, end)?),
        ethertype => Ok(Opened {
            kind: TunnelKind::Gre,
            id: key(carried, flags, key_at)?,
            offset: ip_header(carried, ethertype, end)?,
        }),
    }
}

fn key(carried: &[u8], flags: u16, at: usize) -> Result<Option<u32>, Unreadable> {
    if flags & KEY == 0 {
        return Ok(None);
    }
    bytes::u32(carried, at)
        .map(Some)
        .ok_or(Unreadable::Truncated)
}

/// Type I has no header of its own, nor a sequence number; type II has both.
const fn type_2_header(flags: u16) -> usize {
    if flags & SEQUENCE == 0 { 0 } else { 8 }
}

/// Twelve bytes; the last bit of them says whether eight of a platform's own follow.
fn type_3_header(carried: &[u8], at: usize) -> Result<usize, Unreadable> {
    let last = bytes::u16(carried, at.saturating_add(10)).ok_or(Unreadable::Truncated)?;
    Ok(if last & 1 == 0 { 12 } else { 20 })
}

/// The session is the low ten bits of the second 16-bit word.
fn erspan(carried: &[u8], at: usize, header: usize) -> Result<Opened, Unreadable> {
    let session = match header {
        0 => None,
        _ => Some(bytes::u16(carried, at.saturating_add(2)).ok_or(Unreadable::Truncated)?),
    };
    Ok(Opened {
        kind: TunnelKind::Erspan,
        id: session.map(|word| u32::from(word & 0x03ff)),
        offset: ip_header(carried, BRIDGED_ETHERNET, at.saturating_add(header))?,
    })
}
