//! Whether the programs would run on interfaces, found by a short trial: `tlsmon doctor`.

use std::time::Duration;

use aya::Ebpf;
use rustix::event::poll;
use rustix::time::Timespec;

use super::LiveError;
use super::checkup::{Checkup, Round};
use super::passed::Passed;
use super::readings::readings;
use crate::capture::attach::{Attacher, Way};
use crate::capture::interfaces::Interface;
use crate::capture::netlink;

/// How often is counted, and how long between; the first count and the one before the last only tell where the others begin.
const ROUNDS: usize = 5;
const EACH: Duration = Duration::from_millis(300);

/// Attaches the programs by TCX links, which disturb no other tlsmon, sees what they count, and takes them off again.
pub(in crate::capture) fn try_hooks(
    programs: &mut Ebpf,
    interfaces: Vec<Interface>,
) -> Result<Round, LiveError> {
    let passed = Passed::take(programs)?;
    let mut attacher = Attacher::new(Way::Tcx);
    for interface in interfaces {
        passed.expect(interface.index);
        // Those that cannot be attached to are not in the count of hooks.
        let _ = attacher.settle(programs, interface);
    }
    let round = watch(&attacher, &passed);
    attacher.detach_all(programs);
    round
}

fn watch(attacher: &Attacher, passed: &Passed) -> Result<Round, LiveError> {
    let mut checkup = Checkup::default();
    let mut round = Round::default();
    for _round in 0..ROUNDS {
        let links = netlink::links().map_err(LiveError::Interfaces)?;
        round = checkup.round(&readings(attacher, passed, &links.items));
        let pause = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(EACH.subsec_nanos()),
        };
        // A signal only makes it shorter.
        let _ = poll(&mut [], Some(&pause));
    }
    Ok(round)
}
