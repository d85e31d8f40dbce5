//! What every report of one handshake has in common.

use std::fmt;
use std::net::IpAddr;

use crate::handshake::Conversation;
use crate::label::shown;

/// A number that is the same for every report of one handshake, live or replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandshakeId(pub u64);

impl HandshakeId {
    /// A hash (FNV-1a) of who talks to whom and of what the client chose at random: its initial sequence number or
    /// connection ID, and the random of its hello.
    pub(super) fn of(talk: &Conversation) -> Self {
        let mut id = Self(0xcbf2_9ce4_8422_2325);
        for endpoint in [talk.endpoints.client, talk.endpoints.server] {
            match endpoint.address {
                IpAddr::V4(address) => id.add(&address.octets()),
                IpAddr::V6(address) => id.add(&address.octets()),
            }
            id.add(&endpoint.port.to_be_bytes());
        }
        id.add(&talk.carrier.nonce());
        if let Some((hello, _)) = &talk.progress.client_hello {
            id.add(&hello.random);
        }
        id
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl fmt::Display for HandshakeId {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

shown!(HandshakeId);

/// What is written is not the number of a handshake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no handshake's id: sixteen hexadecimal digits, as in 8e0f8a1c5b7d2e43")]
pub struct BadId(String);

impl std::str::FromStr for HandshakeId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let is_one = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_one);
        number.map(Self).ok_or_else(|| BadId(text.to_owned()))
    }
}
