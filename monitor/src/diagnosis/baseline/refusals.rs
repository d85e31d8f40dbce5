//! What was refused without a word about the reason, since the endpoint last answered anybody.

use std::net::IpAddr;
use std::time::Duration;

use arrayvec::ArrayVec;

use crate::frame::Timestamp;

/// Refusals that lie farther apart are not one run.
const RUN_GAP: Duration = Duration::from_mins(5);
/// How many refused names are watched for being refused again.
const WATCHED: usize = 16;

/// A run of refusals: none was answered in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// When the first came.
    pub since: Timestamp,
    /// When the last came.
    pub last: Timestamp,
    /// How many.
    pub count: u32,
    /// Of those, hellos without a name.
    pub nameless: u32,
    /// A bit for each name, of 64: names that share one count once.
    names: u64,
    /// The same for clients.
    clients: u64,
    /// Among them are names, or hellos without one, that were answered within the window.
    pub served: bool,
}

/// A hello that was refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused<'a> {
    pub(super) name: Option<&'a [u8]>,
    pub(super) client: IpAddr,
    /// Hellos for this name were answered within the window.
    pub(super) served: bool,
    pub(super) at: Timestamp,
}

impl Refusals {
    /// From so many refusals on, a run may be more than a client or two that do something wrong.
    pub const FEW: u32 = 3;
    /// From so many on it is likely more.
    pub const MANY: u32 = 5;
    /// So many different names, no name being one more, are needed for either.
    pub const VARIOUS: u32 = 3;

    /// At least so many different names; hellos without a name are as one more.
    pub const fn variety(&self) -> u32 {
        self.names.count_ones() + if self.nameless > 0 { 1 } else { 0 }
    }

    /// At least so many different names.
    pub const fn names(&self) -> u32 {
        self.names.count_ones()
    }

    /// At least so many different clients.
    pub const fn clients(&self) -> u32 {
        self.clients.count_ones()
    }

    /// Adds a refusal. Gives whether a verdict may turn on it.
    pub(super) fn add(&mut self, one: &Refused<'_>) -> bool {
        if self.count == 0 || one.at.since(self.last) > RUN_GAP {
            *self = Self {
                since: one.at,
                ..Self::default()
            };
        }
        let before = *self;
        self.last = one.at;
        self.count = self.count.saturating_add(1);
        match one.name {
            Some(name) => self.names |= bit(hash(name)),
            None => self.nameless = self.nameless.saturating_add(1),
        }
        self.clients |= bit(client_hash(one.client));
        self.served |= one.served;
        let grows = |before: u32, after: u32, matters: u32| before != after && before < matters;
        self.count <= Self::MANY
            || grows(before.variety(), self.variety(), Self::VARIOUS)
            || grows(before.clients(), self.clients(), 2)
            || self.served != before.served
    }
}

/// Names that were refused, and whether they were refused again after others had completed.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
    names: ArrayVec<Repeat, WATCHED>,
}

#[derive(Clone, Copy, Debug)]
struct Repeat {
    name: u64,
    first: Timestamp,
    last: Timestamp,
    count: u32,
    /// Others completed between two refusals.
    parted: bool,
}

impl Repeats {
    /// Adds a refusal of a name; others last completed at `completed`. Gives whether a verdict may turn on it.
    pub(super) fn add(&mut self, name: &[u8], completed: Timestamp, at: Timestamp) -> bool {
        let name = hash(name);
        let mut names = self.names.iter_mut();
        if let Some(known) = names.find(|known| known.is(name, at)) {
            let was_parted = known.parted;
            known.parted |= completed > known.first;
            (known.last, known.count) = (at, known.count.saturating_add(1));
            return known.parted != was_parted;
        }
        self.watch(Repeat {
            name,
            first: at,
            last: at,
            count: 1,
            parted: false,
        });
        false
    }

    /// Watches a name, in the place of the one that was refused longest ago if there is no other.
    fn watch(&mut self, repeat: Repeat) {
        self.names.retain(|known| known.name != repeat.name);
        if self.names.is_full()
            && let Some(oldest) = self.names.iter_mut().min_by_key(|known| known.last)
        {
            *oldest = repeat;
        } else {
            let _has_room = self.names.try_push(repeat);
        }
    }

    /// Forgets all: the endpoint was not itself.
    pub(super) fn clear(&mut self) {
        self.names.clear();
    }

    /// How often a name was refused, if others completed in between.
    pub(super) fn parted(&self, name: &[u8]) -> Option<u32> {
        let name = hash(name);
        let mut names = self.names.iter();
        let known = names.find(|known| known.name == name && known.parted)?;
        Some(known.count)
    }
}

impl Repeat {
    /// It is about this name, and not of long ago.
    fn is(&self, name: u64, now: Timestamp) -> bool {
        self.name == name && now.since(self.last) <= RUN_GAP
    }
}

/// FNV-1a: the same in every run, so that a replay decides as a live run did.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn client_hash(client: IpAddr) -> u64 {
    match client {
        IpAddr::V4(address) => hash(&address.octets()),
        IpAddr::V6(address) => hash(&address.octets()),
    }
}

const fn bit(hash: u64) -> u64 {
    1 << ((hash ^ hash >> 32) & 63)
}
