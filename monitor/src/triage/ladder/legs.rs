//! Where packets passed: each interface is a leg of the way from the client to the server.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Deserialize;

use super::dissect::{Said, Side, Talk};
use crate::triage::news::Packet;
use crate::triage::record::Record;
use crate::wire;

/// Legs that are told apart.
const MAX_LEGS: usize = 4;

/// All legs, the nearest to the client first.
pub(super) struct Legs {
    clients: Vec<SocketAddr>,
    servers: Vec<SocketAddr>,
    all: Vec<Leg>,
}

struct Leg {
    interface: Arc<str>,
    talk: Talk,
}

/// A packet, and what it says.
pub(super) struct Seen {
    pub(super) leg: usize,
    pub(super) from: Side,
    /// Nothing, for a bare acknowledgement.
    pub(super) said: Vec<Said>,
}

/// A leg as the report has it.
#[derive(Deserialize)]
struct Reported {
    interface: String,
    client: End,
    server: End,
}

#[derive(Clone, Copy, Deserialize)]
struct End {
    address: std::net::IpAddr,
    port: u16,
}

impl From<End> for SocketAddr {
    fn from(end: End) -> Self {
        Self::new(end.address, end.port)
    }
}

impl Legs {
    /// Those of the report; where it has none, the interfaces that packets passed, in the order of the first of each.
    pub(super) fn of(record: &Record, packets: &[Packet]) -> Self {
        let whole = record.whole();
        let reported = whole.get("legs").cloned().unwrap_or_default();
        let reported: Vec<Reported> = serde_json::from_value(reported).unwrap_or_default();
        let end = |end: &crate::triage::record::End| {
            end.address
                .map(|address| SocketAddr::new(address, end.port))
        };
        let mut legs = Self {
            clients: end(&record.client).into_iter().collect(),
            servers: end(&record.server).into_iter().collect(),
            all: Vec::new(),
        };
        for leg in &reported {
            legs.clients.push(leg.client.into());
            legs.servers.push(leg.server.into());
            legs.add(&leg.interface, record);
        }
        for packet in packets {
            legs.add(&packet.interface, record);
        }
        legs
    }

    fn add(&mut self, interface: &str, record: &Record) {
        let is_known = self.all.iter().any(|leg| &*leg.interface == interface);
        if !is_known && self.all.len() < MAX_LEGS {
            self.all.push(Leg {
                interface: interface.into(),
                talk: Talk::of(record),
            });
        }
    }

    /// What this packet says; none when it is of another connection.
    pub(super) fn see(&mut self, packet: &Packet) -> Option<Seen> {
        let frame = packet.frame();
        let decoded = wire::decode(&frame).ok()?;
        let from = self.sender(&decoded)?;
        let place = self
            .all
            .iter()
            .position(|leg| leg.interface == packet.interface)?;
        let leg = self.all.get_mut(place)?;
        Some(Seen {
            leg: place,
            from,
            said: leg.talk.hear(from, &decoded),
        })
    }

    fn sender(&self, packet: &wire::Packet<'_>) -> Option<Side> {
        let (source, destination) = match &packet.transport {
            wire::Transport::Tcp(segment) => (segment.source_port, segment.destination_port),
            wire::Transport::Udp(datagram) => (datagram.source_port, datagram.destination_port),
            // It tells a sender that what it sent did not arrive.
            wire::Transport::Unreachable(about) => {
                let sender = SocketAddr::new(about.source, about.source_port);
                return if self.clients.contains(&sender) {
                    Some(Side::Server)
                } else {
                    self.servers.contains(&sender).then_some(Side::Client)
                };
            }
        };
        let source = SocketAddr::new(packet.source, source);
        let destination = SocketAddr::new(packet.destination, destination);
        if self.clients.contains(&source) && self.servers.contains(&destination) {
            return Some(Side::Client);
        }
        (self.servers.contains(&source) && self.clients.contains(&destination))
            .then_some(Side::Server)
    }

    /// Who stands at each upright.
    pub(super) fn uprights(&self, record: &Record) -> Vec<String> {
        let mut all = vec![format!("client {}", record.client.who())];
        let between = self.all.windows(2);
        all.extend(between.map(|pair| match pair {
            [near, far] => format!("{} | {}", near.interface, far.interface),
            _ => String::new(),
        }));
        all.push(format!("server {}", record.server.label()));
        all
    }
}
