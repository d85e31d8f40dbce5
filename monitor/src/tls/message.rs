//! Handshake messages: their types and their framing (RFC 8446 section 4).

use std::fmt;

use super::malformed::Malformed;
use super::names;

/// The longest handshake message that is put together, in bytes, without its header.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// Length of a handshake message's header, in bytes: type and 24-bit length.
pub(super) const HEADER: usize = 4;

/// The type of a handshake message, known or not (IANA registry TLS HandshakeType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandshakeType(pub u8);

impl HandshakeType {
    /// The server asks for a renegotiation (TLS 1.2 and before).
    pub const HELLO_REQUEST: Self = Self(0);
    /// [`ClientHello`](super::ClientHello).
    pub const CLIENT_HELLO: Self = Self(1);
    /// [`ServerHello`](super::ServerHello), or a HelloRetryRequest in its guise.
    pub const SERVER_HELLO: Self = Self(2);
    /// A session ticket.
    pub const NEW_SESSION_TICKET: Self = Self(4);
    /// The HelloRetryRequest of the TLS 1.3 drafts before 22.
    pub const DRAFT_HELLO_RETRY_REQUEST: Self = Self(6);
    /// The chain of certificates.
    pub const CERTIFICATE: Self = Self(11);
    /// The server's key exchange parameters (TLS 1.2 and before).
    pub const SERVER_KEY_EXCHANGE: Self = Self(12);
    /// The server asks for a client certificate.
    pub const CERTIFICATE_REQUEST: Self = Self(13);
    /// The server's flight ends (TLS 1.2 and before).
    pub const SERVER_HELLO_DONE: Self = Self(14);
    /// Proof that the sender has the key of its certificate.
    pub const CERTIFICATE_VERIFY: Self = Self(15);
    /// The client's key exchange parameters (TLS 1.2 and before).
    pub const CLIENT_KEY_EXCHANGE: Self = Self(16);
    /// The handshake's checksum.
    pub const FINISHED: Self = Self(20);
    /// A stapled OCSP response.
    pub const CERTIFICATE_STATUS: Self = Self(22);

    /// The name, as IANA has it.
    pub fn name(self) -> Option<&'static str> {
        names::handshake_type(self.0)
    }
}

impl fmt::Display for HandshakeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "{:#04x}", self.0),
        }
    }
}

/// A whole handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) kind: HandshakeType,
    pub(super) body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Splits the first message off `bytes`. `None` when it is not all there.
    pub(super) fn split(bytes: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, Malformed> {
        let Some(len) = Self::whole_len(bytes)? else {
            return Ok(None);
        };
        let Some((message, rest)) = bytes.split_at_checked(len) else {
            return Ok(None);
        };
        Ok(message
            .split_first_chunk::<HEADER>()
            .map(|(&[kind, ..], body)| {
                let kind = HandshakeType(kind);
                (Self { kind, body }, rest)
            }))
    }

    /// How long the message that `bytes` begin is, with its header. `None` when the header is not all there.
    pub(super) fn whole_len(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        let Some(&[_, high, middle, low]) = bytes.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        match u32::from_be_bytes([0, high, middle, low]) as usize {
            len if len > MAX_MESSAGE => Err(Malformed::MessageLength),
            len => Ok(Some(len.saturating_add(HEADER))),
        }
    }
}

/// How many bytes of a record tell whether it begins with a hello: message header and version.
pub(super) const HELLO_HEAD: usize = 6;

/// Whether a record whose body of `len` bytes begins with `first` ([`HELLO_HEAD`] of them) begins with a ClientHello or a
/// ServerHello: one that ends with the record, or one with a sensible version that goes on in the next.
pub(super) fn begins_hello(first: &[u8], len: u16) -> bool {
    let &[1..=2, _, _, _, major, minor] = first else {
        return false;
    };
    match Message::whole_len(first) {
        Ok(Some(whole)) if whole > usize::from(len) => matches!([major, minor], [3, 0..=4]),
        Ok(Some(whole)) => whole == usize::from(len),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_split_off_when_it_is_whole() {
        let bytes = [14, 0, 0, 0, 1, 0, 0, 2, 7];
        let (done, rest) = Message::split(&bytes).unwrap().unwrap();
        assert_eq!(
            (done.kind, done.body),
            (HandshakeType::SERVER_HELLO_DONE, &[][..])
        );
        assert_eq!(Message::split(rest), Ok(None));
        assert_eq!(Message::split(&rest[..3]), Ok(None));
    }

    #[test]
    fn the_cap_is_the_last_length_that_is_taken() {
        assert_eq!(
            Message::whole_len(&[11, 1, 0, 0]),
            Ok(Some(MAX_MESSAGE + HEADER))
        );
        assert_eq!(
            Message::whole_len(&[11, 1, 0, 1]),
            Err(Malformed::MessageLength)
        );
        assert_eq!(
            Message::split(&[11, 0xff, 0xff, 0xff]),
            Err(Malformed::MessageLength)
        );
    }

    #[test]
    fn an_unknown_type_prints_as_a_number() {
        assert_eq!(HandshakeType(0x70).to_string(), "0x70");
        assert_eq!(HandshakeType::CLIENT_HELLO.to_string(), "client_hello");
    }
}
