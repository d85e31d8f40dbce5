//! One connection on its way: its steps become packets.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use monitor::flow::{Side, Sides};
use monitor::frame::{InterfaceId, Timestamp};
use monitor::wire::Flags;

use super::icmp;
use super::message::Speech;
use super::parse::{Connection, Result, Step, number};
use crate::support::frames::OwnedFrame;
use crate::support::talk::Talk;

/// What fits in a segment of a path of 1500 bytes, with timestamps.
const SEGMENT: usize = 1448;

/// How many routers a packet may pass; all packets say so but those that are marked.
const TTL: u8 = 64;

/// What the pipeline is given: a packet, or the time.
#[derive(Clone)]
pub(super) enum Moment {
    Packet(OwnedFrame, InterfaceId),
    Tick(Timestamp),
}

impl Moment {
    pub(super) fn time(&self) -> Timestamp {
        match self {
            Self::Packet(frame, _) => frame.time,
            Self::Tick(time) => *time,
        }
    }
}

/// One connection on its way.
pub(super) struct Player {
    pub(super) client: SocketAddr,
    server: IpAddr,
    talk: Talk,
    pub(super) speech: Speech,
    pub(super) now: u64,
    pub(super) moments: Vec<Moment>,
    pub(super) interface: InterfaceId,
    /// The packets of each side that took a place in its stream last, to be sent again.
    last: Sides<Vec<OwnedFrame>>,
    /// The first byte of the client's stream.
    origin: u32,
}

impl Player {
    pub(super) fn new(connection: &Connection, client: SocketAddr, begun: u64) -> Self {
        let server = SocketAddr::from(([198, 51, 100, 7], 443));
        let server6 = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7], 443));
        let usual = if client.is_ipv6() { server6 } else { server };
        let server = connection.server.unwrap_or(usual);
        let mut talk = Talk::between(client, server);
        talk.pace = 0;
        Self {
            client,
            server: server.ip(),
            origin: talk.client_seq + 1,
            speech: Speech::of(client.port()),
            now: begun,
            moments: Vec::new(),
            interface: InterfaceId(0),
            last: Sides::default(),
            talk,
        }
    }

    pub(super) fn step(&mut self, step: &Step) -> Result<()> {
        self.now += nanoseconds(step.after);
        self.talk.now = self.now;
        let Some(side) = step.side else {
            self.moments.push(Moment::Tick(Timestamp(self.now)));
            return Ok(());
        };
        match step.what.as_str() {
            "connects" => self.connect(),
            "again" => self.again(side, &step.mark)?,
            what if what.starts_with("icmp ") => self.unreachable(what)?,
            what => match flags(what) {
                Some(flags) => self.bare(side, flags, &step.mark)?,
                None => self.data(side, what)?,
            },
        }
        let mut frames = std::mem::take(&mut self.talk.frames);
        if step.mark == "first segment lost" {
            frames.remove(0);
        }
        if step.mark != "lost" {
            let seen = |frame| Moment::Packet(frame, self.interface);
            self.moments.extend(frames.into_iter().map(seen));
        }
        Ok(())
    }

    /// SYN, SYN/ACK and ACK, a tenth of a millisecond apart.
    fn connect(&mut self) {
        self.talk.pace = 100_000;
        self.talk.open();
        self.talk.pace = 0;
        self.now = self.talk.now;
    }

    /// `icmp 13 [from ADDRESS]`: somebody, the server unless told, answers the client's last SYN or data.
    fn unreachable(&mut self, what: &str) -> Result<()> {
        let words: Vec<_> = what.split_whitespace().collect();
        let (code, by) = match words[..] {
            ["icmp", code] => (code, self.server),
            ["icmp", code, "from", by] => (code, by.parse().map_err(|why| format!("{by}: {why}"))?),
            _ => return Err(format!("not understood: {what}")),
        };
        let about = self
            .last
            .client
            .first()
            .ok_or("the client has sent nothing")?;
        let bytes = icmp::unreachable(number(code)?, by, &about.bytes);
        self.talk.frames.push(OwnedFrame {
            time: Timestamp(self.now),
            wire_len: u32::try_from(bytes.len()).unwrap(),
            bytes,
        });
        Ok(())
    }

    /// A packet without payload. SYN and FIN take a place in the stream.
    fn bare(&mut self, side: Side, flags: Flags, marks: &str) -> Result<()> {
        let (client_seq, server_seq) = (self.talk.client_seq, self.talk.server_seq);
        let marks: Vec<_> = marks.split(", ").filter(|mark| !mark.is_empty()).collect();
        for mark in &marks {
            self.mark(side, mark)?;
        }
        match side {
            Side::Client => self.talk.client(flags, b""),
            Side::Server => self.talk.server(flags, b""),
        };
        (self.talk.client_seq, self.talk.server_seq) = (client_seq, server_seq);
        self.talk.ttl = TTL;
        let out_of_place = marks.iter().any(|mark| mark.starts_with("seq"));
        if (flags.syn() || flags.fin()) && !out_of_place {
            *self.seq(side) += 1;
            self.last[side].clone_from(&self.talk.frames);
        }
        Ok(())
    }

    /// What makes the next packet unlike the others.
    fn mark(&mut self, side: Side, mark: &str) -> Result<()> {
        match mark.split_once(' ') {
            None if mark == "lost" => {}
            Some(("ttl", value)) => self.talk.ttl = number(value)?,
            Some(("acks", value)) => self.talk.client_seq = self.origin + number::<u32>(value)?,
            Some(("seq", value)) => {
                let seq = self.seq(side);
                *seq = seq.wrapping_add_signed(number(value)?);
            }
            _ => return Err(format!("({mark}) means nothing here")),
        }
        Ok(())
    }

    fn seq(&mut self, side: Side) -> &mut u32 {
        match side {
            Side::Client => &mut self.talk.client_seq,
            Side::Server => &mut self.talk.server_seq,
        }
    }

    /// Data, in as many segments as it takes.
    fn data(&mut self, side: Side, what: &str) -> Result<()> {
        let bytes = self.speech.bytes(side, what)?;
        for segment in bytes.chunks(SEGMENT) {
            match side {
                Side::Client => self.talk.says(segment),
                Side::Server => self.talk.answers(segment),
            };
        }
        self.last[side].clone_from(&self.talk.frames);
        Ok(())
    }

    /// What that side sent last again, or its first segment only.
    fn again(&mut self, side: Side, mark: &str) -> Result<()> {
        let count = match mark {
            "" | "lost" => usize::MAX,
            "first segment" => 1,
            _ => return Err(format!("({mark}) means nothing here")),
        };
        let time = Timestamp(self.now);
        let frames = self.last[side].iter().take(count).cloned();
        self.talk.frames = frames.map(|frame| OwnedFrame { time, ..frame }).collect();
        Ok(())
    }
}

/// `SYN`, `RST,ACK` and the like.
fn flags(text: &str) -> Option<Flags> {
    let flag = |word: &str| match word {
        "SYN" => Some(Flags::SYN),
        "ACK" => Some(Flags::ACK),
        "FIN" => Some(Flags::FIN | Flags::ACK),
        "RST" => Some(Flags::RST),
        _ => None,
    };
    let mut flags = text.split(',').map(flag);
    let first = flags.next()??;
    flags.try_fold(first, |all, one| Some(all | one?))
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}
