//! The packets of one handshake, out of a capture.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;

use crate::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use crate::triage::news::{Found, Packet};
use crate::triage::record::Record;
use crate::wire::{self, Transport};

/// Packets that are kept.
const MAX_PACKETS: usize = 400;
/// Bytes of one that are kept.
const MAX_BYTES: usize = 64 * 1024;
/// How long a handshake may go on behind what its report says.
const BEHIND: Duration = Duration::from_secs(3);

/// Keeps what belongs to one handshake.
pub(super) struct Collect {
    ends: Vec<SocketAddr>,
    from: Timestamp,
    until: Timestamp,
    names: HashMap<InterfaceId, Arc<str>>,
    packets: Vec<Packet>,
    more: usize,
}

impl Collect {
    /// Of this handshake: between its ends, as every leg has them, from its first packet to its end.
    pub(super) fn of(record: &Record) -> Self {
        let whole = record.whole();
        let mut ends = Vec::new();
        let legs = whole.get("legs").and_then(|legs| legs.as_array());
        for leg in legs.into_iter().flatten().chain([&whole]) {
            for side in ["client", "server"] {
                ends.extend(leg.get(side).and_then(end));
            }
        }
        let phases = whole.get("timing_ms").and_then(|timing| timing.as_object());
        let phases = phases.into_iter().flat_map(|phases| phases.values());
        let took: f64 = phases.filter_map(serde_json::Value::as_f64).sum();
        let millis = took + record.ended.after_ms.unwrap_or_default();
        let took = Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default();
        Self {
            ends,
            // Reports have microseconds, captures may have more.
            from: Timestamp(record.time.0.saturating_sub(1000)),
            until: record.time.plus(took).plus(BEHIND),
            names: HashMap::new(),
            packets: Vec::new(),
            more: 0,
        }
    }

    /// What was found.
    pub(super) fn found(self) -> Found {
        if self.packets.is_empty() {
            return Err("its packets were not found again".to_owned());
        }
        Ok(self.packets.into())
    }

    fn is_wanted(&self, frame: &Frame<'_>) -> bool {
        if frame.time < self.from || frame.time > self.until {
            return false;
        }
        let Ok(packet) = wire::decode(frame) else {
            return false;
        };
        let (source, destination) = match &packet.transport {
            Transport::Tcp(segment) => (
                (packet.source, segment.source_port),
                (packet.destination, segment.destination_port),
            ),
            Transport::Udp(datagram) => (
                (packet.source, datagram.source_port),
                (packet.destination, datagram.destination_port),
            ),
            Transport::Unreachable(about) => (
                (about.source, about.source_port),
                (about.destination, about.destination_port),
            ),
        };
        let is_end =
            |(address, port): (IpAddr, u16)| self.ends.contains(&SocketAddr::new(address, port));
        is_end(source) && is_end(destination)
    }
}

fn end(value: &serde_json::Value) -> Option<SocketAddr> {
    let address = value.get("address")?.as_str()?.parse().ok()?;
    let port = u16::try_from(value.get("port")?.as_u64()?).ok()?;
    Some(SocketAddr::new(address, port))
}

impl FrameSink for Collect {
    fn frame(&mut self, frame: Frame<'_>) {
        if !self.is_wanted(&frame) {
            return;
        }
        if self.packets.len() >= MAX_PACKETS {
            self.more += 1;
            return;
        }
        let name = self.names.get(&frame.interface).cloned();
        self.packets.push(Packet {
            time: frame.time,
            interface: name.unwrap_or_else(|| "unknown".into()),
            direction: frame.direction,
            wire_len: frame.wire_len,
            network: frame
                .network
                .get(..MAX_BYTES)
                .unwrap_or(frame.network)
                .into(),
        });
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        self.names.insert(id, name.into());
    }

    fn lost(&mut self, _: &'static str, _: &'static str, _: u64) {}

    fn tick(&mut self, _: Timestamp) {}
}
