//! The three namespaces and the two links between them.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Result;

use super::Namespace;
use crate::command::require;

/// The client's address.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
/// The server's address.
pub const POD: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 20);
/// The server's IPv6 address.
pub const POD_V6: &str = "2001:db8:2::20";

/// The first source port that clients take, one each.
const FIRST_PORT: u16 = 20_001;

/// A client, a node and a pod; the node forwards between them.
#[derive(Debug)]
pub struct Network {
    /// Where clients run.
    pub client: Namespace,
    /// Where tlsmon runs.
    pub node: Namespace,
    /// Where servers run.
    pub pod: Namespace,
    next_port: AtomicU16,
}

impl Network {
    /// Makes the namespaces and joins them.
    pub fn create() -> Result<Self> {
        let network = Self {
            client: Namespace::create("client")?,
            node: Namespace::create("node")?,
            pod: Namespace::create("pod")?,
            next_port: AtomicU16::new(FIRST_PORT),
        };
        network.join(
            &network.client,
            "eth0",
            [
                "192.0.2.10/24 192.0.2.1/24",
                "2001:db8:1::10/64 2001:db8:1::1/64",
            ],
        )?;
        network.join(
            &network.pod,
            "pod0",
            [
                "198.51.100.20/24 198.51.100.1/24",
                "2001:db8:2::20/64 2001:db8:2::1/64",
            ],
        )?;
        network.client.ip("route add default via 192.0.2.1")?;
        network
            .client
            .ip("-6 route add default via 2001:db8:1::1")?;
        network.pod.ip("route add default via 198.51.100.1")?;
        network.pod.ip("-6 route add default via 2001:db8:2::1")?;
        network.node.ip("route add default via 192.0.2.10")?;
        network.node.sysctl("net/ipv4/ip_forward", "1")?;
        network.node.sysctl("net/ipv6/conf/all/forwarding", "1")?;
        Ok(network)
    }

    /// Links `end`'s eth0 to the node's `interface`; each pair is the end's address and the node's.
    fn join(&self, end: &Namespace, interface: &str, pairs: [&str; 2]) -> Result<()> {
        let (there, here) = (end.name(), self.node.name());
        end.ip(&format!(
            "link add eth0 netns {there} type veth peer name {interface} netns {here}"
        ))?;
        for (theirs, ours) in pairs.iter().filter_map(|pair| pair.split_once(' ')) {
            let once = if theirs.contains(':') { " nodad" } else { "" };
            end.ip(&format!("addr add {theirs} dev eth0{once}"))?;
            self.node
                .ip(&format!("addr add {ours} dev {interface}{once}"))?;
        }
        end.ip("link set eth0 up")?;
        self.node.ip(&format!("link set {interface} up"))?;
        Ok(())
    }

    /// Makes packets have the size that they have on a wire: no segmentation is left to the hardware.
    pub fn without_offloads(self) -> Result<Self> {
        for end in [&self.client, &self.pod] {
            let mut ethtool = Command::new(require("ethtool")?);
            end.output(ethtool.args(["-K", "eth0", "tso", "off", "gso", "off", "gro", "off"]))?;
        }
        Ok(self)
    }

    /// A source port that no other attempt in this network takes.
    pub fn port(&self) -> u16 {
        self.next_port.fetch_add(1, Ordering::Relaxed)
    }
}
