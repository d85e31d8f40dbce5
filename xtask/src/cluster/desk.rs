//! tlsmon as whoever is on call runs it at a desk, by kubectl and with no more rights than the documents ask for: triage of all
//! agents, and the configuration of gateways held against what the agents saw.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::node::Node;
use super::{SOON, workload};
use crate::lab::{Pki, Process, until, word};
use crate::{image, say, setup};

/// Hosts of the Gateway, and whose key the secret of each has.
const SECRETS: [(&str, &str, &str); 2] = [
    ("shop-tls", "shop.example", "shop.example"),
    ("api-tls", "api.shop.example", "shop.example"),
];

/// A desk with a triage on it that goes on.
pub(super) struct Desk {
    folder: TempDir,
    triage: Process,
}

impl Desk {
    /// Has the cluster keep what configures gateways, and begins to look at all agents.
    pub(super) fn open(node: &Node, image: &str) -> Result<Self> {
        let folder = TempDir::with_prefix("tlsmon-desk-")?;
        image::unpack(image, Path::new("tlsmon"), folder.path())?;
        configure(node, folder.path())?;
        let mut triage = tlsmon(node, folder.path(), &["triage", "--cluster", "--plain"]);
        let (out, log) = (said(folder.path()), folder.path().join("triage.log"));
        let triage = Process::start_with_output(node.namespace(), &mut triage, &out, &log)?;
        Ok(Self { folder, triage })
    }

    /// The configuration, held against the wire: both of its faults are there, each with the clients that ran into it.
    pub(super) fn checks(&self, node: &Node) -> Result<()> {
        let options = ["--cluster", "--context", "lab", "--namespace", "shop"];
        let arguments = [&["check", "--agents", "--output", "json"][..], &options];
        let mut check = tlsmon(node, self.folder.path(), &arguments.concat());
        let found: Value = serde_json::from_str(&node.namespace().output(&mut check)?)?;
        shows(
            &found,
            "no-sni-rejected",
            &workload::address(node, "legacy")?,
        )?;
        let partner = workload::address(node, "partner")?;
        shows(&found, "endpoint-without-certificate", &partner)
    }

    /// Triage tells the verdict, and of which node.
    pub(super) fn sees(&self) -> Result<()> {
        let verdict = until("the verdict in triage", SOON, || {
            let lines = self.lines();
            Ok(lines.into_iter().find(|line| is_verdict(line)))
        });
        say::note(format_args!(
            "tlsmon triage --cluster --plain: {}",
            verdict.with_context(|| self.triage.said())?
        ));
        Ok(())
    }

    /// How many lines triage wrote by now.
    pub(super) fn heard(&self) -> usize {
        self.lines().len()
    }

    /// Triage lost the pod that it listened to, and hears the next one: `before` lines were there before that one came.
    pub(super) fn follows(&self, before: usize) -> Result<()> {
        let lost = until("triage to hear the next pod", SOON, || {
            let lines = self.lines();
            let mut since = lines.iter().skip(before);
            let Some(lost) = since.find(|line| line.contains(": LOST: ")) else {
                return Ok(None);
            };
            // What comes after that is of the stream.
            let mut live = since.skip_while(|line| !line.ends_with(": live"));
            let first = live.next();
            let count = live.filter(|line| is_verdict(line)).count();
            Ok((first.is_some() && count > 3).then(|| lost.clone()))
        });
        let lost = lost.with_context(|| self.lines().join("\n"))?;
        say::note(format_args!("triage: {lost}; then it hears the next pod"));
        Ok(())
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(said(self.folder.path())).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

fn is_verdict(line: &str) -> bool {
    line.contains(" no-sni-rejected, ") && line.contains(", node node1; ")
}

/// Where triage writes.
fn said(folder: &Path) -> PathBuf {
    folder.join("triage.txt")
}

/// tlsmon with the kubeconfig of whoever is on call.
fn tlsmon(node: &Node, folder: &Path, arguments: &[&str]) -> Command {
    let mut tlsmon = Command::new(folder.join("tlsmon"));
    tlsmon.args(arguments);
    tlsmon.arg("--kubeconfig").arg(node.kubeconfig("oncall"));
    tlsmon.arg("--kubectl").arg(setup::kubectl());
    tlsmon.env("HOME", folder);
    tlsmon
}

fn configure(node: &Node, folder: &Path) -> Result<()> {
    let apply = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text)?;
        node.kubectl(&["apply", "--filename", &file.display().to_string()])
    };
    apply("rights.yaml", include_str!("rights.yaml"))?;
    apply("crds.yaml", include_str!("crds.yaml"))?;
    let established = ["wait", "--for=condition=Established", "--timeout=60s"];
    let kinds = [
        "crd/gateways.networking.istio.io",
        "crd/apigeeroutes.apigee.cloud.google.com",
    ];
    node.kubectl(&[&established[..], &kinds].concat())?;
    secrets(node)?;
    apply("gateways.yaml", include_str!("gateways.yaml")).map(drop)
}

fn secrets(node: &Node) -> Result<()> {
    let names = SECRETS.map(|(_, name, _)| name);
    let pki = Pki::create(&names)?;
    for (secret, certificate, key) in SECRETS {
        let certificate = format!("tls.crt={}", pki.certificate(certificate).display());
        let key = format!("tls.key={}", pki.key(key).display());
        node.kubectl(&[
            "--namespace=shop",
            "create",
            "secret",
            "generic",
            secret,
            "--type=kubernetes.io/tls",
            "--from-file",
            &certificate,
            "--from-file",
            &key,
        ])?;
    }
    Ok(())
}

/// Whether a failure of this cause was found, and the client at this address seen to run into it.
fn shows(found: &Value, cause: &str, client: &str) -> Result<()> {
    let findings = found.pointer("/findings").and_then(Value::as_array);
    let mut findings = findings.context("no findings")?.iter();
    let finding = findings.find(|one| {
        let seen = one.pointer("/seen/addresses").and_then(Value::as_array);
        word(one, "/severity") == "failure"
            && word(one, "/cause") == cause
            && seen.is_some_and(|seen| seen.iter().any(|address| address == client))
    });
    let finding = finding.with_context(|| format!("no {cause} with {client} in {found}"))?;
    let count = finding.pointer("/seen/handshakes").and_then(Value::as_u64);
    ensure!(count.is_some_and(|count| count > 0), "{finding}");
    say::note(format_args!(
        "tlsmon check --cluster --agents: {cause}: {}: {}; {} handshakes of {client}",
        word(finding, "/place/object"),
        word(finding, "/what"),
        count.unwrap_or_default(),
    ));
    Ok(())
}
