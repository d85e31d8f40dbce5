//! The maps: what user space wants, and what is remembered of each flow.

use aya_ebpf::Global;
use aya_ebpf::macros::map;
use aya_ebpf::maps::lpm_trie::Key;
use aya_ebpf::maps::{Array, LpmTrie, LruHashMap};
use monitor_common::abi::{ABI_VERSION, Address, Config, FlowKey, FlowState, PORT_WORDS};
use monitor_common::sift::{Flows, List, Settings};

/// Set by a loader that knows this version of the layout; without it the programs leave every packet alone.
#[unsafe(no_mangle)]
static TLSMON_ABI_3: Global<u32> = Global::new(0);
const _: () = assert!(ABI_VERSION == 3);

/// Whether the loader knows the layout.
#[inline(always)]
pub fn switched_on() -> bool {
    TLSMON_ABI_3.load() == ABI_VERSION
}

#[map]
static CONFIG: Array<Config> = Array::with_max_entries(1, 0);
#[map]
static PORTS: Array<u64> = Array::with_max_entries(PORT_WORDS, 0);
#[map]
static ALLOW: LpmTrie<[u64; 2], u32> = LpmTrie::with_max_entries(4096, 0);
#[map]
static DENY: LpmTrie<[u64; 2], u32> = LpmTrie::with_max_entries(4096, 0);
#[map]
static FLOWS: LruHashMap<FlowKey, FlowState> = LruHashMap::with_max_entries(65_536, 0);

/// The settings, in maps that user space writes.
pub struct KernelSettings;

impl Settings for KernelSettings {
    #[inline(always)]
    fn config(&self) -> Option<&Config> {
        CONFIG.get(0)
    }

    #[inline(always)]
    fn has_port(&self, port: u16) -> bool {
        PORTS
            .get(u32::from(port >> 6))
            .is_some_and(|word| word >> (port & 63) & 1 == 1)
    }

    #[inline(always)]
    fn listed(&self, list: List, address: Address) -> bool {
        let key = Key::new(128, address.bytes());
        match list {
            List::Allow => ALLOW.get(&key).is_some(),
            List::Deny => DENY.get(&key).is_some(),
        }
    }
}

/// The table of followed flows.
pub struct KernelFlows;

impl Flows for KernelFlows {
    #[inline(always)]
    fn get(&mut self, key: &FlowKey) -> Option<&mut FlowState> {
        let state = FLOWS.get_ptr_mut(key)?;
        // SAFETY: map values live while the program runs. Another CPU may write the same value; both ends of a flow
        // have their own half, and a lost update costs one packet more or less.
        Some(unsafe { &mut *state })
    }

    #[inline(always)]
    fn insert(&mut self, key: &FlowKey, state: &FlowState) -> bool {
        FLOWS.insert(key, state, 0).is_ok()
    }

    #[inline(always)]
    fn remove(&mut self, key: &FlowKey) -> bool {
        FLOWS.remove(key).is_ok()
    }
}
