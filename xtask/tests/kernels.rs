//! tlsmon on other kernels: Debian's, each booted in an emulated machine. The scenario is `xtask smoke`: programs load and
//! attach, a success and a failure are told apart, nothing is lost, nothing is left behind.

use std::path::Path;

use xtask::setup::kernel::KERNELS;
use xtask::{paths, say, vm};

#[test]
fn linux_5_10_loads_attaches_and_reports() {
    smoke("5.10");
}

#[test]
fn linux_6_1_loads_attaches_and_reports() {
    smoke("6.1");
}

#[test]
fn linux_6_12_loads_attaches_and_reports() {
    smoke("6.12");
}

fn smoke(name: &str) {
    let kernel = KERNELS
        .iter()
        .find(|kernel| kernel.name == name)
        .expect("a kernel that setup knows");
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let tlsmon = paths::tlsmon("debug");
    let command = format!(
        "uname -r; tlsmon doctor --interface lo && xtask smoke /usr/local/bin/tlsmon {}",
        kernel.attach
    );
    let said = vm::run(kernel, &[xtask, &tlsmon], &command);
    let said = said.unwrap_or_else(|error| panic!("kernel {name}: {error:#}"));
    say::line(said);
}
