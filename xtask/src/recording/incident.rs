//! The packets that are looked at: captures of one session, as they were taken, of a gateway and of servers beside it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::paths;

/// Classic pcap, in little-endian order, with microseconds.
const MAGIC: [u8; 4] = [0xd4, 0xc3, 0xb2, 0xa1];
/// The header of a file.
const HEADER: usize = 24;
/// When the session began and ended, in seconds: 2026-11-21, 03:21:30 to 03:30:52 UTC.
const SESSION: std::ops::Range<u32> = 1_795_231_290..1_795_231_852;

/// Which of its captures, by their names: those of Envoy, of what went well, and of expired certificates. All of them at once would
/// be more servers behind one address than any incident has.
const SHOWN: [&str; 3] = ["envoy", "ok_", "cert_expired_13"];

/// Writes the captures of the session one behind the other, in the order of time.
pub(super) fn write(file: &Path) -> Result<()> {
    let mut captures = Vec::new();
    for entry in fs::read_dir(paths::root().join("monitor/tests/captures"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Of those that were taken at both ends, that of the server.
        if is_shown(&name) && name.ends_with(".pcap") && !name.contains(".client.") {
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            captures.extend(begin(&bytes).map(|time| (time, bytes)));
        }
    }
    captures.retain(|(time, _)| SESSION.contains(time));
    captures.sort();
    ensure!(captures.len() > 20, "{} captures", captures.len());
    let mut out = Vec::new();
    for (_, bytes) in &captures {
        let from = if out.is_empty() { 0 } else { HEADER };
        out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    }
    Ok(fs::write(file, out)?)
}

fn is_shown(name: &str) -> bool {
    SHOWN.iter().any(|part| name.contains(part))
}

/// When the first packet came, in seconds.
fn begin(bytes: &[u8]) -> Option<u32> {
    let time = bytes.get(HEADER..)?.first_chunk()?;
    bytes
        .starts_with(&MAGIC)
        .then_some(u32::from_le_bytes(*time))
}
