//! A large capture from small ones: whole connections copied with another client each, and interleaved. The same input gives
//! the same file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::packet::{Packet, read};

/// How many connections are open at any time, a packet of each in turn.
const OPEN: u32 = 256;

/// From one packet to the next.
const SPACING_MICROS: u64 = 10;

/// How many packets a connection may have to pass for an ordinary one.
const LONGEST_WHOLE: usize = 40;

/// What to write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    /// Where the captures are.
    pub(super) folder: &'a Path,
    /// How many of them to write, of each in turn.
    pub(super) copies: u32,
    /// Of failures too, not only of whole connections.
    pub(super) all_kinds: bool,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generated {
    /// How many connections it holds; some captures hold several.
    pub connections: u32,
    /// How many captures it is made from.
    pub kinds: usize,
    /// How many packets it has.
    pub packets: u64,
    /// How large it is.
    pub bytes: u64,
}

/// One capture with a single client.
struct Kind {
    client: [u8; 4],
    connections: u32,
    packets: Vec<Packet>,
}

impl Kind {
    /// Whether its connections are like those that a busy gateway sees most: both sides shook hands, exchanged data, and
    /// closed. What was cut into tiny segments on purpose is not.
    fn is_whole(&self) -> bool {
        let ends = |packet: &&Packet| packet.flags().is_some_and(|flags| flags & 0x05 != 0);
        let has = |first: u8| {
            self.packets
                .iter()
                .any(|packet| packet.begins_record(first))
        };
        let [handshake, data] = [22, 23].map(has);
        let packets = self.connections as usize * LONGEST_WHOLE;
        handshake
            && data
            && self.packets.iter().any(|packet| ends(&packet))
            && self.packets.len() <= packets
    }
}

/// Writes connections and what belongs to them to `file`: a copy of one capture each.
pub(super) fn write(of: &Sample<'_>, file: &Path) -> Result<Generated> {
    let Sample {
        folder,
        copies,
        all_kinds,
    } = *of;
    let mut kinds = kinds(folder)?;
    kinds.retain(|kind| all_kinds || kind.is_whole());
    ensure!(
        !kinds.is_empty(),
        "no capture with a TCP connection in {}",
        folder.display()
    );
    let order = order(&kinds, copies);
    fs::create_dir_all(file.parent().context("a folder to write to")?)?;
    let mut out = BufWriter::new(File::create(file)?);
    out.write_all(&header())?;
    let mut generated = Generated {
        connections: (0..copies)
            .filter_map(|copy| Some(kind(&kinds, copy)?.connections))
            .sum(),
        kinds: kinds.len(),
        packets: 0,
        bytes: 24,
    };
    for (time, copy, number) in order {
        let kind = kind(&kinds, copy).context("a kind")?;
        let packet = kind.packets.get(number).context("a packet")?;
        let [_, a, b, c] = copy.to_be_bytes();
        let bytes = packet.readdressed(kind.client, [10, a, b, c]);
        write_packet(&mut out, time, &bytes)?;
        generated.packets += 1;
        generated.bytes += 16 + u64::try_from(bytes.len())?;
    }
    out.flush()?;
    Ok(generated)
}

fn kind(kinds: &[Kind], copy: u32) -> Option<&Kind> {
    kinds.get(usize::try_from(copy).ok()? % kinds.len())
}

/// Every packet of every copy: its time, the copy's number, the packet's number in its capture. A copy begins where an
/// earlier one has ended.
fn order(kinds: &[Kind], copies: u32) -> Vec<(u64, u32, usize)> {
    let mut order = Vec::new();
    for slot in 0..OPEN {
        let packets = |copy| 0..kind(kinds, copy).map_or(0, |kind| kind.packets.len());
        let in_slot = (slot..copies).step_by(OPEN as usize);
        let in_slot = in_slot.flat_map(|copy| packets(copy).map(move |number| (copy, number)));
        let time = |turn| (turn * u64::from(OPEN) + u64::from(slot)) * SPACING_MICROS;
        order.extend(
            (0..)
                .zip(in_slot)
                .map(|(turn, (copy, number))| (time(turn), copy, number)),
        );
    }
    order.sort_unstable();
    order
}

/// The captures whose packets are those of one TCP client, in the order of their names.
fn kinds(folder: &Path) -> Result<Vec<Kind>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|end| end == "pcap"))
        .collect();
    files.sort();
    Ok(files
        .iter()
        .filter_map(|file| read(file).ok())
        .filter_map(kind_of)
        .collect())
}

fn kind_of(packets: Vec<Packet>) -> Option<Kind> {
    let openers: BTreeSet<_> = packets.iter().filter_map(Packet::opener).collect();
    let (client, _port) = *openers.first()?;
    let single = openers.iter().all(|(address, _port)| *address == client);
    let connections = u32::try_from(openers.len()).ok()?;
    single.then_some(Kind {
        client,
        connections,
        packets,
    })
}

/// pcap 2.4, microseconds, no limit worth the name, Ethernet.
pub(super) fn header() -> Vec<u8> {
    let mut bytes = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    bytes.extend([2, 0, 4, 0]);
    bytes.extend([0; 8]);
    bytes.extend(262_144_u32.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes
}

pub(super) fn write_packet(out: &mut impl std::io::Write, micros: u64, bytes: &[u8]) -> Result<()> {
    let length = u32::try_from(bytes.len())?.to_le_bytes();
    let (seconds, micros) = (
        u32::try_from(micros / 1_000_000)?,
        u32::try_from(micros % 1_000_000)?,
    );
    out.write_all(&(1_700_000_000 + seconds).to_le_bytes())?;
    for part in [&micros.to_le_bytes()[..], &length, &length, bytes] {
        out.write_all(part)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_interleaved_and_in_order_of_time() {
        let packet = || Packet { bytes: Vec::new() };
        let kinds = [Kind {
            client: [0; 4],
            connections: 1,
            packets: vec![packet(), packet()],
        }];
        let order = order(&kinds, OPEN + 1);
        let round = u64::from(OPEN) * SPACING_MICROS;
        assert_eq!(order[..2], [(0, 0, 0), (10, 1, 0)]);
        let of = |copy| order.iter().filter(move |(_, of, _)| *of == copy);
        assert!(of(0).copied().eq([(0, 0, 0), (round, 0, 1)]));
        let next = of(OPEN).copied();
        assert!(next.eq([(2 * round, OPEN, 0), (3 * round, OPEN, 1)]));
    }
}
