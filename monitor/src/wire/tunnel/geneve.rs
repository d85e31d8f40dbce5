//! Geneve.

use super::{Opened, TunnelKind, ip_header, u24};
use crate::wire::{Unreadable, bytes};

/// The port that IANA assigned.
pub(super) const PORT: u16 = 6081;

const HEADER: usize = 8;

/// Reads a Geneve header with its options (RFC 8926 section 3.4); `None` when it is none.
pub(super) fn open(carried: &[u8]) -> Result<Option<Opened>, Unreadable> {
    let header: [u8; HEADER] = bytes::array(carried, 0).ok_or(Unreadable::Truncated)?;
    let (version, option_words) = (header[0] >> 6, header[0] & 0x3f);
    if version != 0 || header[7] != 0 {
        return Ok(None);
    }
    let end = HEADER.saturating_add(usize::from(option_words).saturating_mul(4));
    Ok(Some(Opened {
        kind: TunnelKind::Geneve,
        id: Some(u24(carried, 4)?),
        offset: ip_header(carried, u16::from_be_bytes([header[2], header[3]]), end)?,
    }))
}
