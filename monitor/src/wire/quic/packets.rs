//! The packets of a datagram, by their headers (RFC 9000 section 17; what all versions share: RFC 8999).

use super::ConnectionId;
use super::varint::Cursor;
use super::version::{Kind, Version};

/// The long header bit of the first byte.
const LONG: u8 = 0x80;
/// The fixed bit: 1 in all packets of versions 1 and 2 but Version Negotiation.
const FIXED: u8 = 0x40;

/// What every long header says (RFC 8999 section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The version.
    pub version: Version,
    /// The ID of who is to receive it.
    pub destination: ConnectionId,
    /// The ID of who sent it.
    pub source: ConnectionId,
}

/// One QUIC packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// ClientHello and ServerHello travel in these.
    Initial(Initial<'a>),
    /// Early data.
    ZeroRtt(Head),
    /// The rest of the handshake; only the two ends can open it.
    Handshake(Head),
    /// The server asks the client to begin anew under another ID, to prove its address.
    Retry(Head),
    /// The server does not speak the client's version; four bytes for each one that it does.
    VersionNegotiation(Head, &'a [u8]),
    /// Application data: all of the datagram that is left. Its destination ID comes second, in a length that only its owner
    /// knows.
    OneRtt(&'a [u8]),
}

/// An Initial packet, still protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initial<'a> {
    /// What its header says.
    pub head: Head,
    /// It carries a token: the answer to a Retry, or of an earlier connection.
    pub has_token: bool,
    /// The whole packet, from its first byte; fewer bytes than it had when the capture cut it.
    pub bytes: &'a [u8],
    /// Where the packet number begins.
    pub number_at: usize,
    /// The capture cut it.
    pub is_cut: bool,
}

/// The packets of one datagram, in order. Ends at what cannot be read.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
    is_cut: bool,
}

/// Whether a datagram begins with an Initial packet of a version that can be read: what begins a conversation. A few compares.
pub fn opens_connection(datagram: &[u8]) -> bool {
    match *datagram {
        [first, a, b, c, d, ..] if first & (LONG | FIXED) == LONG | FIXED => {
            let version = Version(u32::from_be_bytes([a, b, c, d]));
            version.is_known() && version.kind(first) == Kind::Initial
        }
        _ => false,
    }
}

impl<'a> Packets<'a> {
    /// The packets of a datagram that had `wire_len` bytes.
    pub fn new(datagram: &'a [u8], wire_len: u32) -> Self {
        Self {
            rest: datagram,
            is_cut: datagram.len() < usize::try_from(wire_len).unwrap_or(usize::MAX),
        }
    }

    /// What has not been read yet; nothing behind what cannot be.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn long(&self, first: u8) -> Option<(Packet<'a>, &'a [u8])> {
        let mut cursor = Cursor::new(self.rest);
        cursor.u8()?;
        let head = Head {
            version: Version(cursor.u32()?),
            destination: id(&mut cursor)?,
            source: id(&mut cursor)?,
        };
        if head.version == Version::NEGOTIATION {
            return Some((Packet::VersionNegotiation(head, cursor.rest()), &[]));
        }
        if !head.version.is_known() || first & FIXED == 0 {
            return None;
        }
        match head.version.kind(first) {
            Kind::Retry => Some((Packet::Retry(head), &[])),
            Kind::Initial => self.initial(head, cursor),
            Kind::ZeroRtt => Some((Packet::ZeroRtt(head), self.passed_over(cursor)?)),
            Kind::Handshake => Some((Packet::Handshake(head), self.passed_over(cursor)?)),
        }
    }

    fn initial(&self, head: Head, mut cursor: Cursor<'a>) -> Option<(Packet<'a>, &'a [u8])> {
        let has_token = !cursor.block()?.is_empty();
        let len = usize::try_from(cursor.varint()?).ok()?;
        let behind = self.behind(&cursor, len)?;
        let initial = Initial {
            head,
            has_token,
            bytes: self
                .rest
                .get(..self.rest.len().checked_sub(behind.len())?)?,
            number_at: self.rest.len().checked_sub(cursor.rest().len())?,
            is_cut: cursor.rest().len() < len,
        };
        Some((Packet::Initial(initial), behind))
    }

    fn passed_over(&self, mut cursor: Cursor<'a>) -> Option<&'a [u8]> {
        let len = usize::try_from(cursor.varint()?).ok()?;
        self.behind(&cursor, len)
    }

    /// What comes behind a packet of which `len` bytes are left; nothing where the capture cut it.
    fn behind(&self, cursor: &Cursor<'a>, len: usize) -> Option<&'a [u8]> {
        match cursor.rest().get(len..) {
            Some(behind) => Some(behind),
            None if self.is_cut => Some(&[]),
            None => None,
        }
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        let first = *self.rest.first()?;
        let found = match first & (LONG | FIXED) {
            FIXED => Some((Packet::OneRtt(self.rest), &[][..])),
            bits if bits & LONG != 0 => self.long(first),
            _ => None,
        };
        let (packet, behind) = found.unzip();
        self.rest = behind.unwrap_or_default();
        packet
    }
}

fn id(cursor: &mut Cursor<'_>) -> Option<ConnectionId> {
    let len = cursor.u8()?;
    ConnectionId::new(cursor.take(len.into())?)
}
