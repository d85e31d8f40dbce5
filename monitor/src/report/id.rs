//! What every report of one handshake has in common.

use std::fmt;

use crate::label::shown;

/// A number that is the same for every report of one handshake, live or replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandshakeId(pub u64);

impl fmt::Display for HandshakeId {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

shown!(HandshakeId);
