//! What may stand before TLS in a stream: a PROXY protocol header, and the cleartext dialogue in which TLS is asked for.
//!
//! ```text
//!  client  | PROXY header | EHLO .. | STARTTLS | ClientHello ..
//!  server                 | 220 .. 250 .. | 220 | ServerHello ..
//!                         '---- units ---------'
//! ```
//!
//! Each direction is cut into units (lines, packets, tags) by its own bytes alone, and TLS begins where a unit ends and a
//! record begins. The one thing that the server's direction takes from the client's is which protocol it is, and until that
//! is known its bytes wait. So the result does not depend on how the two directions are cut or interleaved.

mod connect;
mod ldap;
mod lines;
mod mysql;
mod postgresql;
mod proxy;
mod unit;
mod xmpp;

pub use proxy::ProxyHeader;

use crate::flow::{Side, Sides};
use crate::report::Starttls;
use unit::{Dialogue, Guess, Unit};

/// The longest unit; and how much a server may say before its client's first word.
const MAX_UNIT: usize = 8 * 1024;
/// A dialogue that goes on for longer is one that does not lead to TLS.
const MAX_DIALOGUE: u32 = 64 * 1024;

/// Finds where TLS begins in both directions of a connection.
#[derive(Debug, Default)]
pub struct Preamble {
    proxy: Option<Box<ProxyHeader>>,
    dialogue: Option<Dialogue>,
    /// The client's last unit asks for TLS.
    asked: Option<Starttls>,
    starttls: Option<Starttls>,
    /// Whose words the server speaks, where its client's are those of several protocols.
    dialect: Option<Starttls>,
    lanes: Sides<Lane>,
}

/// What a direction turns out to carry.
#[derive(Clone, Copy, Debug)]
pub enum Passage<'a> {
    /// Bytes behind the preamble, or from the beginning where there is none.
    Stream(&'a [u8]),
    /// The dialogue leads to no TLS. Nothing follows.
    Cleartext,
}

/// Takes what the directions turn out to carry.
pub(super) type Emit<'e> = &'e mut dyn FnMut(Side, Passage<'_>);

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    state: State,
    /// Bytes of a unit that is not whole yet.
    held: Vec<u8>,
    /// How many bytes of a unit that is known are still to come.
    skip: u32,
    passed: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// It is not known yet how it begins.
    #[default]
    Unknown,
    /// In a dialogue.
    Dialogue,
    /// Behind it, or there is none.
    Open,
    /// Nothing more is told.
    Closed,
}

impl Preamble {
    /// Of streams in which nothing can stand before TLS: QUIC's.
    pub(super) fn none() -> Self {
        let mut preamble = Self::default();
        for side in [Side::Client, Side::Server] {
            preamble.lanes[side].state = State::Open;
        }
        preamble
    }

    /// Takes the next bytes of a direction, and tells what this shows of both.
    pub fn push(&mut self, from: Side, bytes: &[u8], emit: Emit<'_>) {
        match self.lanes[from].state {
            State::Open => return emit(from, Passage::Stream(bytes)),
            State::Closed => return,
            State::Unknown if self.lanes[from].is_fresh() && self.begins_at_once(from, bytes) => {
                self.lanes[from].state = State::Open;
                emit(from, Passage::Stream(bytes));
            }
            State::Unknown | State::Dialogue => {
                self.lanes[from].take(bytes);
                self.advance(from, emit);
            }
        }
        if from == Side::Client && self.client_is_known() {
            self.advance(Side::Server, emit);
        }
    }

    /// Bytes of this direction are missing: where TLS begins in it will not be known.
    pub fn give_up(&mut self, side: Side) {
        let lane = &mut self.lanes[side];
        if lane.state != State::Open {
            lane.close();
        }
    }

    /// The PROXY protocol header that came first.
    pub fn proxy(&self) -> Option<&ProxyHeader> {
        self.proxy.as_deref()
    }

    /// The protocol in which TLS was asked for and followed.
    pub fn starttls(&self) -> Option<Starttls> {
        match self.starttls {
            Some(Starttls::Smtp) => self.dialect.or(self.starttls),
            other => other,
        }
    }

    /// The client has spoken, but so far nothing that is behind a preamble.
    pub fn is_before_tls(&self) -> bool {
        let lane = &self.lanes.client;
        match lane.state {
            State::Unknown => !lane.is_fresh() || self.proxy.is_some(),
            State::Dialogue => true,
            State::Open | State::Closed => false,
        }
    }

    /// The client has sent a whole PROXY protocol header and nothing behind it, as a proxy's health check does.
    pub const fn is_header_alone(&self) -> bool {
        let lane = &self.lanes.client;
        self.proxy.is_some() && matches!(lane.state, State::Unknown) && lane.is_fresh()
    }

    /// Memory held for bytes that wait.
    pub const fn buffered(&self) -> usize {
        self.lanes.client.held.capacity() + self.lanes.server.held.capacity()
    }

