//! Where the scenarios are played: the network, the certificates, and tlsmon on the node.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use tempfile::TempDir;

use super::certificates::Certificates;
use super::server::{self, Site};
use super::table::{Block, Obstacle};
use crate::command::require;
use crate::lab::{Namespace, Network, Process, until};

/// Addresses of servers begin behind that of the pod itself.
const FIRST_ADDRESS: usize = 21;
const LAST_ADDRESS: usize = 254;
/// Servers that listen on all addresses have a port each.
const FIRST_PORT: u16 = 8000;
/// The ports that tlsmon watches.
pub(super) const PORTS: &str = "443,8000-8254";

/// Addresses that clients may come from beside their own: those of Google's health checks.
const HEALTH_CHECKS: [&str; 2] = ["35.191.0.7", "130.211.0.9"];

/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);

/// The network, ready for servers and clients.
pub(super) struct Stage {
    pub(super) network: Network,
    pub(super) certificates: Certificates,
    folder: TempDir,
}

/// A server that listens, with what is in the way to it.
pub(super) struct Playing {
    /// None where nobody listens.
    process: Option<Process>,
    pub(super) address: String,
    pub(super) port: u16,
}

impl Stage {
    /// Sets it up for this many servers.
    pub(super) fn create(servers: usize) -> Result<Self> {
        if FIRST_ADDRESS + servers > LAST_ADDRESS {
            bail!("{servers} servers are more than the lab has addresses for");
        }
        let network = Network::create()?.without_offloads()?;
        // By default a host says "unreachable" to another once a second.
        network.node.sysctl("net/ipv4/icmp_ratelimit", "0")?;
        for number in 0..servers {
            network
                .pod
                .ip(&format!("addr add {}/32 dev eth0", address(number)))?;
        }
        for source in HEALTH_CHECKS {
            network
                .client
                .ip(&format!("addr add {source}/32 dev eth0"))?;
        }
        let folder = TempDir::with_prefix("tlsmon-scenarios-")?;
        let certificates = Certificates::create(folder.path())?;
        Ok(Self {
            network,
            certificates,
            folder,
        })
    }

    /// Starts the server of a block and puts what is in the way.
    pub(super) fn open(&self, number: usize, block: &Block) -> Result<Playing> {
        let kind = server::kind(&block.server)?;
        let folder = self.folder(number);
        fs::create_dir_all(&folder)?;
        let port = if kind.takes_all_addresses {
            FIRST_PORT + u16::try_from(number)?
        } else {
            443
        };
        let site = Site {
            address: address(number),
            port,
            folder: &folder,
            certificates: &self.certificates,
            words: &block.words,
        };
        for (index, obstacle) in block.path.iter().enumerate() {
            self.obstruct(obstacle, &site, &format!("lab_{number}_{index}"))?;
        }
        let process = match kind.command(&site)? {
            Some(mut command) => Some(self.start(&mut command, &site)?),
            None => None,
        };
        Ok(Playing {
            process,
            address: site.address,
            port,
        })
    }

    /// A folder for a block.
    pub(super) fn folder(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number}"))
    }

    fn obstruct(&self, obstacle: &Obstacle, site: &Site<'_>, table: &str) -> Result<()> {
        let rule = obstacle.rule.replace("SERVER", &site.address);
        let rule = rule.replace("PORT", &site.port.to_string());
        let hook = &obstacle.hook;
        let rules = format!(
            "add table ip {table}; add chain ip {table} way {{ type filter hook {hook} priority 0; }}; add rule ip {table} way {rule}"
        );
        self.place(&obstacle.place)?
            .output(Command::new(require("nft")?).arg(rules))
            .map(drop)
    }

    fn place(&self, name: &str) -> Result<&Namespace> {
        match name {
            "client" => Ok(&self.network.client),
            "node" => Ok(&self.network.node),
            "pod" => Ok(&self.network.pod),
            _ => bail!("{name} is neither client, node nor pod"),
        }
    }

    /// Starts it and waits until it accepts connections: asked inside the pod, where tlsmon does not watch.
    fn start(&self, command: &mut Command, site: &Site<'_>) -> Result<Process> {
        let pod = &self.network.pod;
        let mut process = Process::start(pod, command, &site.folder.join("server.log"))?;
        let address: SocketAddr = format!("{}:{}", site.address, site.port).parse()?;
        let limit = Duration::from_secs(1);
        let knock = || TcpStream::connect_timeout(&address, limit).is_ok();
        until("the server to listen", START, || {
            if let Some(status) = process.ended()? {
                bail!("{} ended: {status}\n{}", process.name(), process.said());
            }
            Ok(pod.inside(knock)?.then_some(()))
        })?;
        Ok(process)
    }
}

impl Playing {
    /// The end of the server's log.
    pub(super) fn said(&self) -> String {
        self.process.as_ref().map(Process::said).unwrap_or_default()
    }
}

fn address(number: usize) -> String {
    format!("198.51.100.{}", FIRST_ADDRESS + number)
}
