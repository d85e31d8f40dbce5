//! `docs/kernels.md`: what works on which kernel.

use std::fmt::Write as _;

use super::Finding;
use crate::setup::kernel::Kernel;

const HEAD: &str = "\
# Kernels

Made by `cargo xtask generate kernels`, which boots each of these kernels of Debian in an emulated machine and plays the scenarios below with
real servers. `cargo xtask test kernels` does the same, and fails where a scenario is not right or this page does not say what it found; `cargo xtask test kernels-arm64`, when asked for, does it
for the kernel of arm64, with tlsmon, its lab and every server built for that.

";

const BESIDE: &str = "
Without any one of the capabilities in the table tlsmon does not start; with them and no other, all of the scenarios below were played. Before 5.11 maps count against the limit of locked memory:
where that limit is the kernel's default, `CAP_SYS_RESOURCE` raises it.

Kernel 6.18 is what the live tests, the lab, the image and the cluster ran on. Not tested: 5.15 and 6.6, which no release of Debian has; real hardware of arm64.
The kernel programs are the same bytes on every machine.

## The scenarios

";

/// The whole page.
pub(super) fn text(all: &[(&Kernel, Vec<Finding>)]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| kernel | attached by | programs load, attach | ring | capabilities needed | scenarios right |\n|---|---|---|---|---|---|\n");
    for (kernel, finding) in each(all) {
        let _ = writeln!(page, "{}", row(kernel, finding));
    }
    page.push_str(BESIDE);
    scenarios(all, &mut page);
    page.push_str("\n## When this page was made\n\nThe machine is emulated (no KVM), so the times say only that it starts.\n\n");
    page.push_str("| kernel | release | Debian | kernel to programs | tlsmon ready |\n|---|---|---|---|---|\n");
    for (kernel, finding) in each(all).filter(|(_, finding)| !finding.asked) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {:.1} s | {:.1} s |",
            kernel.name, finding.release, kernel.suite, finding.booted, finding.ready
        );
    }
    page
}

/// What is found again each time.
pub(super) fn row(kernel: &Kernel, finding: &Finding) -> String {
    let asked = if finding.asked { " (asked for)" } else { "" };
    let ring = if finding.ring_works() {
        "works, nothing lost".to_owned()
    } else {
        format!("{} packets, {} lost", finding.records, finding.lost)
    };
    let needed: Vec<_> = finding
        .needed
        .iter()
        .map(|one| one.to_uppercase())
        .collect();
    let total = finding.scenarios.len();
    let right = total - finding.wrong().count();
    format!(
        "| {} | {}{asked} | yes | {ring} | {} | {right} of {total} |",
        kernel.name,
        finding.way,
        needed.join(", ")
    )
}

/// Every scenario once, with where it was not right.
fn scenarios(all: &[(&Kernel, Vec<Finding>)], page: &mut String) {
    let Some((_, first)) = each(all).next() else {
        return;
    };
    for (name, _) in &first.scenarios {
        let _ = writeln!(page, "- {name}");
        for (kernel, finding) in each(all) {
            for (_, word) in finding.wrong().filter(|(wrong, _)| wrong == name) {
                let _ = writeln!(
                    page,
                    "  - not on {} with {}: {word}",
                    kernel.name, finding.way
                );
            }
        }
    }
}

fn each<'a>(
    all: &'a [(&'a Kernel, Vec<Finding>)],
) -> impl Iterator<Item = (&'a Kernel, &'a Finding)> {
    all.iter()
        .flat_map(|(kernel, findings)| findings.iter().map(|finding| (*kernel, finding)))
}