    fn client_is_known(&self) -> bool {
        self.dialogue.is_some() || self.lanes.client.state == State::Open
    }

    /// The common case: the first bytes leave no doubt that nothing stands before TLS, or that it is no protocol we know.
    fn begins_at_once(&self, side: Side, first: &[u8]) -> bool {
        match side {
            _ if unit::begins_tls(first) == Guess::Yes => true,
            Side::Client => {
                matches!(proxy::read(first), proxy::Read::Other)
                    && matches!(Dialogue::guess(first), Ok(None))
            }
            Side::Server => self.lanes.client.state == State::Open && self.dialogue.is_none(),
        }
    }

    fn advance(&mut self, side: Side, emit: Emit<'_>) {
        while self.lanes[side].is_waiting() {
            let moved = match (self.lanes[side].state, side) {
                (State::Unknown, Side::Client) => self.recognise(emit),
                (State::Unknown, Side::Server) => self.answer(emit),
                (State::Dialogue, _) => self.step(side, emit),
                (State::Open | State::Closed, _) => false,
            };
            if !moved {
                return;
            }
        }
    }

    /// How the client begins: with a PROXY header, in a protocol that can ask for TLS, or with neither.
    fn recognise(&mut self, emit: Emit<'_>) -> bool {
        let lane = &mut self.lanes.client;
        let proxied = if self.proxy.is_some() {
            proxy::Read::Other
        } else {
            proxy::read(&lane.held)
        };
        match (proxied, Dialogue::guess(&lane.held)) {
            (proxy::Read::Header { len, header }, _) => {
                lane.pass(len);
                self.proxy = Some(Box::new(header));
                true
            }
            (proxy::Read::More, _) | (_, Err(unit::NeedMore)) if lane.held.len() < MAX_UNIT => {
                false
            }
            (_, Ok(Some(dialogue))) => {
                lane.state = State::Dialogue;
                self.dialogue = Some(dialogue);
                true
            }
            _ => {
                lane.open(Side::Client, emit);
                false
            }
        }
    }

    /// The server's first bytes: TLS, or what the client's protocol makes of them.
    fn answer(&mut self, emit: Emit<'_>) -> bool {
        let client = self.lanes.client.state;
        let lane = &mut self.lanes.server;
        if self.dialogue.is_some() {
            lane.state = State::Dialogue;
            return true;
        }
        let direct = client == State::Open || unit::begins_tls(&lane.held) == Guess::Yes;
        if direct || lane.held.len() > MAX_UNIT {
            lane.open(Side::Server, emit);
        }
        false
    }

    /// The next unit of a dialogue, or TLS behind the last.
    fn step(&mut self, side: Side, emit: Emit<'_>) -> bool {
        let Some(dialogue) = self.dialogue else {
            return false;
        };
        let lane = &mut self.lanes[side];
        let may_begin = side == Side::Server || self.asked.is_some();
        match unit::begins_tls(&lane.held) {
            Guess::Yes if may_begin => {
                if side == Side::Client {
                    self.starttls = self.asked;
                }
                lane.open(side, emit);
                return false;
            }
            Guess::More => return false,
            Guess::Yes | Guess::No => {}
        }
        match dialogue.unit(side, &lane.held) {
            Unit::More if lane.held.len() < MAX_UNIT => return false,
            Unit::Whole { len, asks }
                if lane.passed.saturating_add(length(len)) <= MAX_DIALOGUE =>
            {
                if side == Side::Server && lane.passed == 0 && dialogue == Dialogue::Lines {
                    self.dialect = lines::dialect(&lane.held);
                }
                lane.pass(len);
                if side == Side::Client {
                    self.asked = asks;
                }
                return true;
            }
            Unit::More | Unit::Whole { .. } | Unit::Foreign => {}
        }
        lane.close();
        emit(side, Passage::Cleartext);
        false
    }
}

impl Lane {
    /// Nothing has come yet that waits.
    const fn is_fresh(&self) -> bool {
        self.held.is_empty() && self.skip == 0
    }

    const fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }

    /// Keeps bytes, but not those of a unit that has been judged.
    fn take(&mut self, bytes: &[u8]) {
        let skipped = self.skip.min(length(bytes.len()));
        self.skip = self.skip.saturating_sub(skipped);
        self.held
            .extend_from_slice(bytes.get(skipped as usize..).unwrap_or_default());
    }

    /// Steps over a unit, of which some may be still to come.
    fn pass(&mut self, len: usize) {
        let here = len.min(self.held.len());
        self.held.drain(..here);
        self.skip = length(len.saturating_sub(here));
        self.passed = self.passed.saturating_add(length(len));
    }

    fn open(&mut self, side: Side, emit: Emit<'_>) {
        self.state = State::Open;
        emit(side, Passage::Stream(&std::mem::take(&mut self.held)));
    }

    fn close(&mut self) {
        *self = Self {
            state: State::Closed,
            ..Self::default()
        };
    }
}

/// No unit is longer than [`MAX_UNIT`], and no header of a proxy longer than 64 KiB.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
