//! Makes what the targets start from: `seeds OUT CAPTURE…` writes the packets, streams and messages of captures into
//! `OUT/TARGET/`, in the form that each target expects.

mod conversation;
mod files;
mod seeds;

use std::path::{Path, PathBuf};

use monitor::capture::pcap::{self, Source};
use seeds::Seeds;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(out) = arguments.next() else {
        return Err(std::io::Error::other("usage: seeds OUT CAPTURE…"));
    };
    let mut seeds = Seeds::new(out);
    for path in arguments.flat_map(|path| captures(&path)) {
        let packets = packets(&path);
        files::write(&mut seeds, &std::fs::read(&path)?, &packets)?;
        conversation::write(&mut seeds, &packets)?;
    }
    println!("{} seeds", seeds.count());
    Ok(())
}

/// A capture file, or all of a folder and the folders in it.
fn captures(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let is_capture = |path: &PathBuf| {
        path.is_dir()
            || ["pcap", "cap", "pcapng", "gz", "zst"]
                .iter()
                .any(|end| path.extension().is_some_and(|is| is == *end))
    };
    paths
        .into_iter()
        .filter(is_capture)
        .flat_map(|path| captures(&path))
        .collect()
}

/// A packet from its IP header on, and when it passed.
pub struct Packet {
    pub nanos: u64,
    pub network: Vec<u8>,
}

/// As many packets as can be read.
fn packets(path: &Path) -> Vec<Packet> {
    let mut packets = files::Collect::default();
    let _ = pcap::read(Source::from_argument(path), &mut packets, &mut |_| {});
    packets.0
}
