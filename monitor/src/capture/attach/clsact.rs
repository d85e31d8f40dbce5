//! Filters of the clsact qdisc, for kernels without TCX.
//!
//! The kernel asks the filters of one priority newest first, and gives the handle 1 to a filter that names none: the
//! very place that others replace without looking. Hence priority 1, a handle of our own, and a check whether we are
//! still first; another tlsmon's may stand before ours, as it lets everything pass. Where somebody's filter of another kind holds priority 1, BPF filters cannot join it: then the first that they can.

use std::io;

use aya::programs::links::Link as _;
use aya::programs::tc::{
    self, NlOptions, SchedClassifierLink, SchedClassifierLinkId, TcAttachOptions, TcError, TcHandle,
};
use aya::programs::{ProgramError, SchedClassifier};
use monitor_common::sift::Link;

use super::{Side, place};
use crate::capture::interfaces::Interface;
use crate::capture::netlink::{self, Filter};

/// The first priority.
const PRIORITY: u16 = 1;
/// `ETH_P_ALL` of `linux/if_ether.h`: the filters of one priority are all asked about the same.
const ALL_PROTOCOLS: u16 = 3;
/// `EEXIST` of `asm-generic/errno-base.h`.
const EEXIST: i32 = 17;
/// `TC_H_CLSACT` with `TC_H_MIN_INGRESS` or `TC_H_MIN_EGRESS` of `linux/pkt_sched.h`.
const INGRESS: u32 = 0xffff_fff2;
const EGRESS: u32 = 0xffff_fff3;

pub(super) fn attach(
    program: &mut SchedClassifier,
    interface: &Interface,
    side: Side,
    handle: u16,
) -> Result<SchedClassifierLinkId, ProgramError> {
    add_qdisc(&interface.name)?;
    // Where the filters cannot be listed, attaching tells more than this.
    let mut others = filters(interface, side).unwrap_or_default();
    others.retain(|filter| {
        let is_left = is_left_behind(filter, side, handle);
        if is_left {
            remove(filter, &interface.name, side);
        }
        !is_left
    });
    let options = NlOptions {
        priority: first_possible(&others),
        handle: TcHandle::new(0, handle),
        classid: None,
    };
    program.attach_with_options(
        &interface.name,
        side.hook(),
        TcAttachOptions::Netlink(options),
    )
}

fn add_qdisc(interface: &str) -> Result<(), TcError> {
    match tc::qdisc_add_clsact(interface) {
        Err(TcError::NetlinkError(error)) if error.raw_os_error() == Some(EEXIST) => Ok(()),
        result => result,
    }
}

/// Whether a run that was killed has left it: a filter by our programs' names, which nobody else uses, and no process lives
/// whose place it has but this one, which has none there yet.
fn is_left_behind(filter: &Filter, side: Side, own: u16) -> bool {
    is_of_tlsmon(filter, side)
        && (filter.handle == u32::from(own) || !place::is_taken(filter.handle))
}

fn is_of_tlsmon(filter: &Filter, side: Side) -> bool {
    let mut names = [Link::Ethernet, Link::Ip]
        .map(|link| side.program(link))
        .into_iter();
    names.any(|name| filter.program.as_deref() == Some(name))
}

/// What cannot be removed shows when the new filter is attached.
fn remove(filter: &Filter, interface: &str, side: Side) {
    let (priority, handle) = (filter.priority, filter.handle.into());
    let link = SchedClassifierLink::attached(interface, side.hook(), priority, handle, None);
    if let Ok(link) = link {
        let _ = link.detach();
    }
}

fn filters(interface: &Interface, side: Side) -> io::Result<Vec<Filter>> {
    let parent = match side {
        Side::Ingress => INGRESS,
        Side::Egress => EGRESS,
    };
    netlink::filters(interface.index, parent)
}

