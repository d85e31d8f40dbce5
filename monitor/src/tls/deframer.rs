//! From the bytes of one direction of a connection to what they carry.
//!
//! ```text
//! pushes    |-- 700 bytes --|------------ 1448 bytes -----------|-- 96 --|
//! records   | hs | hs | hs        | ccs | app               | alert |
//! messages  |ClientHello          |     |                   |       |
//!            '--- put together --'        '-- skipped unseen     '-- whole
//! ```
//!
//! A handshake message that lies whole in one record and one push is handed on where it lies; only one that is cut is put
//! together in memory, and nothing else is ever kept but the few bytes of a cut header.

use assembler::Assembler;
use held::Held;
use item::Visit;

use super::malformed::Malformed;
use super::message;
use super::record::{self, Header, Opening};

mod assembler;
mod held;
mod item;

pub use item::Item;

/// Takes one direction of a connection, in order and in any cut, and tells what it carries.
///
/// What is encrypted follows from the stream itself:
///
/// 1. Records of type application_data are.
/// 2. After a ChangeCipherSpec all records are, up to TLS 1.2.
/// 3. In TLS 1.3 ([`Self::set_tls13`]) a ChangeCipherSpec means nothing. While the version is not known, a record of type
///    handshake after it is taken as plaintext when it begins with the header of a hello that fits: the second ClientHello
///    or ServerHello after a HelloRetryRequest. One ciphertext in 2^28 does so too.
/// 4. An alert of two bytes is plaintext, before or after: every cipher adds more than that. A longer one is encrypted.
#[derive(Debug, Default)]
pub struct Deframer {
    state: State,
    held: Held,
    assembler: Assembler,
    opened: bool,
    ciphered: bool,
    tls13: bool,
}

/// Where in the stream the next byte lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In a record header; `held` has the bytes of it that have come.
    #[default]
    Header,
    /// In the body of an alert or a ChangeCipherSpec; `held` has the bytes of it that have come.
    Short(Header),
    /// At the body of a handshake record that may be encrypted; `held` has the bytes of it that have come.
    Doubt { len: u16 },
    /// In the body of a handshake record, with `left` bytes to come.
    Handshake { left: u16 },
    /// In a body that is passed over, with `left` bytes to come.
    Skip { left: u16 },
    /// In a stream that is no TLS; `held` has its first bytes.
    NotTls,
    /// In a stream of handshake messages without records.
    Messages,
    /// Behind a gap or bytes that make no sense.
    Stopped,
}

impl State {
    const fn handshake(left: u16) -> Self {
        if left == 0 {
            Self::Header
        } else {
            Self::Handshake { left }
        }
    }

    const fn skip(left: u16) -> Self {
        if left == 0 {
            Self::Header
        } else {
            Self::Skip { left }
        }
    }
}

impl Deframer {
    /// For a stream that is handshake messages and nothing else, without records: that of QUIC's CRYPTO frames (RFC 9001
    /// section 4.1.3).
    pub fn of_messages() -> Self {
        Self {
            state: State::Messages,
            ..Self::default()
        }
    }

