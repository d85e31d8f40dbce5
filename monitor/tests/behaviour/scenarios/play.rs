//! Makes packets of a scenario and sends them through the pipeline, as a replay does.

use std::net::SocketAddr;

use monitor::frame::{Frame, InterfaceId};
use monitor::pipeline::{Pipeline, Settings};
use serde_json::Value;

use super::message::Speech;
use super::parse::{Begins, Connection, Result, Scenario};
use super::player::{Moment, Player, nanoseconds};
use crate::support::talk::Talk;

/// All that happens in a scenario, in the order of time, and the ends of each connection.
pub(super) struct Played {
    moments: Vec<Moment>,
    /// For each connection of the scenario, the clients of its repetitions.
    pub(super) clients: Vec<Vec<SocketAddr>>,
}

/// The reports of a scenario.
pub(super) struct Reports {
    pub(super) clients: Vec<Vec<SocketAddr>>,
    /// Events as JSON, in the order in which they came.
    pub(super) events: Vec<Value>,
}

/// What the pipeline reports of a scenario.
pub(super) fn reports(scenario: &Scenario) -> Reports {
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
pub(super) fn frames(scenario: &Scenario) -> Result<Played> {
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
