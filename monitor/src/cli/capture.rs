//! `tlsmon capture`: the packets of failing handshakes as a pcapng file.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::proofs::{ProofArgs, ProofError};
use super::{CliError, Exit};
use crate::sink::printer::PrintError;
use crate::words::counted;

const EXAMPLES: &str = "Examples:
  tlsmon capture --id 8e0f8a1c5b7d2e43 -w failure.pcapng     one failure that the agent on this host has seen
  tlsmon capture --cause no-sni-rejected | tshark -r -       the last of a cause
  tlsmon capture dump.pcap --client 10.1.0.0/16 -w out.pcapng
                                                             the failures out of a capture file
  tlsmon capture --anonymize --key tlsmon.key -w ticket.pcapng
                                                             to give away: see docs/proof.md";

/// Which handshakes, and where to write them.
#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct CaptureArgs {
    /// Write the capture here; "-" is standard output
    #[arg(long, short = 'w', value_name = "FILE", default_value = "-")]
    output: PathBuf,
    #[command(flatten)]
    proofs: ProofArgs,
}

pub(super) fn capture(args: &CaptureArgs) -> Result<Exit, CliError> {
    let to_stdout = args.output.as_os_str() == "-";
    if to_stdout && std::io::stdout().is_terminal() {
        return Err(ProofError::Terminal.into());
    }
    let found = args.proofs.find()?;
    if to_stdout {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(&found.pcapng).and_then(|()| out.flush());
        written.map_err(PrintError::from)?;
        return Ok(Exit::Fine);
    }
    write(&args.output, &found.pcapng)?;
    say(&format!(
        "{} in {}",
        counted(found.proofs.len(), "handshake"),
        args.output.display()
    ));
    Ok(Exit::Fine)
}

/// Writes a file that others on this host may not read: it says who talks to whom.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), ProofError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| file.write_all(bytes));
    written.map_err(|source| ProofError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Says on stderr what was done.
#[expect(
    clippy::print_stderr,
    reason = "stderr is where the command talks to people"
)]
pub(super) fn say(what: &str) {
    eprintln!("{what}");
}