    /// For a stream that is joined at the beginning of a record, all of them encrypted.
    pub fn of_ciphered() -> Self {
        Self {
            opened: true,
            ciphered: true,
            ..Self::default()
        }
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8], visit: Visit<'_>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.state {
                State::Header => self.header(rest, visit),
                State::Short(header) => self.short(rest, header, visit),
                State::Doubt { len } => self.doubt(rest, len, visit),
                State::Handshake { left } => self.handshake(rest, left, visit),
                State::Skip { left } => self.skip(rest, left),
                State::Messages => self.messages(rest, visit),
                State::NotTls => return self.open(rest),
                State::Stopped => return,
            }
        }
    }

    /// The connection is known to be TLS 1.3: a ChangeCipherSpec means nothing, handshake records are plaintext.
    pub fn set_tls13(&mut self) {
        self.tls13 = true;
        self.ciphered = false;
    }

    /// Bytes are missing from here on, and it is not known how many. Nothing more is told: where the next record begins
    /// would be a guess. See [`Self::pass_over`] for gaps that do no harm.
    pub fn gap(&mut self) {
        self.state = State::Stopped;
        self.held.clear();
        self.assembler.clear();
    }

    /// The next `missing` bytes were not captured. True when they all lie in a body that is passed over anyway (encrypted,
    /// mostly), so that nothing is lost; else this is a [`Self::gap`].
    pub fn pass_over(&mut self, missing: u64) -> bool {
        let left = match self.state {
            State::Skip { left } => u64::from(left),
            _ => 0,
        };
        match left.checked_sub(missing).map(u16::try_from) {
            Some(Ok(left)) if missing > 0 => self.state = State::skip(left),
            Some(_) => {}
            None => self.gap(),
        }
        self.state != State::Stopped
    }

    /// No record and no message is half told: the stream may end here.
    pub fn is_idle(&self) -> bool {
        match self.state {
            State::Header => self.held.bytes().is_empty() && self.assembler.is_empty(),
            State::Messages => self.assembler.is_empty(),
            State::NotTls | State::Stopped => true,
            State::Short(_)
            | State::Doubt { .. }
            | State::Handshake { .. }
            | State::Skip { .. } => false,
        }
    }

    /// Memory held for messages that are not whole yet, in bytes.
    pub fn buffered(&self) -> usize {
        self.assembler.capacity()
    }

    /// Nothing more will be told, whatever is pushed: after [`Item::NotTls`], [`Item::Malformed`] or a gap.
    pub const fn is_stopped(&self) -> bool {
        matches!(self.state, State::NotTls | State::Stopped)
    }

    /// The first bytes, at most sixteen, of a stream that is no TLS, as far as they have come; empty for TLS.
    pub fn opening(&self) -> &[u8] {
        match self.state {
            State::NotTls => self.held.bytes(),
            _ => &[],
        }
    }

    fn header<'a>(&mut self, rest: &'a [u8], visit: Visit<'_>) -> &'a [u8] {
        if let (true, Some((&header, body))) = (self.is_between_records(), rest.split_first_chunk())
        {
            match Header::read(header) {
                Ok(header) => self.record(header, visit),
                Err(malformed) => self.fail(malformed, visit),
            }
            return body;
        }
        let rest = self.held.fill(rest, record::HEADER);
        match self.judge() {
            Ok(Opening::More) => {}
            Ok(Opening::Record(header)) => {
                self.held.clear();
                self.opened = true;
                self.record(header, visit);
            }
            Ok(Opening::Ssl2 { version, left }) => {
                self.held.clear();
                self.opened = true;
                self.state = State::skip(left);
                let len = left.saturating_add(3);
                visit(Item::Ssl2ClientHello { version, len });
            }
            Ok(Opening::NotTls) => {
                self.state = State::NotTls;
                self.open(rest);
                let first = self.held.bytes();
                visit(Item::NotTls { first });
                return &[];
            }
            Err(malformed) => self.fail(malformed, visit),
        }
        rest
    }

    /// The next byte begins a record of a stream that is known to be TLS.
    fn is_between_records(&self) -> bool {
        self.opened && self.held.bytes().is_empty()
    }

    /// Keeps the first bytes of a stream that is no TLS.
    fn open(&mut self, rest: &[u8]) {
        self.held.fill(rest, Held::MAX);
    }

    /// What the held bytes of a header say. Only the first may be something else than a record.
    fn judge(&self) -> Result<Opening, Malformed> {
        match self.held.bytes().first_chunk::<{ record::HEADER }>() {
            Some(&header) if self.opened => Header::read(header).map(Opening::Record),
            None if self.opened => Ok(Opening::More),
            _ => Opening::of(self.held.bytes()),
        }
    }

    /// Decides what to do with the body of a record.
    fn record(&mut self, header: Header, visit: Visit<'_>) {
        let Header { content_type, len } = header;
        let cut = !self.assembler.is_empty();
        self.state = match content_type {
            record::HANDSHAKE if self.ciphered => State::Doubt { len },
            record::HANDSHAKE if len == 0 => return self.fail(Malformed::EmptyRecord, visit),
            record::HANDSHAKE => State::Handshake { left: len },
            record::ALERT if len == 2 => State::Short(header),
            _ if cut => return self.fail(Malformed::Interleaved, visit),
            record::CHANGE_CIPHER_SPEC if len == 1 => State::Short(header),
            record::CHANGE_CIPHER_SPEC if !self.ciphered => {
                return self.fail(Malformed::ChangeCipherSpec, visit);
            }
            record::HEARTBEAT if !self.ciphered => State::skip(len),
            _ => {
                visit(Item::Protected { content_type, len });
                State::skip(len)
            }
        };
    }

    fn short<'a>(&mut self, rest: &'a [u8], header: Header, visit: Visit<'_>) -> &'a [u8] {
        let rest = self.held.fill(rest, header.len.into());
        match *self.held.bytes() {
            [level, description] => {
                self.end_short();
                visit(Item::Alert { level, description });
            }
            [1] if header.content_type == record::CHANGE_CIPHER_SPEC => {
                self.end_short();
                self.ciphered = !self.tls13;
                visit(Item::ChangeCipherSpec);
            }
            [_] if header.content_type == record::CHANGE_CIPHER_SPEC => {
                self.fail(Malformed::ChangeCipherSpec, visit);
            }
            _ => {}
        }
        rest
    }

    fn end_short(&mut self) {
        self.held.clear();
        self.state = State::Header;
    }

    /// A handshake record after a ChangeCipherSpec: looks at its first bytes, where they lie if they are all there.
    fn doubt<'a>(&mut self, rest: &'a [u8], len: u16, visit: Visit<'_>) -> &'a [u8] {
        let want = usize::from(len).min(message::HELLO_HEAD);
        let first = rest.get(..want).filter(|_| self.held.bytes().is_empty());
        if let Some(first) = first {
            self.settle(message::begins_hello(first, len), len, visit);
            return rest;
        }
        let rest = self.held.fill(rest, want);
        let held = self.held;
        if held.bytes().len() == want {
            self.settle(message::begins_hello(held.bytes(), len), len, visit);
            self.held.clear();
            self.resume(held.bytes(), visit);
        }
        rest
    }

    fn settle(&mut self, plaintext: bool, len: u16, visit: Visit<'_>) {
        if plaintext {
            self.set_tls13();
            self.state = State::handshake(len);
        } else {
            let content_type = record::HANDSHAKE;
            visit(Item::Protected { content_type, len });
            self.state = State::skip(len);
        }
    }

    /// Goes through bytes that were held until it was known what they are.
    fn resume(&mut self, held: &[u8], visit: Visit<'_>) {
        match self.state {
            State::Handshake { left } => self.handshake(held, left, visit),
            State::Skip { left } => self.skip(held, left),
            _ => &[],
        };
    }

    fn handshake<'a>(&mut self, rest: &'a [u8], left: u16, visit: Visit<'_>) -> &'a [u8] {
        let (fragment, rest, left) = part(rest, left);
        self.state = State::handshake(left);
        if let Err(malformed) = self.assembler.push(fragment, visit) {
            self.fail(malformed, visit);
        }
        rest
    }

    fn messages<'a>(&mut self, rest: &'a [u8], visit: Visit<'_>) -> &'a [u8] {
        if let Err(malformed) = self.assembler.push(rest, visit) {
            self.fail(malformed, visit);
        }
        &[]
    }

    fn skip<'a>(&mut self, rest: &'a [u8], left: u16) -> &'a [u8] {
        let (_, rest, left) = part(rest, left);
        self.state = State::skip(left);
        rest
    }

    fn fail(&mut self, malformed: Malformed, visit: Visit<'_>) {
        self.gap();
        visit(Item::Malformed(malformed));
    }
}

/// Splits `rest` where a body with `left` bytes to come ends: the part in it, the part behind it, what is left then.
fn part(rest: &[u8], left: u16) -> (&[u8], &[u8], u16) {
    let (inside, behind) = rest.split_at_checked(left.into()).unwrap_or((rest, &[]));
    let taken = u16::try_from(inside.len()).unwrap_or(left);
    (inside, behind, left.saturating_sub(taken))
}

#[cfg(test)]
mod tests;
