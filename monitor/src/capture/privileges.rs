//! Gives up what is no longer needed once the programs are loaded and attached.

use std::error::Error;
use std::fs;

use caps::{CapSet, Capability, CapsHashSet, errors::CapsError};

use super::preflight::chain;

/// Why privileges could not be given up.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    /// Capabilities belong to threads, and the others would keep theirs.
    #[error("cannot give up privileges: {0} other threads are already running")]
    OtherThreads(usize),
    /// The kernel refused.
    #[error("cannot give up capabilities")]
    Capabilities(#[from] CapsError),
    /// The kernel refused.
    #[error("cannot set no_new_privs")]
    NoNewPrivileges(#[source] std::io::Error),
}

/// An error where other threads run: what they may do would not change.
pub(super) fn refuse_beside_other_threads() -> Result<(), PrivilegeError> {
    match fs::read_dir("/proc/self/task").map_or(0, |tasks| tasks.count().saturating_sub(1)) {
        0 => Ok(()),
        others => Err(PrivilegeError::OtherThreads(others)),
    }
}

/// Keeps only what live capture goes on needing: `CAP_NET_ADMIN` for the filters of clsact, and `CAP_BPF` where the
/// kernel lets nobody read even their own maps without it (before 5.19, where `unprivileged_bpf_disabled` is set),
/// which `read_maps` finds out. Where no capability makes them readable none is kept for that.
pub(super) fn keep<E: Error>(
    uses_clsact: bool,
    read_maps: impl Fn() -> Result<(), E>,
) -> Result<(), PrivilegeError> {
    let mut kept = CapsHashSet::new();
    if uses_clsact {
        kept.insert(Capability::CAP_NET_ADMIN);
    }
    if let Err(error) = read_maps() {
        let error = chain(&error);
        tracing::warn!(
            "cannot read what the kernel programs count: {error}: nobody learns what the kernel loses\nhelp: /sys must be mounted"
        );
    } else if !works_without_any(&|| read_maps().is_ok())? {
        tracing::info!("keeping CAP_BPF: this kernel lets nobody read their own maps without it");
        kept.insert(Capability::CAP_BPF);
    }
    keep_only(&kept)
}

/// Whether `works` still does with no capability in effect. Those that are permitted come back afterwards.
fn works_without_any(works: &impl Fn() -> bool) -> Result<bool, PrivilegeError> {
    let effective = caps::read(None, CapSet::Effective)?;
    caps::clear(None, CapSet::Effective)?;
    let works = works();
    caps::set(None, CapSet::Effective, &effective)?;
    Ok(works)
}

fn keep_only(wanted: &CapsHashSet) -> Result<(), PrivilegeError> {
    let permitted = caps::read(None, CapSet::Permitted)?;
    let kept: CapsHashSet = permitted.intersection(wanted).copied().collect();
    caps::clear(None, CapSet::Inheritable)?;
    caps::set(None, CapSet::Effective, &kept)?;
    caps::set(None, CapSet::Permitted, &kept)?;
    rustix::thread::set_no_new_privs(true)
        .map_err(|error| PrivilegeError::NoNewPrivileges(error.into()))
}