/// Whether our filter is there, and asked as early as it can be.
pub(super) fn is_first(interface: &Interface, side: Side, handle: u16) -> bool {
    // Where the filters cannot be listed nothing is known to be wrong, and tearing down would only lose packets.
    filters(interface, side).map_or(true, |filters| is_foremost(filters, side, handle))
}

fn is_foremost(mut filters: Vec<Filter>, side: Side, handle: u16) -> bool {
    let is_ours =
        |filter: &Filter| filter.handle == u32::from(handle) && is_of_tlsmon(filter, side);
    let Some(place) = filters.iter().position(is_ours) else {
        return false;
    };
    let ours = filters.remove(place);
    let mut before = filters.iter().take(place);
    before.all(|filter| filter.priority < ours.priority || is_of_tlsmon(filter, side))
        && ours.priority == first_possible(&filters)
}

/// The first priority that no filter holds, or only such as ours can stand beside.
fn first_possible(others: &[Filter]) -> u16 {
    let is_barred = |priority: &u16| {
        let mut there = others.iter().filter(|filter| filter.priority == *priority);
        there.any(|filter| !filter.is_bpf || filter.protocol != ALL_PROTOCOLS)
    };
    (PRIORITY..=u16::MAX)
        .find(|priority| !is_barred(priority))
        .unwrap_or(PRIORITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BPF: Filter = Filter {
        priority: 1,
        handle: 1,
        protocol: ALL_PROTOCOLS,
        is_bpf: true,
        program: None,
    };

    const HANDLE: u16 = 0x544d;

    fn ours(priority: u16) -> Filter {
        Filter {
            priority,
            handle: HANDLE.into(),
            program: Some(Side::Ingress.program(Link::Ethernet).to_owned()),
            ..BPF
        }
    }

    fn stands(filters: &[Filter]) -> bool {
        is_foremost(filters.to_vec(), Side::Ingress, HANDLE)
    }

    #[test]
    fn priority_one_is_taken_also_beside_other_bpf_filters() {
        assert_eq!(first_possible(&[]), 1);
        assert_eq!(first_possible(&[BPF]), 1);
    }

    #[test]
    fn a_priority_with_filters_of_another_kind_or_protocol_is_passed_by() {
        let u32_filter = Filter {
            is_bpf: false,
            ..BPF
        };
        let of_ipv4 = Filter {
            priority: 2,
            protocol: 0x0800,
            ..BPF
        };
        assert_eq!(first_possible(&[u32_filter.clone(), of_ipv4]), 3);
        assert!(stands(&[u32_filter.clone(), ours(2)]));
        assert!(!stands(&[u32_filter, ours(3)]), "it could stand earlier");
    }

    #[test]
    fn our_filter_stands_where_no_other_is_asked_before_it() {
        assert!(stands(&[ours(1), BPF]));
        assert!(!stands(&[BPF, ours(1)]));
        assert!(!stands(&[BPF]));
    }
    #[test]
    fn another_tlsmon_may_stand_before_ours_and_its_filter_is_its_own() {
        let other = Filter {
            handle: 0x544c,
            ..ours(1)
        };
        assert!(stands(&[other.clone(), ours(1)]));
        assert!(
            !stands(std::slice::from_ref(&other)),
            "that one is not ours"
        );
        assert!(
            !is_foremost(vec![other], Side::Egress, 0x544c),
            "nor on this side"
        );
    }

    #[test]
    fn what_is_left_behind_has_our_name_and_nobody_who_lives() {
        assert!(is_left_behind(&ours(1), Side::Ingress, HANDLE), "our own");
        let of_nobody = Filter {
            handle: 0x1234,
            ..ours(1)
        };
        assert!(is_left_behind(&of_nobody, Side::Ingress, HANDLE));
        assert!(!is_left_behind(&BPF, Side::Ingress, HANDLE));
        let alive = place::Place::take().unwrap();
        let of_another = Filter {
            handle: alive.handle().into(),
            ..ours(1)
        };
        assert!(!is_left_behind(&of_another, Side::Ingress, 0x1234));
    }
}
