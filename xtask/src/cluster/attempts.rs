//! Each attempt of the client without a name, and its verdict.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::node::Node;
use super::{SOON, is_nameless, manifests, workload};
use crate::lab::{client_port, handshakes, pause, word};

/// A client: its address and port.
type Client = (String, u16);

/// What clients said that they tried, in their order, and what tlsmon said.
#[derive(Default)]
pub(super) struct Attempts {
    tried: BTreeMap<String, Vec<u16>>,
    verdicts: BTreeMap<Client, Names>,
    /// Which pod of the client had an address.
    pods: BTreeMap<String, String>,
}

/// The client's pod and the server's, as a verdict calls them; empty where it has none.
type Names = (String, String);

impl Attempts {
    /// Reads the logs of the client first: what it tried by then has its verdict by the time that tlsmon's are read.
    pub(super) fn collect(&mut self, node: &Node) -> Result<()> {
        let address = workload::address(node, "legacy")?;
        let ports = ports(&workload::logs(node, "legacy")?);
        self.pods
            .insert(address.clone(), workload::pod(node, "legacy")?);
        self.tried.insert(address, ports);
        pause(Duration::from_secs(2))?;
        self.verdicts_of(&workload::agent_logs(node)?);
        Ok(())
    }

    fn verdicts_of(&mut self, logs: &str) {
        let reports = handshakes(logs).filter(is_nameless);
        let clients = reports.filter_map(|report| {
            let text = |pointer| word(&report, pointer).to_owned();
            let client = (text("/client/address"), client_port(&report)?);
            Some((client, (text("/client/pod"), text("/server/pod"))))
        });
        self.verdicts.extend(clients);
    }

    /// How many attempts there were.
    pub(super) fn count(&self) -> usize {
        self.tried.values().map(Vec::len).sum()
    }

    /// Those about which tlsmon said nothing.
    pub(super) fn without_verdict(&self) -> Vec<Client> {
        let tried = self.tried.iter().flat_map(clients);
        let missed = tried.filter(|client| !self.verdicts.contains_key(client));
        missed.collect()
    }

    /// Whether no verdict has the name of a pod that had not its address then, and the last one has both names.
    pub(super) fn are_named(&self, node: &Node) -> Result<()> {
        for ((address, port), (client, _)) in &self.verdicts {
            let Some(pod) = self.pods.get(address) else {
                continue;
            };
            ensure!(
                client.is_empty() || client == pod,
                "{address}:{port} is {pod}, and was called {client}"
            );
        }
        let address = workload::address(node, "legacy")?;
        let ports = self.tried.get(&address).into_iter().flatten().rev();
        let mut verdicts = ports.filter_map(|port| self.verdicts.get(&(address.clone(), *port)));
        let last = verdicts.next().context("no verdict")?;
        let pods = (
            workload::pod(node, "legacy")?,
            workload::pod(node, "gateway")?,
        );
        ensure!(*last == pods, "{last:?} in place of {pods:?}");
        Ok(())
    }

    /// Rolls the DaemonSet: what is missed lies between the old pod's end and the new one's start. Gives how many that are.
    pub(super) fn roll(&mut self, node: &Node) -> Result<usize> {
        let old = agent_pod(node)?;
        let last_words = tempfile::NamedTempFile::new()?;
        let mut follower = node.follow("tlsmon", &old, last_words.path())?;
        workload::attempts_go_on(node)?;
        let restart = ["rollout", "restart", "daemonset/tlsmon"];
        node.kubectl(&[&["--namespace", "tlsmon"][..], &restart[..]].concat())?;
        manifests::rolled_out(node)?;
        ensure!(agent_pod(node)? != old, "the pod is the same");
        follower.wait(SOON)?;
        self.verdicts_of(&fs::read_to_string(last_words.path())?);
        workload::attempts_go_on(node)?;
        self.collect(node)?;
        self.missed_at_one_time()
    }

    fn missed_at_one_time(&self) -> Result<usize> {
        let all: Vec<_> = self.tried.iter().flat_map(clients).collect();
        let missed = |client: &Client| !self.verdicts.contains_key(client);
        let first = all.iter().position(missed).unwrap_or_default();
        let last = all.iter().rposition(missed).map_or(first, |last| last + 1);
        let count = self.without_verdict().len();
        ensure!(
            last - first == count,
            "missed at more than one time: {:?} of {all:?}",
            self.without_verdict()
        );
        Ok(count)
    }
}

/// The attempts from one address.
fn clients((address, ports): (&String, &Vec<u16>)) -> Vec<Client> {
    let each = ports.iter().map(|port| (address.clone(), *port));
    each.collect()
}

fn agent_pod(node: &Node) -> Result<String> {
    let path = "jsonpath={.items[0].metadata.name}";
    node.kubectl(&["--namespace", "tlsmon", "get", "pods", "--output", path])
}

/// The ports in the lines `attempt PORT SECONDS`.
fn ports(logs: &str) -> Vec<u16> {
    let lines = logs.lines().filter_map(|line| line.split_once("attempt "));
    lines
        .filter_map(|(_, rest)| rest.split(' ').next()?.parse().ok())
        .filter(|port| *port != 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_without_a_verdict_is_missed() {
        let mut attempts = Attempts::default();
        attempts.tried.insert(
            "10.0.0.1".into(),
            ports("attempt 7 1\nok attempt 8 2\nattempt 0 3\n"),
        );
        let names = Names::default();
        attempts.verdicts.insert(("10.0.0.1".into(), 7), names);
        assert_eq!(attempts.count(), 2);
        assert_eq!(attempts.without_verdict(), [("10.0.0.1".to_owned(), 8)]);
    }
}
