//! Whether this host can run live capture, found by trying rather than by asking for versions: `tlsmon doctor`.

use std::fmt::Display;
use std::fs;

use caps::{CapSet, Capability};

use super::hooks::HookState;
use super::interfaces::{Interface, Selection};
use super::live::{LiveError, Round, load_programs, try_hooks, try_tcx};

/// On how many interfaces the programs are tried at most.
const TRIED: usize = 8;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Works, but not as well as it could.
    Warning,
    /// Live capture cannot work.
    Failed,
}

/// One thing that live capture needs of a host.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do about it, where there is something to do.
    pub help: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Display) -> Self {
        Self {
            name,
            status: Status::Ok,
            found: found.to_string(),
            help: None,
        }
    }

    fn warning(name: &'static str, found: impl Display, help: &str) -> Self {
        Self {
            name,
            status: Status::Warning,
            found: found.to_string(),
            help: Some(help.to_owned()),
        }
    }

    fn failed(name: &'static str, found: impl Display, help: &str) -> Self {
        Self {
            name,
            status: Status::Failed,
            found: found.to_string(),
            help: Some(help.to_owned()),
        }
    }
}

/// Looks at everything; changes nothing that outlives the call.
pub fn check(interfaces: &[String]) -> Vec<Check> {
    let mut checks = vec![kernel(&kernel_release())];
    checks.extend(NEEDED.map(capability));
    checks.extend([
        locked_memory(&limits()),
        compiler(&setting("net/core/bpf_jit_enable")),
    ]);
    let (chosen, interfaces) = chosen(interfaces);
    checks.extend(programs(load_programs(), interfaces));
    checks.push(chosen);
    checks
}

/// The oldest kernel that the programs are tested on.
const OLDEST: (u32, u32) = (5, 10);

fn kernel(release: &str) -> Check {
    const NAME: &str = "kernel";
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST => Check::ok(NAME, release),
        _ => Check::failed(NAME, release, "tlsmon needs Linux 5.10 or newer"),
    }
}

fn kernel_release() -> String {
    rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned()
}

/// What loading and attaching takes, each with what it is for.
const NEEDED: [(Capability, &str, &str); 3] = [
    (
        Capability::CAP_BPF,
        "CAP_BPF",
        "needed to load programs: run as root, or grant it (securityContext.capabilities.add: [BPF])",
    ),
    (
        Capability::CAP_NET_ADMIN,
        "CAP_NET_ADMIN",
        "needed to attach programs: run as root, or grant it (capabilities.add: [NET_ADMIN])",
    ),
    (
        Capability::CAP_PERFMON,
        "CAP_PERFMON",
        "without it the kernel guards every program so heavily that it refuses ours: grant it (capabilities.add: [PERFMON])",
    ),
];

