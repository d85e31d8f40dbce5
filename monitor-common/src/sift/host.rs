//! The sift's world on the host: slices, sets and maps.

use std::collections::{HashMap, HashSet};
use std::vec::Vec;

use super::{Delivery, Flows, Hook, List, Load, Out, Piece, Settings};
use crate::abi::{Address, COUNTERS, Config, Counter, FlowKey, FlowState};

/// A packet in memory.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

/// A packet of which nothing can be read in place, as on a hook whose packets are scattered.
#[derive(Clone, Copy, Debug)]
pub struct Scattered<'a>(pub &'a [u8]);

/// A packet that a device will cut into packets with so much payload each.
#[derive(Clone, Copy, Debug)]
pub struct Offloaded<'a>(pub &'a [u8], pub u32);

/// How they read a packet; they differ in what they let be read in place, and in what the device does.
macro_rules! load {
    ($kind:ident, $in_place:expr, $offload:expr) => {
        impl Load for $kind<'_> {
            fn length(&self) -> u32 {
                u32::try_from(self.0.len()).unwrap_or(u32::MAX)
            }

            fn offload(&self) -> u32 {
                let each: fn(&Self) -> u32 = $offload;
                each(self)
            }

            fn in_place<const N: usize>(&self) -> Option<&[u8; N]> {
                if $in_place {
                    self.0.first_chunk()
                } else {
                    None
                }
            }

            fn short<const N: usize>(bytes: &[u8; N], at: usize) -> u16 {
                u16::from_be_bytes(part(bytes, at))
            }

            fn long<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
                u32::from_le_bytes(part(bytes, at))
            }

            fn quad<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
                u64::from_le_bytes(part(bytes, at))
            }

            fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
                self.0.get(offset as usize..)?.first_chunk().copied()
            }
        }

        impl Whole for $kind<'_> {
            fn whole(&self) -> &[u8] {
                self.0
            }
        }
    };
}

load!(Bytes, true, |_| 0);
load!(Scattered, false, |_| 0);
load!(Offloaded, true, |packet| packet.1);

/// `N` bytes at `at`; the sift asks for constant places within the bytes only.
fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .unwrap_or([0; N])
}

/// Settings in memory.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// The numbers and switches.
    pub config: Config,
    /// The followed ports.
    pub ports: HashSet<u16>,
    /// Addresses of the allow list, each one whole.
    pub allow: Vec<Address>,
    /// Addresses of the deny list, each one whole.
    pub deny: Vec<Address>,
}

impl HostSettings {
    /// The default numbers, for these ports.
    pub fn for_ports(ports: impl IntoIterator<Item = u16>) -> Self {
        Self {
            config: Config::DEFAULT,
            ports: ports.into_iter().collect(),
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }
}

impl Settings for HostSettings {
    fn config(&self) -> Option<&Config> {
        Some(&self.config)
    }

    fn has_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    fn listed(&self, list: List, address: Address) -> bool {
        match list {
            List::Allow => self.allow.contains(&address),
            List::Deny => self.deny.contains(&address),
        }
    }
}

/// Flows in memory, without bound.
#[derive(Clone, Debug, Default)]
pub struct HostFlows(pub HashMap<FlowKey, FlowState>);

impl Flows for HostFlows {
    fn get(&mut self, key: &FlowKey) -> Option<&mut FlowState> {
        self.0.get_mut(key)
    }

    fn insert(&mut self, key: &FlowKey, state: &FlowState) -> bool {
        self.0.insert(*key, *state);
        true
    }

    fn remove(&mut self, key: &FlowKey) -> bool {
        self.0.remove(key).is_some()
    }
}

/// Records and counts in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostOut {
    /// Every record, as it would lie in the ring.
    pub records: Vec<Vec<u8>>,
    /// What was counted, by [`Counter`] index.
    pub counts: [u64; COUNTERS],
    /// The time that records get.
    pub time: u64,
}

impl HostOut {
    /// One of the counts.
    pub fn counted(&self, counter: Counter) -> u64 {
        self.counts
            .get(counter as usize)
            .copied()
            .unwrap_or_default()
    }
}

impl<P: Load + Whole> Out<P> for HostOut {
    fn passed(&mut self, _hook: Hook) {
        Out::<P>::count(self, Counter::Seen);
    }

    fn count(&mut self, counter: Counter) {
        if let Some(count) = self.counts.get_mut(counter as usize) {
            *count += 1;
        }
    }

    fn now(&self) -> u64 {
        self.time
    }

    fn send(&mut self, packet: &P, piece: &Piece) -> Delivery {
        let part = |from: u32, length: u16| {
            packet
                .whole()
                .get(from as usize..)?
                .get(..usize::from(length))
        };
        let (Some(headers), Some(payload)) = (
            part(piece.network, piece.head.header_len),
            part(piece.payload, piece.head.piece_len),
        ) else {
            return Delivery::Unreadable;
        };
        self.records
            .push([&piece.head.encode(), headers, payload].concat());
        Delivery::Sent
    }
}

/// A packet whose bytes lie side by side.
pub trait Whole {
    /// All of them.
    fn whole(&self) -> &[u8];
}

/// The sift with everything it needs, on the host.
#[derive(Clone, Debug)]
pub struct Host {
    /// What is followed.
    pub settings: HostSettings,
    /// What is remembered.
    pub flows: HostFlows,
    /// What came out.
    pub out: HostOut,
}

impl Host {
    /// With these settings, and nothing seen yet.
    pub fn new(settings: HostSettings) -> Self {
        Self {
            settings,
            flows: HostFlows::default(),
            out: HostOut::default(),
        }
    }

    /// Sifts one packet.
    pub fn sift<P: Load + Whole>(&mut self, packet: &P, hook: Hook) {
        super::sift(packet, &self.settings, &mut self.flows, &mut self.out, hook);
    }
}
