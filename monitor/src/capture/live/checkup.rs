//! Whether the programs run where they are attached: what they counted, held against what the device counted.
//!
//! A program may be attached and see nothing: another program before it takes the packets, or they are redirected before
//! they come to the hook. Numbers are never compared, for a device counts before offloads join packets or after they cut
//! them; only "some" is held against "none".

use std::collections::BTreeMap;

use crate::capture::hooks::{HookCounts, HookState, direction};
use crate::capture::netlink::Packets;

#[cfg(test)]
mod tests;

/// So many packets must have passed a hook before it is said that its program does not run.
const ENOUGH: u64 = 16;
/// How many rounds without a packet seen before that. Devices may count late: of the first such round nothing counts.
const QUIET: u32 = 2;
/// So many packets one way, and hardly any the other way, say that the other way leads past the interface.
const MANY: u64 = 64;
/// What "hardly any" is: one in this many.
const HARDLY: u64 = 32;
/// The longest time between two attempts to put a silent program in front, in rounds.
const PATIENCE: u32 = 64;

/// What was counted on an interface, by its device and by our programs.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) is_pod: bool,
    pub(super) device: Packets,
    /// Of the programs; none where another interface's are counted in the same place.
    pub(super) seen: Option<Packets>,
}

/// What a round of checks found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Finding {
    /// The interface and the direction.
    pub(super) hook: String,
    pub(super) now: HookState,
    /// How many packets say so.
    pub(super) packets: u64,
}

/// What a round of checks came to.
#[derive(Clone, Debug, Default)]
pub(in crate::capture) struct Round {
    pub(super) findings: Vec<Finding>,
    /// Interfaces whose programs should be put in front of the others again.
    pub(super) renew: Vec<u32>,
    pub(in crate::capture) counts: HookCounts,
    /// Every hook that is silent.
    pub(in crate::capture) silent: Vec<String>,
}

/// What is known of the hooks so far.
#[derive(Debug, Default)]
pub(super) struct Checkup(BTreeMap<u32, Evidence>);

/// What is known of an interface's two hooks, ingress first.
#[derive(Debug)]
struct Evidence([Side; 2]);

#[derive(Debug, Default)]
struct Side {
    device: u64,
    seen: u64,
    state: HookState,
    /// Rounds in a row in which the program saw nothing.
    quiet: u32,
    /// What the device counted in them, but for the first.
    unseen: u64,
    /// Rounds in this state, where it is silent.
    silent: u32,
    /// What passed since both directions were last compared.
    window: u64,
}

impl Checkup {
    /// Takes what was counted until now. The first time that an interface is read says nothing yet.
    pub(super) fn round(&mut self, readings: &[Reading]) -> Round {
        self.0
            .retain(|index, _| readings.iter().any(|reading| reading.index == *index));
        let mut round = Round::default();
        for reading in readings {
            match self.0.get_mut(&reading.index) {
                Some(evidence) => evidence.weigh(reading, &mut round),
                None => {
                    self.0.insert(reading.index, Evidence::from(reading));
                }
            }
            if let Some(Evidence(sides)) = self.0.get(&reading.index) {
                for (egress, side) in [false, true].into_iter().zip(sides) {
                    round.counts.add(egress, side.state);
                    if side.state == HookState::Silent {
                        round.silent.push(hook(reading, egress));
                    }
                }
            }
        }
        round
    }
}

impl From<&Reading> for Evidence {
    fn from(reading: &Reading) -> Self {
        let (device, seen) = (reading.device, reading.seen);
        let side = |device, seen: Option<u64>| Side {
            device,
            seen: seen.unwrap_or_default(),
            ..Side::default()
        };
        Self([
            side(device.received, seen.map(|seen| seen.received)),
            side(device.sent, seen.map(|seen| seen.sent)),
        ])
    }
}

impl Evidence {
    fn weigh(&mut self, reading: &Reading, round: &mut Round) {
        let before = self.0.each_ref().map(|side| side.state);
        let [ingress, egress] = &mut self.0;
        let seen = reading.seen;
        ingress.weigh(reading.device.received, seen.map(|seen| seen.received));
        egress.weigh(reading.device.sent, seen.map(|seen| seen.sent));
        if reading.is_pod {
            self.compare();
        }
        for ((egress, side), before) in [false, true].into_iter().zip(&self.0).zip(before) {
            let is_news = |state| (side.state == state) != (before == state);
            if is_news(HookState::Silent) || is_news(HookState::OneSided) {
                round.findings.push(Finding {
                    hook: hook(reading, egress),
                    now: side.state,
                    packets: side.unseen,
                });
            }
        }
        if self.0.iter().any(Side::wants_renewal) {
            round.renew.push(reading.index);
        }
    }

    /// Whether one direction leads past the interface.
    fn compare(&mut self) {
        let [ingress, egress] = &mut self.0;
        let (from_pod, to_pod) = (ingress.window, egress.window);
        if from_pod.max(to_pod) < MANY {
            return;
        }
        egress.take_side(to_pod <= from_pod / HARDLY);
        ingress.take_side(from_pod <= to_pod / HARDLY);
    }
}

impl Side {
    fn weigh(&mut self, device: u64, seen: Option<u64>) {
        let passed = device.saturating_sub(self.device);
        self.device = device;
        let Some(seen) = seen else {
            self.state = HookState::Unchecked;
            return;
        };
        let saw = seen.saturating_sub(self.seen);
        self.seen = seen;
        self.window += passed.max(saw);
        self.state = match self.state {
            HookState::Unchecked => HookState::Idle,
            state => state,
        };
        if saw > 0 {
            (self.quiet, self.unseen, self.silent) = (0, 0, 0);
            if self.state != HookState::OneSided {
                self.state = HookState::Running;
            }
            return;
        }
        self.quiet = self.quiet.saturating_add(1);
        if self.quiet >= QUIET {
            self.unseen = self.unseen.saturating_add(passed);
        }
        if self.unseen >= ENOUGH {
            self.state = HookState::Silent;
        }
        if self.state == HookState::Silent {
            self.silent = self.silent.saturating_add(1);
        }
    }

    fn take_side(&mut self, is_one_sided: bool) {
        self.window = 0;
        self.state = match self.state {
            HookState::Running | HookState::Idle if is_one_sided => HookState::OneSided,
            HookState::OneSided if !is_one_sided => HookState::Running,
            state => state,
        };
    }

    /// At once, and then ever more seldom.
    const fn wants_renewal(&self) -> bool {
        self.silent.is_power_of_two() && self.silent < PATIENCE
            || self.silent > 0 && self.silent.is_multiple_of(PATIENCE)
    }
}

fn hook(reading: &Reading, egress: bool) -> String {
    format!("{} {}", reading.name, direction(egress))
}
