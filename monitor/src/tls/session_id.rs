//! The session id of a hello.

/// A session id: up to 32 bytes. A TLS 1.2 server that echoes the client's resumes the session (RFC 5246 section 7.4.1.3);
/// in TLS 1.3 the echo means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionId {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl SessionId {
    /// The longest session id there is.
    pub const MAX: usize = 32;

    /// `None` when `id` is longer than [`Self::MAX`].
    pub(super) fn new(id: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..id.len())?.copy_from_slice(id);
        let len = u8::try_from(id.len()).ok()?;
        Some(Self { bytes, len })
    }

    /// The bytes as sent.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// None was sent.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_different_length_differ() {
        assert_ne!(SessionId::new(&[0]), SessionId::new(&[0, 0]));
        assert_eq!(SessionId::new(&[7; 32]).unwrap().as_bytes(), [7; 32]);
        assert_eq!(SessionId::new(&[7; 33]), None);
        assert!(SessionId::default().is_empty());
    }
}