fn capability((capability, name, help): (Capability, &'static str, &str)) -> Check {
    let effective = caps::read(None, CapSet::Effective).unwrap_or_default();
    // CAP_SYS_ADMIN stands in for CAP_BPF and CAP_PERFMON, as it did before there were these two.
    let stand_in =
        capability != Capability::CAP_NET_ADMIN && effective.contains(&Capability::CAP_SYS_ADMIN);
    if effective.contains(&capability) || stand_in {
        Check::ok(name, "granted")
    } else {
        Check::failed(name, "not granted", help)
    }
}

fn limits() -> String {
    fs::read_to_string("/proc/self/limits").unwrap_or_default()
}

/// Matters before 5.11 only, where maps count against the limit; aya raises it where it may.
fn locked_memory(limits: &str) -> Check {
    const NAME: &str = "locked memory";
    let soft = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max locked memory"))
        .and_then(|rest| rest.split_whitespace().next());
    match soft {
        Some("unlimited") => Check::ok(NAME, "unlimited"),
        Some(bytes) => Check::ok(
            NAME,
            format_args!("{bytes} bytes (counts only before 5.11)"),
        ),
        None => Check::warning(NAME, "unknown", "/proc/self/limits cannot be read"),
    }
}

fn setting(path: &str) -> String {
    fs::read_to_string(format!("/proc/sys/{path}"))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn compiler(setting: &str) -> Check {
    const NAME: &str = "BPF compiler";
    match setting {
        "1" | "2" => Check::ok(NAME, "on"),
        // Many kernels are built with the compiler always on and then show no setting to everyone.
        "" => Check::ok(NAME, "not shown to this user"),
        _ => Check::warning(
            NAME,
            "off",
            "programs are interpreted and cost many times more: sysctl net.core.bpf_jit_enable=1",
        ),
    }
}

fn programs(loaded: Result<aya::Ebpf, LiveError>, interfaces: Vec<Interface>) -> Vec<Check> {
    const LOAD: &str = "kernel programs";
    const ATTACH: &str = "attach";
    match loaded {
        Ok(mut programs) => {
            let tcx = try_tcx(&mut programs);
            // A trial with filters would push out those of a tlsmon that runs.
            let hooks =
                matches!(tcx, Ok(true)).then(|| hooks(try_hooks(&mut programs, interfaces)));
            let checks = [Check::ok(LOAD, "load"), attach(ATTACH, tcx)];
            checks.into_iter().chain(hooks).collect()
        }
        Err(error) => {
            let help = error.help().unwrap_or("see the cause above");
            vec![
                Check::failed(LOAD, chain(&error), help),
                Check::failed(ATTACH, "not tried", "the kernel programs must load first"),
            ]
        }
    }
}

/// Whether the programs see what passes, in a trial of a second or two.
fn hooks(tried: Result<Round, LiveError>) -> Check {
    const NAME: &str = "hooks";
    const HELP: &str = "packets pass there and the program sees none of them: something takes them before any tc program, as XDP does; see docs/operations.md";
    let round = match tried {
        Ok(round) => round,
        Err(error) => {
            return Check::warning(
                NAME,
                chain(&error),
                "whether the programs run was not found out",
            );
        }
    };
    let running = round.counts.all(HookState::Running);
    if round.silent.is_empty() {
        return Check::ok(
            NAME,
            format_args!("{running} with traffic, and the program runs there"),
        );
    }
    Check::warning(
        NAME,
        format_args!("the program does not run on {}", round.silent.join(", ")),
        HELP,
    )
}

fn attach(name: &'static str, tcx: Result<bool, aya::programs::ProgramError>) -> Check {
    match tcx {
        Ok(true) => Check::ok(name, "tcx"),
        Ok(false) => Check::ok(name, "clsact (this kernel has no tcx)"),
        Err(error) => Check::failed(name, chain(&error), "needs CAP_NET_ADMIN"),
    }
}

/// Which interfaces would be watched, for the person and for the trial.
fn chosen(patterns: &[String]) -> (Check, Vec<Interface>) {
    const NAME: &str = "interfaces";
    const HELP: &str = "name one with --interface; \"ip link\" lists them";
    let selection = match Selection::new(patterns) {
        Ok(selection) => selection,
        Err(error) => return (Check::failed(NAME, error, HELP), Vec::new()),
    };
    let found = match selection.find() {
        Ok(found) => found,
        Err(error) => return (Check::failed(NAME, error, HELP), Vec::new()),
    };
    let names: Vec<_> = found
        .interfaces
        .iter()
        .map(|interface| interface.name.as_str())
        .collect();
    let check = match (names.is_empty(), found.left_out) {
        (true, _) if selection.may_be_empty() => Check::ok(NAME, "none yet: pods may come"),
        (true, _) => Check::failed(NAME, "none", HELP),
        (_, 0) => Check::ok(NAME, names.join(", ")),
        (_, more) => Check::warning(
            NAME,
            format_args!("{} and {more} more", names.join(", ")),
            "more than can be watched: name those that matter with --interface",
        ),
    };
    let mut tried = found.interfaces;
    tried.truncate(TRIED);
    (check, tried)
}

/// An error with its causes; of the verifier's long log, the first line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = first_line(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {}", first_line(error));
        cause = error.source();
    }
    text
}

fn first_line(error: &dyn std::error::Error) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_from_5_10_on_will_do() {
        for (release, status) in [
            ("5.10.0-32-cloud-amd64", Status::Ok),
            ("6.18.44", Status::Ok),
            ("7.2", Status::Ok),
            ("5.9.16", Status::Failed),
            ("4.19.0", Status::Failed),
            ("unknown", Status::Failed),
        ] {
            assert_eq!(kernel(release).status, status, "{release}");
        }
    }

    #[test]
    fn the_limit_on_locked_memory_is_told() {
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax locked memory         8388608              8388608              bytes\n";
        assert_eq!(
            locked_memory(limits).found,
            "8388608 bytes (counts only before 5.11)"
        );
        assert_eq!(locked_memory("").status, Status::Warning);
    }

    #[test]
    fn an_interpreter_is_a_warning() {
        assert_eq!(
            ["1", "2", "0", ""].map(|value| compiler(value).status),
            [Status::Ok, Status::Ok, Status::Warning, Status::Ok]
        );
    }

    #[test]
    fn every_failed_check_says_what_to_do() {
        let failed = [
            kernel("4.4"),
            chosen(&["no-such-interface".to_owned()]).0,
            chosen(&["[".to_owned()]).0,
        ];
        for check in failed {
            assert_eq!(check.status, Status::Failed, "{check:?}");
            assert!(check.help.is_some(), "{check:?}");
        }
    }
}
