//! What every live test starts from.

use std::time::Duration;

use serde_json::Value;
use xtask::lab::{Agent, AgentOptions, Attempt, Curl, Ended, Network, Pki, SClient, word};
use xtask::paths;

/// The name that the servers serve.
pub(crate) const NAME: &str = "shop.example";

/// How long a report may take: tlsmon's promise is 100 ms, a busy test machine gets more.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// A network with wire-size packets, and certificates for [`NAME`].
pub(crate) struct Scene {
    pub(crate) network: Network,
    pub(crate) pki: Pki,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::on(Network::create().unwrap().without_offloads().unwrap())
    }

    /// Packets as large as the kernel makes them when no wire limits them.
    pub(crate) fn with_offloads() -> Self {
        Self::on(Network::create().unwrap())
    }

    fn on(network: Network) -> Self {
        let pki = Pki::create(&[NAME]).unwrap();
        Self { network, pki }
    }

    /// tlsmon on the node's eth0, printing every handshake as JSON.
    pub(crate) fn agent(&self) -> Agent<'_> {
        self.agent_with(&[])
    }

    pub(crate) fn agent_with(&self, arguments: &[&str]) -> Agent<'_> {
        let options = AgentOptions::new(paths::tlsmon("debug")).with(arguments);
        Agent::start(&self.network.node, &options).unwrap()
    }

    pub(crate) fn curl(&self, curl: &Curl<'_>) -> Attempt {
        curl.run(&self.network, &self.pki).unwrap()
    }

    pub(crate) fn s_client(&self, arguments: &[&str]) -> Attempt {
        SClient::with(arguments)
            .run(&self.network, &self.pki)
            .unwrap()
    }
}

/// A report must say these words at these places.
pub(crate) fn assert_says(report: &Value, expected: &[(&str, &str)]) {
    for (pointer, wanted) in expected {
        assert_eq!(word(report, pointer), *wanted, "{pointer} in {report:#}");
    }
}

/// A gauge, or the sum of several, is at zero.
pub(crate) fn assert_zero(agent: &Agent<'_>, name: &str, labels: &[&str]) {
    let count = agent.metric(name, labels).unwrap();
    assert!(
        count.abs() < 0.5,
        "{name} {labels:?}: {count}\n{}",
        agent.stderr()
    );
}

/// Nothing was lost in the whole run.
pub(crate) fn assert_no_loss(ended: &Ended) {
    let summary = ended.summary().unwrap();
    let lost = summary.get("lost").and_then(Value::as_object).unwrap();
    assert!(
        lost.values().all(|count| count.as_u64() == Some(0)),
        "{summary:#}"
    );
}
