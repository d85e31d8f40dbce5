//! VXLAN.

use super::{BRIDGED_ETHERNET, Opened, TunnelKind, ip_header, u24};
use crate::wire::{Unreadable, bytes};

/// The port that IANA assigned.
pub(super) const PORT: u16 = 4789;
/// The port that Linux used before, and that Cilium and Flannel still use.
pub(super) const LINUX_PORT: u16 = 8472;

const HEADER: usize = 8;
/// "The VNI is valid" (RFC 7348 section 5), and the bit that says that a group policy follows (draft-smith-vxlan-group-policy).
const VNI: u8 = 0x08;
const GROUP_POLICY: u8 = 0x80;

/// Reads a VXLAN header; `None` when it is none.
pub(super) fn open(carried: &[u8]) -> Result<Option<Opened>, Unreadable> {
    let header: [u8; HEADER] = bytes::array(carried, 0).ok_or(Unreadable::Truncated)?;
    if header[0] & !GROUP_POLICY != VNI || header[7] != 0 {
        return Ok(None);
    }
    Ok(Some(Opened {
        kind: TunnelKind::Vxlan,
        id: Some(u24(carried, 4)?),
        offset: ip_header(carried, BRIDGED_ETHERNET, HEADER)?,
    }))
}
