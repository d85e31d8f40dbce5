//! Filters of the clsact qdisc, for kernels without TCX.
//!
//! The kernel asks the filters of one priority newest first, and gives the handle 1 to a filter that names none: the
//! very place that others replace without looking. Hence priority 1, a handle of our own, and a check whether we are
//! still first.

use aya::programs::tc::{
    self, NlOptions, SchedClassifierLinkId, TcAttachOptions, TcError, TcHandle,
};
use aya::programs::{ProgramError, SchedClassifier};
use monitor_common::sift::Link;

use super::Side;
use crate::capture::interfaces::Interface;
use crate::capture::netlink;

const PRIORITY: u16 = 1;
/// "TL".
const HANDLE: u16 = 0x544c;
/// `EEXIST` of `asm-generic/errno-base.h`.
const EEXIST: i32 = 17;
/// `TC_H_CLSACT` with `TC_H_MIN_INGRESS` or `TC_H_MIN_EGRESS` of `linux/pkt_sched.h`.
const INGRESS: u32 = 0xffff_fff2;
const EGRESS: u32 = 0xffff_fff3;

pub(super) fn attach(
    program: &mut SchedClassifier,
    interface: &str,
    side: Side,
) -> Result<SchedClassifierLinkId, ProgramError> {
    add_qdisc(interface)?;
    remove_left_behind(interface, side);
    let options = NlOptions {
        priority: PRIORITY,
        handle: TcHandle::new(0, HANDLE),
        classid: None,
    };
    program.attach_with_options(interface, side.hook(), TcAttachOptions::Netlink(options))
}

fn add_qdisc(interface: &str) -> Result<(), TcError> {
    match tc::qdisc_add_clsact(interface) {
        Err(TcError::NetlinkError(error)) if error.raw_os_error() == Some(EEXIST) => Ok(()),
        result => result,
    }
}

/// Removes what a run that was killed has left: filters by our programs' names, which nobody else uses.
fn remove_left_behind(interface: &str, side: Side) {
    for link in [Link::Ethernet, Link::Ip] {
        // Mostly there is nothing to remove; what cannot be removed shows when the new filter is attached.
        let _ = tc::qdisc_detach_program(interface, side.hook(), side.program(link));
    }
}

/// Whether our filter is there, and asked before all others.
pub(super) fn is_first(interface: &Interface, side: Side, program: &str) -> bool {
    let parent = match side {
        Side::Ingress => INGRESS,
        Side::Egress => EGRESS,
    };
    // Where the filters cannot be listed nothing is known to be wrong, and tearing down would only lose packets.
    netlink::filters(interface.index, parent).map_or(true, |filters| {
        filters.first().is_some_and(|first| {
            first.priority == PRIORITY
                && first.handle == u32::from(HANDLE)
                && first.program.as_deref() == Some(program)
        })
    })
}
