//! tlsmon on other kernels: Debian's, each booted in an emulated machine. There `xtask smoke` plays: programs load and attach,
//! real servers and clients succeed and fail and are told apart, nothing is lost, nothing is left behind.

use std::path::Path;

use xtask::{kernels, paths};

#[test]
fn linux_5_10_loads_attaches_and_reports() {
    try_on("5.10");
}

#[test]
fn linux_6_1_loads_attaches_and_reports() {
    try_on("6.1");
}

#[test]
fn linux_6_12_loads_attaches_and_reports() {
    try_on("6.12");
}

#[test]
fn the_newest_linux_at_hand_loads_attaches_and_reports() {
    try_on("newest");
}

fn try_on(name: &str) {
    let kernel = kernels::named(name).expect("a kernel that setup knows");
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let findings = kernels::try_on(kernel, xtask, &paths::tlsmon("debug"));
    let findings = findings.unwrap_or_else(|error| panic!("kernel {name}: {error:#}"));
    for finding in &findings {
        let wrong: Vec<_> = finding.wrong().collect();
        assert!(wrong.is_empty(), "kernel {name}: {wrong:#?}");
        assert!(finding.ring_works(), "kernel {name}: {finding:?}");
    }
    kernels::page_says(kernel, &findings).unwrap_or_else(|error| panic!("{error:#}"));
}
