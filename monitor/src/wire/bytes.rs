//! Fields at a place in some bytes, in network byte order; `None` past their end.

/// `N` bytes at `at`.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A big-endian 16-bit number at `at`.
pub(super) fn u16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

/// A big-endian 32-bit number at `at`.
pub(super) fn u32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// A length in memory as the wire counts it; lengths past 4 GiB do not occur.
pub(super) fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// What follows the first `wire` bytes; nothing where the capture ends before.
pub(super) fn after(bytes: &[u8], wire: u32) -> &[u8] {
    let wire = usize::try_from(wire).unwrap_or(usize::MAX);
    bytes.get(wire..).unwrap_or_default()
}

/// The first `wire` bytes, or those that the capture kept of them.
pub(super) fn first(bytes: &[u8], wire: u32) -> &[u8] {
    let wire = usize::try_from(wire).unwrap_or(usize::MAX);
    bytes.get(..wire).unwrap_or(bytes)
}
