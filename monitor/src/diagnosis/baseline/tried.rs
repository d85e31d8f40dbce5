//! How often something was tried, and what came of it.

/// Counts of decided handshakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// The handshake was established.
    pub completed: u32,
    /// The server answered with a ServerHello or HelloRetryRequest, whatever came later.
    pub answered: u32,
    /// The server ended it before any ServerHello.
    pub refused: u32,
    /// Of those, by RST.
    pub reset: u32,
    /// Of those that were established, the client sent a certificate (TLS 1.2 and before, where that can be seen).
    pub certified: u32,
    /// Of those that were established, the client was asked for a certificate and sent none.
    pub uncertified: u32,
}

impl Tried {
    /// Both together.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            completed: self.completed.saturating_add(other.completed),
            answered: self.answered.saturating_add(other.answered),
            refused: self.refused.saturating_add(other.refused),
            reset: self.reset.saturating_add(other.reset),
            certified: self.certified.saturating_add(other.certified),
            uncertified: self.uncertified.saturating_add(other.uncertified),
        }
    }
}
