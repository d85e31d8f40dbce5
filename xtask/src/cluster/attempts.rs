//! Each attempt of the client without a name, and its verdict.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::node::Node;
use super::{SOON, is_nameless, manifests, workload};
use crate::lab::{client_port, handshakes, pause, word};
use crate::say;

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

    /// Whether each has its verdict, with names of its own where names are asked for.
    pub(super) fn are_all_told(&self, node: &Node, named: bool) -> Result<()> {
        let missed = self.without_verdict();
        ensure!(missed.is_empty(), "no verdict for {missed:?}");
        let mut besides = "";
        if named {
            self.are_named(node)?;
            besides = ", none with a name that is not its own";
        }
        let count = self.count();
        say::note(format_args!(
            "{count} attempts, each with its verdict{besides}"
        ));
        Ok(())
    }

    /// Whether no verdict has the name of a pod that had not its address then, and the last one has both names.
    fn are_named(&self, node: &Node) -> Result<()> {
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

    /// Has the next pod of tlsmon take over from the one that is there. Gives how many attempts both of them told of.
    pub(super) fn hand_over(&mut self, node: &Node) -> Result<usize> {
        let old = agent_pod(node)?;
        let last_words = tempfile::NamedTempFile::new()?;
        let mut follower = node.follow("tlsmon", &old, last_words.path())?;
        workload::attempts_go_on(node)?;
        manifests::surge(node)?;
        ensure!(agent_pod(node)? != old, "the pod is the same");
        follower.wait(SOON)?;
        workload::attempts_go_on(node)?;
        self.collect(node)?;
        let (mut of_old, mut of_next) = (Self::default(), Self::default());
        of_old.verdicts_of(&fs::read_to_string(last_words.path())?);
        of_next.verdicts_of(&workload::agent_logs(node)?);
        let both = of_old.verdicts.keys();
        let both = both.filter(|client| of_next.verdicts.contains_key(*client));
        let both = both.count();
        self.verdicts.extend(of_old.verdicts);
        Ok(both)
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
