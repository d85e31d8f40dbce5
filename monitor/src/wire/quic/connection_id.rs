//! Connection IDs.

use std::fmt;

/// A connection ID (RFC 9000 section 5.1): up to 20 bytes that its owner chose, and that packets to the owner begin with.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl ConnectionId {
    /// The longest there is in versions 1 and 2 (RFC 9000 section 17.2).
    pub const MAX: usize = 20;

    /// `None` when `id` is longer than [`Self::MAX`].
    pub fn new(id: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..id.len())?.copy_from_slice(id);
        let len = u8::try_from(id.len()).ok()?;
        Some(Self { bytes, len })
    }

    /// The bytes as sent.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
