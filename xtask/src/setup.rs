//! `cargo xtask setup`: installs what is missing, and says what and why. Running it again changes nothing.

use anyhow::{Result, bail};

use crate::say;

mod aioquic;
pub mod arm64;
mod builder;
mod cluster;
mod debian;
mod envoy;
mod go;
mod haproxy;
mod java;
pub mod kernel;
pub mod kubernetes;
mod nginx;
mod playwright;
mod python;
mod rust;
mod rustls;
mod suite;

pub use aioquic::python as python_with_aioquic;
pub use builder::image as builder_image;
pub use cluster::{kubectl, prometheus, promtool, python as python_with_schemas};
pub use envoy::program as envoy;
pub use go::program as go_peer;
pub use haproxy::command as haproxy;
pub use java::client as java_client;
pub use nginx::program as nginx;
pub use playwright::folder as playwright;
pub use rust::profdata;
pub use rustls::program as rustls_client;

/// What the machine is to be made ready for. Each set up to `Live` holds the ones before it; `Test` holds all that `cargo xtask test`
/// takes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Purpose {
    /// Building tlsmon.
    Build,
    /// `cargo xtask demo`: a live lab with Envoy.
    Demo,
    /// The live tests and the lab: more servers.
    Live,
    /// `cargo xtask test`: also old kernels in a VM.
    Test,
    /// `cargo xtask fuzz`.
    Fuzz,
    /// `cargo xtask test deploy`: what checks manifests and alerts, and the lab in which a Prometheus asks what dashboards ask.
    Deploy,
    /// `cargo xtask image`: the container image, and what runs it.
    Image,
    /// `cargo xtask cluster`: a real Kubernetes node.
    Cluster,
    /// `cargo xtask test web`: a browser.
    Web,
    /// `cargo xtask test kernels-arm64`: a kernel of arm64, and everything else of such a machine.
    Arm64,
    /// `cargo xtask build`: what makes a profile of what a program did.
    Guided,
}

impl Purpose {
    /// Whether this holds what `other` needs.
    fn holds(self, other: Self) -> bool {
        match self {
            Self::Fuzz | Self::Guided => other == Self::Build || other == self,
            Self::Deploy | Self::Image | Self::Web => other <= Self::Demo || other == self,
            Self::Cluster => other <= Self::Demo || (Self::Deploy..=Self::Cluster).contains(&other),
            Self::Arm64 => other < Self::Image || other == self,
            Self::Test => other < Self::Image || other == Self::Web,
            _ => other <= self,
        }
    }
}

/// Something the machine may lack.
struct Item {
    name: String,
    why: &'static str,
    present: bool,
    install: Box<dyn FnOnce() -> Result<()>>,
}

/// Installs whatever `purpose` needs and the machine lacks; only says so with `dry_run`.
pub fn ensure(purpose: Purpose, dry_run: bool) -> Result<()> {
    say::step(
        format_args!("setup: what `{purpose:?}` needs")
            .to_string()
            .to_lowercase(),
    );
    let packages = debian::missing(purpose);
    let mut lacking = false;
    for package in &packages {
        say::note(format_args!("missing: {} ({})", package.name, package.why));
        lacking = true;
    }
    if !dry_run && !packages.is_empty() {
        debian::install(
            &packages
                .iter()
                .map(|package| package.name)
                .collect::<Vec<_>>(),
        )?;
    }
    for item in items(purpose) {
        lacking |= !item.present;
        obtain(item, dry_run)?;
    }
    if !lacking {
        say::note("everything is there");
    }
    Ok(())
}

fn items(purpose: Purpose) -> Vec<Item> {
    let mut items = vec![rust::bpf_compiler(), rust::bpf_linker()];
    if purpose.holds(Purpose::Demo) {
        items.push(envoy::item());
    }
    if purpose.holds(Purpose::Live) {
        items.extend([nginx::item(), haproxy::item(), aioquic::item()]);
        items.extend([go::item(), rustls::item(), java::item()]);
    }
    if purpose.holds(Purpose::Fuzz) {
        items.extend([rust::nightly(), rust::fuzzer()]);
    }
    if purpose.holds(Purpose::Image) {
        items.push(rust::target(std::env::consts::ARCH));
    }
    if purpose.holds(Purpose::Guided) {
        items.push(rust::profiler());
    }
    if purpose.holds(Purpose::Cluster) {
        items.extend(kubernetes::items());
    }
    if purpose.holds(Purpose::Web) {
        items.push(playwright::item());
    }
    if purpose.holds(Purpose::Arm64) {
        items.push(rust::target("aarch64"));
        items.extend(arm64::items());
    }
    if purpose.holds(Purpose::Deploy) {
        items.extend(cluster::items());
    }
    if purpose.holds(Purpose::Test) {
        items.push(rust::checkers());
        items.extend(kernel::KERNELS.iter().map(kernel::item));
    }
    items
}

fn obtain(item: Item, dry_run: bool) -> Result<()> {
    if item.present {
        return Ok(());
    }
    say::note(format_args!("missing: {} ({})", item.name, item.why));
    if dry_run {
        return Ok(());
    }
    match (item.install)() {
        Ok(()) => Ok(()),
        Err(error) => bail!("cannot set up {}: {error:#}", item.name),
    }
}
