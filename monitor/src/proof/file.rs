//! Takes handshakes with their packets out of a capture file. It is read twice: first to find them, then to collect what is
//! theirs, so that memory is needed for what is wanted only.

use std::io::{Read, Seek};

use hashbrown::HashMap;

use super::kept::{Packet, Proof};
use super::store::Wanted;
use super::{keys, redact};
use crate::capture::pcap::{self, Progress, ReadError, Source};
use crate::flow::FlowKey;
use crate::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use crate::pipeline::{Driver, EventSink, Names, Pipeline, Settings};
use crate::report::Event;
use crate::wire;

/// The failing handshakes of a file.
pub fn of_failures(source: &Source, settings: Settings) -> Result<Vec<Proof>, ReadError> {
    let all = Wanted {
        limit: usize::MAX,
        ..Wanted::default()
    };
    of_file(source, settings, &all, &mut |_| {})
}

/// The handshakes of a file that somebody asks for, the last `limit` of them.
pub fn of_file(
    source: &Source,
    settings: Settings,
    wanted: &Wanted,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Proof>, ReadError> {
    let mut search = Driver::new(Pipeline::new(settings), Search::new(wanted));
    pcap::read(source.clone(), &mut search, on_progress)?;
    let mut collect = Collect::new(search.finish().0.newest());
    pcap::read(source.clone(), &mut collect, on_progress)?;
    Ok(collect.proofs())
}

/// The same of what was kept of `source`, in memory or in a file that is open.
pub fn of_kept(
    source: &Source,
    kept: &mut (impl Read + Seek),
    settings: Settings,
    wanted: &Wanted,
) -> Result<Vec<Proof>, ReadError> {
    let mut search = Driver::new(Pipeline::new(settings), Search::new(wanted));
    from_the_beginning(source, kept, &mut search)?;
    let mut collect = Collect::new(search.finish().0.newest());
    from_the_beginning(source, kept, &mut collect)?;
    Ok(collect.proofs())
}

fn from_the_beginning(
    source: &Source,
    kept: &mut (impl Read + Seek),
    sink: &mut impl FrameSink,
) -> Result<(), ReadError> {
    kept.rewind().map_err(|cause| ReadError::Io {
        input: source.clone(),
        offset: 0,
        cause,
    })?;
    pcap::read_stored(source.clone(), Box::new(kept), sink)
}

/// Finds the handshakes, and with which packet each was decided.
struct Search<'a> {
    wanted: &'a Wanted,
    found: Vec<(Proof, u64)>,
    passed: u64,
    now: Timestamp,
}

impl<'a> Search<'a> {
    fn new(wanted: &'a Wanted) -> Self {
        Self {
            wanted,
            found: Vec::new(),
            passed: 0,
            now: Timestamp::default(),
        }
    }

    fn newest(mut self) -> Vec<(Proof, u64)> {
        let more = self.found.len().saturating_sub(self.wanted.limit);
        self.found.split_off(more)
    }
}

impl EventSink for Search<'_> {
    fn passing(&mut self, frame: &Frame<'_>, _: Option<&wire::Packet<'_>>) {
        self.passed += 1;
        self.now = frame.time;
    }

    fn ticking(&mut self, now: Timestamp) {
        self.now = now;
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Handshake(handshake) => {
                let proof = Proof {
                    handshake: *handshake,
                    revision: None,
                    packets: Vec::new(),
                    until: self.now,
                    is_cut: false,
                };
                if self.wanted.takes(&proof) {
                    self.found.push((proof, self.passed));
                }
            }
            Event::Revision(revision) => {
                let of = |(proof, _): &&mut (Proof, u64)| proof.handshake.id == revision.id;
                if let Some((proof, _)) = self.found.iter_mut().rev().find(of) {
                    proof.revision = Some(revision);
                }
            }
            Event::Loss(_) | Event::Summary(_) | Event::Probe(_) | Event::Check(_) => {}
        }
    }
}

/// Collects the packets of handshakes that were found.
struct Collect {
    found: Vec<(Proof, u64)>,
    by_flow: HashMap<FlowKey, Vec<usize>>,
    names: Names,
    passed: u64,
}

impl Collect {
    fn new(found: Vec<(Proof, u64)>) -> Self {
        let mut by_flow: HashMap<FlowKey, Vec<usize>> = HashMap::new();
        for (number, (proof, _)) in found.iter().enumerate() {
            for key in keys::of_handshake(&proof.handshake) {
                by_flow.entry(key).or_default().push(number);
            }
        }
        Self {
            found,
            by_flow,
            names: Names::default(),
            passed: 0,
        }
    }

    fn proofs(self) -> Vec<Proof> {
        let mut proofs: Vec<_> = self.found.into_iter().map(|(proof, _)| proof).collect();
        proofs.iter_mut().for_each(redact::redact);
        proofs
    }
}

impl FrameSink for Collect {
    fn frame(&mut self, frame: Frame<'_>) {
        self.passed += 1;
        let Some(wanting) = keys::of_frame(&frame).and_then(|key| self.by_flow.get(&key)) else {
            return;
        };
        for number in wanting {
            let Some((proof, decided_with)) = self.found.get_mut(*number) else {
                continue;
            };
            if frame.time >= proof.handshake.time && self.passed <= *decided_with {
                let name = self.names.get(frame.interface).cloned();
                let name = name.unwrap_or_else(|| "unknown".into());
                proof.packets.push(Packet::of(&frame, name));
            }
        }
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        self.names.call(id, name);
    }

    fn lost(&mut self, _: &'static str, _: &'static str, _: u64) {}

    fn tick(&mut self, _: Timestamp) {}
}
