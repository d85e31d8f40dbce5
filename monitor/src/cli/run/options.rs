//! The flags of `tlsmon run`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ipnet::IpNet;

use crate::capture::attach::Way;
use crate::capture::live::LiveConfig;
use crate::cli::options::{ReportArgs, node_name};
use crate::pipeline::{Ports, Settings};
use crate::ports::PortSet;
use crate::server::{GuardFiles, Place};

/// What to watch, and where to tell.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Watch these interfaces, by name or pattern as in 'eth*'; "uplink" is those of the default routes, "pods" those of
    /// pods; uplink when left out
    #[arg(
        long,
        short,
        env = "TLSMON_INTERFACE",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(super) interface: Vec<String>,
    /// Watch these ports, as in 443,8443,9000-9100
    #[arg(long, env = "TLSMON_PORT", value_name = "SET", default_value = "443")]
    pub(super) port: PortSet,
    /// Watch only connections with an end in one of these networks
    #[arg(long, env = "TLSMON_ALLOW", value_name = "CIDR", value_delimiter = ',')]
    pub(super) allow: Vec<IpNet>,
    /// Watch no connection with an end in one of these networks
    #[arg(long, env = "TLSMON_DENY", value_name = "CIDR", value_delimiter = ',')]
    pub(super) deny: Vec<IpNet>,
    /// Watch one connection in this many; counts in /metrics are scaled up
    #[arg(long, env = "TLSMON_SAMPLE_RATE", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) sample_rate: u32,
    /// How to attach to an interface: auto, tcx or clsact
    #[arg(
        long,
        env = "TLSMON_ATTACH",
        value_name = "WAY",
        default_value = "auto"
    )]
    pub(super) attach: Way,
    /// Memory for packets on their way from the kernel, in MiB
    #[arg(long, env = "TLSMON_RING_MIB", value_name = "MIB", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(super) ring_mib: u32,
    /// How many bytes of each direction are looked at, in KiB
    #[arg(long, env = "TLSMON_HANDSHAKE_KIB", value_name = "KIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(4..=1024))]
    pub(super) handshake_kib: u32,
    /// Serve /metrics, /healthz and /readyz here, and the API to this host; as in 127.0.0.1:9469 or unix:/run/tlsmon.sock; "none"
    /// serves nothing
    #[arg(long, env = "TLSMON_LISTEN", value_name = "PLACE", default_value = "127.0.0.1:9469", value_parser = listen)]
    pub(super) listen: Listen,
    /// Where another process listens there, capture all the same, and serve once it is gone: so a new tlsmon takes over
    #[arg(long, env = "TLSMON_WAIT_FOR_PORT", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) wait_for_port: bool,
    /// Offer the API here too; beyond this host that needs a token and TLS. It is on loopback at the port of --listen in any case
    #[arg(long, env = "TLSMON_API_LISTEN", value_name = "PLACE")]
    pub(super) api_listen: Option<Place>,
    /// Whoever asks beyond this host must send the token in this file
    #[arg(long, env = "TLSMON_API_TOKEN_FILE", value_name = "FILE")]
    pub(super) api_token_file: Option<PathBuf>,
    /// The certificate and its issuers' (PEM) that is shown beyond this host
    #[arg(long, env = "TLSMON_TLS_CERT", value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The private key of that certificate (PEM)
    #[arg(long, env = "TLSMON_TLS_KEY", value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,
    /// The name of this node in reports and in the Kubernetes API; the host's name when left out
    #[arg(long, env = "TLSMON_NODE", value_name = "NAME")]
    pub(super) node: Option<String>,
    /// Whether to name pods and Services: auto asks the Kubernetes API where this is a pod of a cluster, kubectl asks whom kubectl would
    #[arg(
        long,
        env = "TLSMON_KUBERNETES",
        value_enum,
        default_value_t,
        value_name = "WHEN"
    )]
    #[cfg(feature = "kubernetes")]
    pub(super) kubernetes: super::names::When,
    /// Ask the Kubernetes API that this file names, as kubectl does
    #[arg(long, env = "TLSMON_KUBECONFIG", value_name = "FILE")]
    #[cfg(feature = "kubernetes")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Print no handshakes: metrics only
    #[arg(long, short, env = "TLSMON_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) proof: super::proof::ProofArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
}

/// Where to serve, if at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listen(pub(super) Option<Place>);

impl RunArgs {
    /// What the kernel is told.
    pub(super) fn live(&self, verbose: u8) -> LiveConfig {
        LiveConfig {
            interfaces: self.interface.clone(),
            ports: self.port.clone(),
            sample_rate: self.sample_rate,
            bytes_per_direction: self.handshake_kib << 10,
            ring_bytes: self.ring_mib << 20,
            allow: self.allow.clone(),
            deny: self.deny.clone(),
            attach: self.attach,
            kernel_log: verbose >= 2,
            ..LiveConfig::default()
        }
    }

    /// The name of this node.
    pub(super) fn node(&self) -> String {
        node_name(self.node.as_deref())
    }

    /// What makes it safe to answer beyond this host.
    pub(super) fn guard_files(&self) -> GuardFiles {
        GuardFiles {
            token: self.api_token_file.clone(),
            certificate: self.tls_cert.clone(),
            key: self.tls_key.clone(),
        }
    }

    /// What the pipeline is told.
    pub(super) fn pipeline(&self) -> Settings {
        Settings {
            ports: Ports::Set(self.port.clone()),
            deadlines: self.report.deadlines(),
            node: Some(Arc::from(self.node())),
            sample_rate: self.sample_rate,
            ..Settings::default()
        }
    }
}

fn listen(text: &str) -> Result<Listen, String> {
    if text == "none" {
        return Ok(Listen(None));
    }
    match text.parse() {
        Ok(place) => Ok(Listen(Some(place))),
        Err(said) => Err(format!("{said}, or \"none\"")),
    }
}
