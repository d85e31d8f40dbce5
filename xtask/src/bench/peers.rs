//! The same capture read by others, where they are installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command::find;
use crate::paths;

/// A program to measure, and what it is asked to do.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) program: Command,
}

/// Reading the file alone, and the peers that are installed.
pub(super) fn rows(file: &Path) -> Result<Vec<Row>> {
    let mut cat = Command::new("cat");
    cat.arg(file);
    let mut rows = vec![Row {
        name: "cat: reading the file alone",
        program: cat,
    }];
    if let Some(program) = find("tshark") {
        rows.push(Row {
            name: "tshark: names and alerts as fields",
            program: tshark(&program, file),
        });
    }
    if let Some(program) = find("ndpiReader") {
        rows.push(Row {
            name: "ndpiReader: a line for each flow",
            program: ndpi(&program, file),
        });
    }
    if let Some(program) = find("suricata") {
        rows.push(Row {
            name: "suricata: TLS events alone",
            program: suricata(&program, file)?,
        });
    }
    Ok(rows)
}

/// The peers that are not installed.
pub(super) fn missing() -> Vec<&'static str> {
    ["tshark", "ndpiReader", "suricata"]
        .into_iter()
        .filter(|program| find(program).is_none())
        .collect()
}

/// The nearest that tshark comes to the same work: reassembly, and the fields by which a person would tell the cause.
fn tshark(program: &Path, file: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["-n", "-Y"]);
    command.arg("tls.handshake.type == 1 || tls.alert_message");
    command.args(["-T", "fields"]);
    for field in [
        "ip.src",
        "tls.handshake.extensions_server_name",
        "tls.handshake.ja3",
        "tls.alert_message.desc",
    ] {
        command.args(["-e", field]);
    }
    command.arg("-r").arg(file);
    command
}

fn ndpi(program: &Path, file: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("-q")
        .arg("-i")
        .arg(file)
        .args(["-C", "/dev/null"]);
    command
}

/// One thread, no rules, TLS events with certificates and fingerprints.
fn suricata(program: &Path, file: &Path) -> Result<Command> {
    const CONFIG: &str = "\
%YAML 1.1
---
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      types:
        - tls:
            extended: yes
app-layer:
  protocols:
    tls:
      enabled: yes
      ja3-fingerprints: yes
      ja4-fingerprints: yes
      detection-ports:
        dp: 443
";
    let folder = paths::cache().join("suricata");
    fs::create_dir_all(&folder)?;
    let config = folder.join("suricata.yaml");
    fs::write(&config, CONFIG)?;
    let mut command = Command::new(program);
    command.arg("-c").arg(config).arg("-l").arg(folder);
    command.args(["--runmode", "single", "-k", "none", "-r"]);
    command.arg(file);
    Ok(command)
}
