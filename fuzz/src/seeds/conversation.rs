//! Seeds made of conversations: what was said, and by whom.

use std::collections::BTreeMap;
use std::net::IpAddr;

use monitor::flow::{Quic, Side};
use monitor::frame::Timestamp;
use monitor::stream::{Piece, Stream};
use monitor::tls::{Deframer, HandshakeType, Item};
use monitor::wire::quic::{Frame, opens_connection};
use monitor::wire::{Datagram, Segment, Transport, decode};
use tlsmon_fuzz::choices::put_block;
use tlsmon_fuzz::packet::{self, ACK, FIN, PSH, RST, SYN};

use crate::Packet;
use crate::seeds::Seeds;

/// Room enough: no table is small.
const ROOMY: u8 = 0xff;

type End = (IpAddr, u16);

#[derive(Default)]
struct Talk {
    client: Option<End>,
    streams: [Stream; 2],
    said: [Vec<u8>; 2],
    turns: Vec<(bool, Vec<u8>)>,
    steps: Vec<u8>,
    quic: Quic,
    datagrams: Vec<u8>,
    last: u64,
}

/// One conversation after the other, and the whole capture as packets.
pub fn write(seeds: &mut Seeds, packets: &[Packet]) -> std::io::Result<()> {
    let mut talks = BTreeMap::<[End; 2], Talk>::new();
    let mut raw = vec![ROOMY];
    for Packet { nanos, network } in packets {
        raw.extend([2, 60]);
        put_block(&mut raw, network);
        let Ok(read) = decode(&packet::frame(*nanos, network)) else {
            continue;
        };
        let (from, to) = match &read.transport {
            Transport::Tcp(segment) => (segment.source_port, segment.destination_port),
            Transport::Udp(datagram) => (datagram.source_port, datagram.destination_port),
            Transport::Unreachable(_) => continue,
        };
        let (from, to) = ((read.source, from), (read.destination, to));
        let talk = talks.entry([from.min(to), from.max(to)]).or_default();
        talk.packet(from, &read.transport, *nanos);
    }
    seeds.add("pipeline", &raw)?;
    talks.into_values().try_for_each(|talk| talk.write(seeds))
}

impl Talk {
    fn packet(&mut self, from: End, packet: &Transport<'_>, nanos: u64) {
        let server = usize::from(*self.client.get_or_insert(from) != from);
        let delay = delay(nanos.saturating_sub(std::mem::replace(&mut self.last, nanos)));
        match packet {
            Transport::Tcp(segment) => self.segment(server, segment, delay),
            Transport::Udp(datagram) => self.datagram(server, datagram, delay),
            Transport::Unreachable(_) => {}
        }
    }

    fn segment(&mut self, server: usize, segment: &Segment<'_>, delay: u8) {
        let kind = u8::from(server == 1);
        if segment.flags.0 & (SYN | FIN | RST) == 0 {
            self.steps.extend([kind, delay]);
            put_block(&mut self.steps, segment.payload);
        } else {
            self.steps.extend([5 + kind, delay]);
            put_block(
                &mut self.steps,
                &[
                    &[segment.flags.0 & (SYN | FIN | RST | PSH | ACK)],
                    segment.payload,
                ]
                .concat(),
            );
        }
        let syn = u32::from(segment.flags.syn());
        self.streams[server].begin(segment.seq.wrapping_add(syn));
        let piece = Piece {
            seq: segment.seq.wrapping_add(syn),
            bytes: segment.payload,
            wire_len: segment.payload_len,
        };
        let (said, turns) = (&mut self.said[server], &mut self.turns);
        self.streams[server].push(piece, &mut |bytes| {
            said.extend(bytes);
            match turns.last_mut() {
                Some((whose, turn)) if *whose == (server == 1) => turn.extend(bytes),
                _ => turns.push((server == 1, bytes.to_vec())),
            }
        });
    }

    fn datagram(&mut self, server: usize, datagram: &Datagram<'_>, delay: u8) {
        if self.datagrams.is_empty() && !opens_connection(datagram.payload) {
            return;
        }
        let kind = u8::from(server == 1);
        let side = [Side::Client, Side::Server][server];
        self.datagrams.push(kind);
        put_block(&mut self.datagrams, datagram.payload);
        let mut frames = Vec::new();
        self.quic
            .note(side, datagram, Timestamp(0), &mut |_, _, frame| {
                if let Frame::Crypto { offset, data } = frame {
                    frames.push(6);
                    frames.extend((0x8000_0000 | offset as u32).to_be_bytes());
                    frames.extend((0x4000 | data.len() as u16).to_be_bytes());
                    frames.extend(data);
                }
            });
        self.datagrams.push(2 | kind);
        put_block(&mut self.datagrams, &frames);
        self.steps.extend([3 + kind, delay]);
        put_block(&mut self.steps, &frames);
    }

    fn write(&self, seeds: &mut Seeds) -> std::io::Result<()> {
        seeds.add("pipeline", &[&[ROOMY], &self.steps[..]].concat())?;
        if !self.datagrams.is_empty() {
            seeds.add("quic", &self.datagrams)?;
        }
        let mut turns = vec![0, 100, 1];
        for (server, said) in self.turns.iter().take(12) {
            turns.push(u8::from(*server));
            put_block(&mut turns, said);
        }
        seeds.add("segments", &turns)?;
        for said in &self.said {
            let said = &said[..said.len().min(16 * 1024)];
            seeds.add("records", &[&[0, 50], said].concat())?;
            seeds.add("answer", &[&[1, 50], said].concat())?;
            messages(seeds, said)?;
        }
        Ok(())
    }
}

/// Each message of a kind that has a target of its own.
fn messages(seeds: &mut Seeds, said: &[u8]) -> std::io::Result<()> {
    let mut found = Vec::new();
    let mut bare = vec![1, 50];
    Deframer::default().push(said, &mut |item| {
        let Item::Handshake { kind, body, .. } = item else {
            return;
        };
        bare.extend([kind.0, 0]);
        put_block(&mut bare, body);
        match kind {
            HandshakeType::CLIENT_HELLO => found.push(("hello", [&[0], body].concat())),
            HandshakeType::SERVER_HELLO => found.push(("hello", [&[1], body].concat())),
            HandshakeType::CERTIFICATE => found.push(("certificate", [&[1], body].concat())),
            _ => {}
        }
    });
    seeds.add("records", &bare)?;
    found
        .iter()
        .try_for_each(|(target, seed)| seeds.add(target, seed))
}

/// The choice that stands for a delay, nearly.
fn delay(nanos: u64) -> u8 {
    let log = u8::try_from(nanos.max(1).ilog2()).unwrap_or_default();
    6 * log.min(39)
}
