//! Loads the kernel programs.

use aya::programs::{ProgramError, SchedClassifier};
use aya::{Ebpf, EbpfLoader};
use monitor_common::abi::{ABI_VERSION, name};
use monitor_common::sift::Link;

use super::{LiveConfig, LiveError};
use crate::capture::attach::{self, Attacher, Change, Way};
use crate::capture::interfaces::Interface;

/// The programs, as `build.rs` made them.
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/tlsmon.bpf.o"));

const PROGRAMS: [&str; 4] = [
    name::INGRESS,
    name::EGRESS,
    name::INGRESS_L3,
    name::EGRESS_L3,
];

/// aya-log's levels, as its global wants them: off, and debug.
const LOG_OFF: u8 = 0;
const LOG_DEBUG: u8 = 4;

/// How often a program is loaded before the kernel's "try again" is an error; as libbpf does.
const ATTEMPTS: u32 = 5;

/// The smallest ring: one record of the largest size must fit in many times.
const RING_LEAST: u32 = 64 * 1024;

/// Creates the maps and loads the programs.
pub(super) fn load(config: &LiveConfig) -> Result<Ebpf, LiveError> {
    let mut programs = load_maps(config)?;
    for name in PROGRAMS {
        load_program(&mut programs, name)?;
    }
    Ok(programs)
}

/// Creates the maps and loads the programs, only to see whether this host lets us.
pub(in crate::capture) fn load_programs() -> Result<Ebpf, LiveError> {
    load(&LiveConfig {
        ring_bytes: RING_LEAST,
        flows: 64,
        ..LiveConfig::default()
    })
}

/// Whether this kernel has TCX: attaches to the loopback, and takes the program off again at once.
pub(in crate::capture) fn try_tcx(programs: &mut Ebpf) -> Result<bool, ProgramError> {
    let loopback = Interface {
        index: 1,
        name: "lo".to_owned(),
        link: Link::Ethernet,
        is_pod: false,
    };
    let mut attacher = Attacher::new(Way::Tcx);
    let change = attacher.settle(programs, loopback);
    attacher.detach_all(programs);
    match change {
        Some(Change::Failed(_, error)) if attach::is_without_tcx(&error) => Ok(false),
        Some(Change::Failed(_, error)) => Err(error),
        _ => Ok(true),
    }
}

fn load_maps(config: &LiveConfig) -> Result<Ebpf, LiveError> {
    EbpfLoader::new()
        .override_global(name::SWITCH, &ABI_VERSION, true)
        .override_global(
            aya_log::LEVEL,
            if config.kernel_log {
                &LOG_DEBUG
            } else {
                &LOG_OFF
            },
            true,
        )
        .map_max_entries(
            name::RECORDS,
            config.ring_bytes.max(RING_LEAST).next_power_of_two(),
        )
        .map_max_entries(name::FLOWS, config.flows.max(1))
        .load(OBJECT)
        .map_err(|error| LiveError::Load(Box::new(error)))
}

/// Loads one program.
pub(super) fn load_program<'a>(
    programs: &'a mut Ebpf,
    name: &'static str,
) -> Result<&'a mut SchedClassifier, LiveError> {
    let program = programs.program_mut(name).ok_or(LiveError::Missing(name))?;
    let refused = |source| LiveError::Program {
        program: name,
        source: Box::new(source),
    };
    let program: &mut SchedClassifier = program.try_into().map_err(refused)?;
    let mut attempts = 1;
    while let Err(error) = program.load() {
        if attempts == ATTEMPTS || !is_interrupted(&error) {
            return Err(refused(error));
        }
        attempts += 1;
    }
    Ok(program)
}

/// The kernel leaves a program half verified when the thread gets a signal, and asks to be asked again.
fn is_interrupted(error: &ProgramError) -> bool {
    let ProgramError::LoadError { io_error, .. } = error else {
        return false;
    };
    io_error.kind() == std::io::ErrorKind::WouldBlock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_names_neither_a_path_of_this_machine_nor_what_depends_on_one() {
        // `_RN` and `_ZN` begin the names that compilers give to code, with a hash of the path of its crate.
        for text in [env!("CARGO_MANIFEST_DIR"), env!("HOME"), "_RN", "_ZN"] {
            let found = OBJECT
                .windows(text.len())
                .any(|window| window == text.as_bytes());
            assert!(!found, "{text}");
        }
    }
}
