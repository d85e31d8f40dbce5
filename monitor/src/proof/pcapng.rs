//! Writes proofs as a pcapng file (draft-ietf-opsawg-pcapng): one section.
//!
//! ```text
//! section header       who made it, on which node; a line for each handshake
//! interfaces           by their names on the node; raw IP, nanoseconds
//! enhanced packets     in order of time, with their direction; at the one that decided a handshake, the verdict
//! statistics           when the last of them was decided: that nothing came in time is a finding too
//! ```

use std::sync::Arc;

use hashbrown::HashSet;

use super::comment;
use super::kept::{Packet, Proof};
use crate::frame::{Direction, Timestamp};
use crate::words::counted;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
/// IP without a link header: that is what the kernel programs send.
const RAW_IP: u16 = 101;
/// Comments longer than this are cut: an option says its length in 16 bits.
const LONGEST_COMMENT: usize = 60_000;
/// How many handshakes the section's comment tells one by one.
const MOST_TOLD: usize = 100;

/// Who made the file.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The node that watched, where it is known.
    pub node: Option<String>,
    /// What else a reader should know, such as that names were replaced.
    pub remarks: Vec<String>,
}

/// A pcapng file with these proofs.
pub fn write(about: &About, proofs: &[Arc<Proof>]) -> Vec<u8> {
    let packets = in_order(proofs);
    let mut interfaces: Vec<Arc<str>> = Vec::new();
    for (packet, _) in &packets {
        if !interfaces.contains(&packet.interface) {
            interfaces.push(Arc::clone(&packet.interface));
        }
    }
    let mut file = Vec::new();
    section(about, proofs, &mut file);
    for name in &interfaces {
        interface(name, &mut file);
    }
    for (packet, comment) in &packets {
        let number = interfaces.iter().position(|name| *name == packet.interface);
        enhanced(
            packet,
            number.unwrap_or_default(),
            comment.as_deref(),
            &mut file,
        );
    }
    if let Some(until) = proofs.iter().map(|proof| proof.until).max() {
        let last = packets.iter().map(|(packet, _)| packet.time).max();
        for number in 0..interfaces.len() {
            statistics(number, until.max(last.unwrap_or_default()), &mut file);
        }
    }
    file
}

/// All packets by time, each once, with what is said of it. Within a handshake they stay in the order in which they came.
fn in_order(proofs: &[Arc<Proof>]) -> Vec<(&Packet, Option<String>)> {
    let mut packets = Vec::new();
    for proof in proofs {
        let deciding = proof.deciding();
        let mut latest = Timestamp::default();
        for (number, packet) in proof.packets.iter().enumerate() {
            latest = latest.max(packet.time);
            let said = (deciding == Some(number)).then(|| comment::verdict_lines(proof));
            packets.push((latest, packet, said));
        }
    }
    packets.sort_by_key(|(time, ..)| *time);
    // A connection with two handshakes has packets in both.
    let mut seen = HashSet::new();
    let is_new = |packet: &Packet| {
        seen.insert((
            packet.time,
            Arc::clone(&packet.interface),
            packet.network.clone(),
        ))
    };
    let mut is_new = is_new;
    packets.retain(|(_, packet, said)| is_new(packet) || said.is_some());
    packets
        .into_iter()
        .map(|(_, packet, said)| (packet, said))
        .collect()
}

fn section(about: &About, proofs: &[Arc<Proof>], file: &mut Vec<u8>) {
    let agent = concat!("tlsmon ", env!("CARGO_PKG_VERSION"));
    let count = counted(proofs.len(), "handshake");
    let mut lines = vec![match &about.node {
        Some(node) => format!("{agent} on {node}: {count}"),
        None => format!("{agent}: {count}"),
    }];
    lines.extend(about.remarks.iter().cloned());
    lines.extend(
        proofs
            .iter()
            .take(MOST_TOLD)
            .map(|proof| comment::headline(proof)),
    );
    if proofs.len() > MOST_TOLD {
        lines.push(format!("and {} more", proofs.len() - MOST_TOLD));
    }
    lines.push("application data is not in this file: what was left out is zeroed".to_owned());
    block(SECTION_HEADER, file, |body| {
        body.extend(0x1a2b_3c4d_u32.to_le_bytes());
        body.extend(1_u16.to_le_bytes());
        body.extend(0_u16.to_le_bytes());
        // How long the section is, is not said.
        body.extend(u64::MAX.to_le_bytes());
        option(body, 1, cut(&lines.join("\n")).as_bytes());
        option(body, 4, agent.as_bytes());
        option(body, 0, &[]);
    });
}

fn interface(name: &str, file: &mut Vec<u8>) {
    block(INTERFACE, file, |body| {
        body.extend(RAW_IP.to_le_bytes());
        body.extend(0_u16.to_le_bytes());
        body.extend(0_u32.to_le_bytes());
        option(body, 2, cut(name).as_bytes());
        option(body, 9, &[9]);
        option(body, 0, &[]);
    });
}

fn enhanced(packet: &Packet, interface: usize, comment: Option<&str>, file: &mut Vec<u8>) {
    block(ENHANCED_PACKET, file, |body| {
        body.extend(number(interface).to_le_bytes());
        time(packet.time, body);
        body.extend(number(packet.network.len()).to_le_bytes());
        let on_the_wire = packet.wire_len.max(number(packet.network.len()));
        body.extend(on_the_wire.to_le_bytes());
        padded(&packet.network, body);
        let direction: u32 = match packet.direction {
            Direction::Ingress => 1,
            Direction::Egress => 2,
            Direction::Unknown => 0,
        };
        option(body, 2, &direction.to_le_bytes());
        if let Some(comment) = comment {
            option(body, 1, cut(comment).as_bytes());
        }
        option(body, 0, &[]);
    });
}

fn statistics(interface: usize, until: Timestamp, file: &mut Vec<u8>) {
    block(STATISTICS, file, |body| {
        body.extend(number(interface).to_le_bytes());
        time(until, body);
        let mut end = Vec::new();
        time(until, &mut end);
        option(body, 3, &end);
        option(body, 0, &[]);
    });
}

/// The upper half first, whatever the byte order.
fn time(time: Timestamp, body: &mut Vec<u8>) {
    let low = u32::try_from(time.0 & u64::from(u32::MAX)).unwrap_or_default();
    let high = u32::try_from(time.0 >> 32).unwrap_or_default();
    body.extend(high.to_le_bytes());
    body.extend(low.to_le_bytes());
}

fn block(kind: u32, file: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut body = Vec::new();
    write(&mut body);
    let len = number(body.len() + 12).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(len);
    file.extend(body);
    file.extend(len);
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or_default().to_le_bytes());
    padded(value, body);
}

fn padded(bytes: &[u8], body: &mut Vec<u8>) {
    body.extend(bytes);
    body.resize(body.len().next_multiple_of(4), 0);
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_COMMENT))
        .unwrap_or_default()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
