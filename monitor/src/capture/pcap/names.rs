//! Which interface a name means, over all sections of a capture.

use hashbrown::HashMap;

use super::interfaces::MAX_INTERFACES;
use crate::frame::{FrameSink, InterfaceId};

/// The names that were given so far.
///
/// 1. A name that an earlier section used is the same interface: rotated captures are often joined end to end.
/// 2. Two interfaces of one section may have one name, as in a merge of captures of two hosts: they stay two.
/// 3. When there are more than a host can have, the rest is `other`.
#[derive(Default)]
pub(super) struct Names {
    known: HashMap<String, Named>,
    section: u64,
    count: u32,
}

/// The interfaces of one name.
#[derive(Default)]
struct Named {
    ids: Vec<InterfaceId>,
    /// The section that used the name last, and how often it did.
    section: u64,
    uses: usize,
}

impl Names {
    /// From here on, names are used anew.
    pub(super) fn start_section(&mut self) {
        self.section += 1;
    }

    /// The interface that the current section means by its next use of `name`; `sink` is told when it is a new one.
    pub(super) fn identify(&mut self, name: &str, sink: &mut impl FrameSink) -> InterfaceId {
        let is_full = self.count as usize >= MAX_INTERFACES;
        if is_full && !self.known.contains_key(name) {
            return other(sink);
        }
        let named = self.known.entry_ref(name).or_default();
        if let Some(id) = named.use_in(self.section) {
            return id;
        }
        if is_full {
            return other(sink);
        }
        let id = InterfaceId(self.count);
        self.count += 1;
        named.ids.push(id);
        sink.interface(id, name);
        id
    }
}

impl Named {
    /// The interface of this use of the name, if an earlier section used it as often.
    fn use_in(&mut self, section: u64) -> Option<InterfaceId> {
        if self.section != section {
            (self.section, self.uses) = (section, 0);
        }
        let id = self.ids.get(self.uses).copied();
        self.uses += 1;
        id
    }
}

fn other(sink: &mut impl FrameSink) -> InterfaceId {
    let id = InterfaceId(u32::MAX);
    sink.interface(id, "other");
    id
}
