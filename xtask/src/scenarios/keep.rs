//! Keeps what was on the wire, so that a wrong verdict can be looked into.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::judge::Judged;
use super::stage::Stage;
use crate::command::{output, require};
use crate::lab::Witness;

/// A capture of the whole lab into a folder.
pub(super) struct Keeper {
    witness: Witness,
    folder: PathBuf,
}

impl Keeper {
    /// Begins to capture.
    pub(super) fn start(stage: &Stage, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self {
            witness: Witness::start(&stage.network.node, "eth0", folder)?,
            folder: folder.to_owned(),
        })
    }

    /// Ends the capture, and takes out of it what each wrong run sent and received.
    pub(super) fn finish(self, judged: &[Judged<'_>]) -> Result<()> {
        let all = self.witness.stop()?;
        let wrong = judged.iter().enumerate();
        for (number, one) in wrong.filter(|(_, one)| one.wrong.is_some()) {
            let name = format!("{number:03}-{}", one.played.run.expected.label());
            let mut tcpdump = Command::new(require("tcpdump")?);
            tcpdump.arg("-r").arg(&all).arg("-w");
            tcpdump.arg(self.folder.join(format!("{name}.pcap")));
            output(tcpdump.arg(filter(one)))?;
            fs::write(self.folder.join(format!("{name}.txt")), story(one))?;
        }
        Ok(())
    }
}

/// The run's connections; all of the server's where tlsmon told of none.
fn filter(one: &Judged<'_>) -> String {
    let ports = one.reports.iter().filter_map(super::watch::Report::port);
    let ports: Vec<_> = ports.map(|port| format!("port {port}")).collect();
    let server = format!("host {}", one.played.address);
    if ports.is_empty() {
        return server;
    }
    format!("{server} and ({})", ports.join(" or "))
}

fn story(one: &Judged<'_>) -> String {
    let reports = one
        .reports
        .iter()
        .map(|report| format!("{:#}\n", report.said));
    let [client, server] = &one.played.said;
    format!(
        "{}\n\nclient:\n{client}\n\nserver:\n{server}\n\n{}",
        one.played.command,
        reports.collect::<String>()
    )
}
