//! What was counted on the watched interfaces, by their devices and by the programs on them.

use std::collections::HashMap;

use monitor_common::abi::HookSlot;

use super::checkup::Reading;
use super::passed::Passed;
use crate::capture::attach::Attacher;
use crate::capture::interfaces::Interface;
use crate::capture::netlink::{LinkInfo, Packets};

/// One for each watched interface that still exists.
pub(super) fn readings(attacher: &Attacher, passed: &Passed, links: &[LinkInfo]) -> Vec<Reading> {
    let counted: HashMap<_, _> = links
        .iter()
        .map(|link| (link.index, link.packets))
        .collect();
    let passed = passed.snapshot();
    let mut sharing = HashMap::<_, usize>::new();
    for interface in attacher.interfaces() {
        *sharing
            .entry(HookSlot::of(interface.index, false))
            .or_default() += 1;
    }
    let reading = |interface: &Interface| {
        let slot = |egress| HookSlot::of(interface.index, egress);
        let is_alone = sharing.get(&slot(false)) == Some(&1);
        Some(Reading {
            index: interface.index,
            name: interface.name.clone(),
            is_pod: interface.is_pod,
            device: *counted.get(&interface.index)?,
            seen: is_alone.then(|| Packets {
                received: passed.at(slot(false)),
                sent: passed.at(slot(true)),
            }),
        })
    };
    attacher.interfaces().filter_map(reading).collect()
}
