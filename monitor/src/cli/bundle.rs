//! `tlsmon bundle`: all that somebody else needs to look into failing handshakes, in one archive.

mod endpoints;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::ask;
use super::capture::{say, write};
use super::proofs::{ANONYMIZED, Found, ProofArgs, ProofError};
use super::{CliError, Exit};
use crate::remote::Agent;
use crate::report::Event;
use crate::sink::json;
use crate::sink::printer::{Format, PrintError, Printer};
use crate::sink::style::Style;
use crate::sink::summary::Tally;
use crate::words::counted;

const EXAMPLES: &str = "Examples:
  tlsmon bundle --id 8e0f8a1c5b7d2e43 -o failure.tar.gz      one failure that the agent on this host has seen
  tlsmon bundle --cause unknown-sni --anonymize -o ticket.tar.gz
                                                             the last of a cause, to give away
  tlsmon bundle dump.pcap -o failures.tar.gz                 the failures in a capture file";

/// The folder that the archive unpacks to.
const FOLDER: &str = "tlsmon-bundle";

/// Metrics whose labels are from closed lists: they name nobody.
const NAMELESS: &[&str] = &[
    "tlsmon_build_info",
    "tlsmon_lost_total",
    "tlsmon_interfaces{",
    "tlsmon_interfaces_",
    "tlsmon_hooks",
    "tlsmon_kernel_packets_total",
    "tlsmon_ring_fill_ratio",
    "tlsmon_sample_rate",
    "tlsmon_flows",
];

/// Which handshakes, and where to write them.
#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct BundleArgs {
    /// Write the archive here
    #[arg(long, short, value_name = "FILE.tar.gz")]
    output: PathBuf,
    #[command(flatten)]
    proofs: ProofArgs,
}

/// A file in the archive: its name, what it is, and its bytes.
struct Part {
    name: &'static str,
    what: &'static str,
    bytes: Vec<u8>,
}

pub(super) fn bundle(args: &BundleArgs) -> Result<Exit, CliError> {
    let found = args.proofs.find()?;
    let mut parts = vec![
        Part {
            name: "handshakes.pcapng",
            what: "the packets; the verdicts are comments. Wireshark opens it, \"tlsmon replay\" reads it",
            bytes: found.pcapng.clone(),
        },
        Part {
            name: "handshakes.ndjson",
            what: "the reports, one JSON object to a line; schema tlsmon/v1",
            bytes: reports(&found),
        },
        Part {
            name: "summary.txt",
            what: "the same for people",
            bytes: summary(&found)?,
        },
        Part {
            name: "node.json",
            what: "the host on which this archive was made, and by which tlsmon",
            bytes: node(),
        },
    ];
    parts.extend(facts(args, &found));
    let readme = readme(&found, &parts, args.proofs.anonymize);
    parts.insert(0, readme);
    let archive = pack(&parts).map_err(|source| ProofError::Write {
        path: args.output.clone(),
        source,
    })?;
    write(&args.output, &archive)?;
    say(&format!(
        "{} in {}",
        counted(found.proofs.len(), "handshake"),
        args.output.display()
    ));
    Ok(Exit::Fine)
}

fn events(found: &Found) -> impl Iterator<Item = Event> {
    let proofs = found.proofs.iter();
    proofs.map(|proof| Event::Handshake(Box::new(proof.handshake.clone())))
}

fn reports(found: &Found) -> Vec<u8> {
    let mut lines = Vec::new();
    for event in events(found) {
        // Writing into memory cannot fail.
        let _ = json::write(&event, &mut lines);
    }
    lines
}

fn summary(found: &Found) -> Result<Vec<u8>, CliError> {
    let mut text = Vec::new();
    let mut printer = Printer::new(Format::Text, Style::PLAIN);
    let mut tally = Tally::new();
    for event in events(found) {
        tally.observe(&event);
        printer.print(&event, &mut text)?;
    }
    text.push(b'\n');
    tally
        .print(Style::PLAIN, &mut text)
        .map_err(PrintError::from)?;
    Ok(text)
}

/// What can be known of the host without asking who it is.
fn node() -> Vec<u8> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease");
    let facts = serde_json::json!({
        "tlsmon": env!("CARGO_PKG_VERSION"),
        "kernel": kernel.ok().map(|kernel| kernel.trim().to_owned()),
        "architecture": std::env::consts::ARCH,
        "system": std::env::consts::OS,
    });
    format!("{facts:#}\n").into_bytes()
}

/// What the agent says of itself and of the endpoints concerned. Without it the archive is still worth having.
fn facts(args: &BundleArgs, found: &Found) -> Vec<Part> {
    let mut parts = Vec::new();
    if let (None, Ok(agent)) = (&args.proofs.file, args.proofs.agent()) {
        if let Ok(metrics) = ask::get(&agent, "/metrics", &[]) {
            parts.push(Part {
                name: "metrics.txt",
                what: "what the agent counts and how it is attached, in Prometheus' text format",
                bytes: if args.proofs.anonymize {
                    nameless(&metrics)
                } else {
                    metrics
                },
            });
        }
        parts.extend(endpoints(&agent, found));
    }
    #[cfg(feature = "live")]
    if !args.proofs.anonymize {
        parts.push(Part {
            name: "doctor.json",
            what: "whether the host on which this archive was made can run tlsmon",
            bytes: super::doctor::report().into_bytes(),
        });
    }
    parts
}

fn endpoints(agent: &Agent, found: &Found) -> Option<Part> {
    let answer = ask::get(agent, "/api/v1/endpoints", &[]).ok()?;
    Some(Part {
        name: "endpoints.json",
        what: "what the agent knows of the servers: what they answered and refused lately; the verdicts rest on it",
        bytes: endpoints::concerned(&answer, &found.proofs, found.key.as_ref())?,
    })
}

fn nameless(metrics: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(metrics);
    let is_nameless = |line: &&str| NAMELESS.iter().any(|name| line.starts_with(name));
    let lines: Vec<_> = text.lines().filter(is_nameless).collect();
    (lines.join("\n") + "\n").into_bytes()
}

fn readme(found: &Found, parts: &[Part], is_anonymized: bool) -> Part {
    let mut text = format!(
        "{}, as tlsmon {} saw them\n\n",
        counted(found.proofs.len(), "TLS handshake"),
        env!("CARGO_PKG_VERSION")
    );
    for part in parts {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{}\n    {}", part.name, part.what);
    }
    text.push_str(
        "\nStart with summary.txt. Then open handshakes.pcapng in Wireshark: the comment of the marked packet says why the handshake
failed (filter: pkt_comment). \"tlsmon replay handshakes.pcapng\" decides anew by the packets alone: what other clients got from
the same endpoint is not in it, so it may be less sure. \"tlsmon explain CAUSE\" says what a cause means and what to do.

Application data is not in here: what the verdicts do not need is zeroed.\n",
    );
    if is_anonymized {
        let _ = write!(
            text,
            "\nThis archive is {ANONYMIZED}. The same name or address is\nreplaced by the same one everywhere in it. Times, ports, sizes, lists of algorithms, application protocols (ALPN) and the dates\nof certificates are as they were.\n"
        );
    }
    Part {
        name: "README.txt",
        what: "",
        bytes: text.into_bytes(),
    }
}

fn pack(parts: &[Part]) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for part in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(part.bytes.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, format!("{FOLDER}/{}", part.name), &*part.bytes)?;
    }
    archive.into_inner()?.finish()
}
