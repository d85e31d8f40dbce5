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

use held::Held;

use super::malformed::Malformed;
use super::message::{self, HandshakeType, Message};
use super::record::{self, Header, Opening};
use super::version::Version;

mod held;

/// What a stream turns out to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole handshake message in plaintext, however it was cut into records.
    Handshake {
        /// Its type.
        kind: HandshakeType,
        /// Its content, without the header of four bytes.
        body: &'a [u8],
        /// Its length with that header.
        len: u32,
    },
    /// An alert in plaintext.
    Alert {
        /// AlertLevel.
        level: u8,
        /// AlertDescription.
        description: u8,
    },
    /// A ChangeCipherSpec; in TLS 1.3 a dummy (RFC 8446 appendix D.4).
    ChangeCipherSpec,
    /// A record with encrypted content: told when its header has been seen, its content is passed over.
    Protected {
        /// The type in the record's header.
        content_type: u8,
        /// The length of its body.
        len: u16,
    },
    /// A ClientHello in the format of SSL 2.0 (RFC 5246 appendix E.2): it has no extensions, so no server name.
    Ssl2ClientHello {
        /// The highest version offered.
        version: Version,
        /// The length of the message.
        len: u16,
    },
    /// The stream does not begin as TLS does. Nothing follows.
    NotTls {
        /// Its first bytes, as far as they have come; see [`Deframer::opening`] for later.
        first: &'a [u8],
    },
    /// From here on the stream makes no sense. Nothing follows.
    Malformed(Malformed),
}

/// Takes the items as they are found.
type Visit<'v> = &'v mut dyn FnMut(Item<'_>);

/// Takes one direction of a connection, in order and in any cut, and tells what it carries.
///
/// What is encrypted follows from the stream itself:
///
/// 1. Records of type application_data are.
/// 2. After a ChangeCipherSpec all records are, up to TLS 1.2.
/// 3. In TLS 1.3 ([`Self::set_tls13`]) a ChangeCipherSpec means nothing. While the version is not known, a record of type
///    handshake after it is taken as plaintext when it begins with the header of a hello that fits: the second ClientHello
///    or ServerHello after a HelloRetryRequest. A ciphertext would do so once in 2^30.
/// 4. An alert of two bytes is plaintext, before or after: every cipher adds more than that. A longer one is encrypted.
#[derive(Debug, Default)]
pub struct Deframer {
    state: State,
    held: Held,
    message: Vec<u8>,
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
        self.message = Vec::new();
    }

    /// The next `missing` bytes were not captured. True when they all lie in a body that is passed over anyway (encrypted,
    /// mostly), so that nothing is lost; else this is a [`Self::gap`].
    pub fn pass_over(&mut self, missing: u64) -> bool {
        let State::Skip { left } = self.state else {
            self.gap();
            return false;
        };
        match u16::try_from(missing)
            .ok()
            .and_then(|missing| left.checked_sub(missing))
        {
            Some(left) => self.state = State::skip(left),
            None => self.gap(),
        }
        self.state != State::Stopped
    }

    /// No record and no message is half told: the stream may end here.
    pub fn is_idle(&self) -> bool {
        match self.state {
            State::Header => self.held.bytes().is_empty() && self.message.is_empty(),
            State::NotTls | State::Stopped => true,
            State::Short(_)
            | State::Doubt { .. }
            | State::Handshake { .. }
            | State::Skip { .. } => false,
        }
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
        let cut = !self.message.is_empty();
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
        if let Err(malformed) = self.fragment(fragment, visit) {
            self.fail(malformed, visit);
        }
        rest
    }

    /// Tells the messages that a piece of a handshake record completes, and keeps what it only begins.
    fn fragment(&mut self, fragment: &[u8], visit: Visit<'_>) -> Result<(), Malformed> {
        let mut rest = self.complete(fragment, visit)?;
        if !self.message.is_empty() {
            return Ok(());
        }
        while let Some((message, behind)) = Message::split(rest)? {
            visit(message.item());
            rest = behind;
        }
        self.message.extend_from_slice(rest);
        Ok(())
    }

    /// Adds to the message that is being put together what belongs to it, and tells it when it is whole.
    fn complete<'a>(
        &mut self,
        fragment: &'a [u8],
        visit: Visit<'_>,
    ) -> Result<&'a [u8], Malformed> {
        let mut rest = fragment;
        while !self.message.is_empty() && !rest.is_empty() {
            let whole = Message::whole_len(&self.message)?.unwrap_or(message::HEADER);
            let missing = whole.saturating_sub(self.message.len()).min(rest.len());
            let (more, behind) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            self.message.extend_from_slice(more);
            rest = behind;
            if let Some((message, _)) = Message::split(&self.message)? {
                visit(message.item());
                self.message = Vec::new();
            }
        }
        Ok(rest)
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

impl<'a> Message<'a> {
    fn item(self) -> Item<'a> {
        let Self { kind, body } = self;
        let len = u32::try_from(body.len().saturating_add(message::HEADER)).unwrap_or(u32::MAX);
        Item::Handshake { kind, body, len }
    }
}

#[cfg(test)]
mod tests;
