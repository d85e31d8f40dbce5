//! Makes packets of a scenario and sends them through the pipeline, as a replay does.

use std::net::SocketAddr;

use monitor::flow::{Side, Sides};
use monitor::frame::{Frame, InterfaceId, Timestamp};
use monitor::pipeline::{Pipeline, Settings};
use monitor::wire::Flags;
use serde_json::Value;

use crate::message::Speech;
use crate::parse::{Begins, Connection, Result, Scenario, Step, number};
use crate::support::frames::OwnedFrame;
use crate::support::talk::Talk;

/// What fits in a segment of a path of 1500 bytes, with timestamps.
const SEGMENT: usize = 1448;

/// How many routers a packet may pass; all packets say so but those that are marked.
const TTL: u8 = 64;

/// What the pipeline is given: a packet, or the time.
#[derive(Clone)]
enum Moment {
    Packet(OwnedFrame, InterfaceId),
    Tick(Timestamp),
}

impl Moment {
    fn time(&self) -> Timestamp {
        match self {
            Self::Packet(frame, _) => frame.time,
            Self::Tick(time) => *time,
        }
    }
}

/// All that happens in a scenario, in the order of time, and the ends of each connection.
pub(crate) struct Played {
    moments: Vec<Moment>,
    /// For each connection of the scenario, the clients of its repetitions.
    pub(crate) clients: Vec<Vec<SocketAddr>>,
}

/// The reports of a scenario.
pub(crate) struct Reports {
    pub(crate) clients: Vec<Vec<SocketAddr>>,
    /// Events as JSON, in the order in which they came.
    pub(crate) events: Vec<Value>,
}

/// What the pipeline reports of a scenario.
pub(crate) fn reports(scenario: &Scenario) -> Reports {
    let played = frames(scenario).unwrap_or_else(|why| panic!("{}\n{why}", scenario.title));
    let mut pipeline = Pipeline::new(Settings::default());
    for moment in &played.moments {
        match moment {
            Moment::Packet(frame, interface) => pipeline.push(Frame {
                interface: *interface,
                ..frame.as_frame()
            }),
            Moment::Tick(now) => pipeline.advance(*now),
        }
    }
    pipeline.finish();
    let events = pipeline
        .events()
        .map(|event| serde_json::to_value(event).unwrap());
    Reports {
        events: events.collect(),
        clients: played.clients,
    }
}

/// Everything that passes in a scenario.
pub(crate) fn frames(scenario: &Scenario) -> Result<Played> {
    let mut played = Played {
        moments: Vec::new(),
        clients: Vec::new(),
    };
    let mut stage = Stage::default();
    for connection in &scenario.connections {
        let mut clients = Vec::new();
        for _ in 0..connection.times {
            let mut actor = stage.enter(connection);
            for step in &connection.steps {
                let result = actor.step(step);
                result.map_err(|why| format!("{}: {why}", step.line))?;
            }
            clients.push(actor.client);
            played.moments.extend(stage.leave(actor));
        }
        played.clients.push(clients);
    }
    played.moments.sort_by_key(Moment::time);
    Ok(played)
}

/// Where the connections of a scenario come from and go to.
struct Stage {
    /// When the last connection began.
    begun: u64,
    /// When the last packet passed.
    ended: u64,
    port: u16,
    nonce: u16,
    interface: u32,
}

impl Default for Stage {
    fn default() -> Self {
        let now = Talk::to(443).now;
        Self {
            begun: now,
            ended: now,
            port: 40_000,
            nonce: 0,
            interface: 0,
        }
    }
}

impl Stage {
    fn enter(&mut self, connection: &Connection) -> Player {
        self.port += 1;
        if let Begins::After(time) = connection.begins {
            self.begun = self.ended + nanoseconds(time);
        }
        if let Begins::Leg = connection.begins {
            self.interface += 1;
        } else {
            (self.interface, self.nonce) = (0, self.port);
        }
        let client = client_of(connection, self.port);
        let mut player = Player::new(connection, client, self.begun);
        player.speech = Speech::of(self.nonce);
        player.interface = InterfaceId(self.interface);
        player
    }

    fn leave(&mut self, player: Player) -> Vec<Moment> {
        self.ended = self.ended.max(player.now);
        player.moments
    }
}

fn client_of(connection: &Connection, port: u16) -> SocketAddr {
    let default = if connection.server.is_some_and(|server| server.is_ipv6()) {
        SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 0))
    } else {
        SocketAddr::from(([192, 0, 2, 1], 0))
    };
    let mut client = connection.client.unwrap_or(default);
    if client.port() == 0 {
        client.set_port(port);
    }
    client
}

fn nanoseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}

/// One connection on its way.
struct Player {
    client: SocketAddr,
    talk: Talk,
    speech: Speech,
    now: u64,
    moments: Vec<Moment>,
    interface: InterfaceId,
    /// The packets of each side that took a place in its stream last, to be sent again.
    last: Sides<Vec<OwnedFrame>>,
    /// The first byte of the client's stream.
    origin: u32,
}

impl Player {
    fn new(connection: &Connection, client: SocketAddr, begun: u64) -> Self {
        let server = SocketAddr::from(([198, 51, 100, 7], 443));
        let server6 = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7], 443));
        let usual = if client.is_ipv6() { server6 } else { server };
        let mut talk = Talk::between(client, connection.server.unwrap_or(usual));
        talk.pace = 0;
        Self {
            client,
            origin: talk.client_seq + 1,
            speech: Speech::of(client.port()),
            now: begun,
            moments: Vec::new(),
            interface: InterfaceId(0),
            last: Sides::default(),
            talk,
        }
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        self.now += nanoseconds(step.after);
        self.talk.now = self.now;
        let Some(side) = step.side else {
            self.moments.push(Moment::Tick(Timestamp(self.now)));
            return Ok(());
        };
        match step.what.as_str() {
            "connects" => self.connect(),
            "again" => self.again(side, &step.mark)?,
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
