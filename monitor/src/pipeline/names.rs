//! What the interfaces are called.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::frame::InterfaceId;

/// How many names are kept of interfaces that are gone, for handshakes that are still to be told: pods come and go for as
/// long as the node runs.
const MOST_GONE: usize = 1024;

/// The names of interfaces, those that went lately too.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: HashMap<InterfaceId, Arc<str>>,
    /// Those that are gone, the oldest first.
    gone: VecDeque<InterfaceId>,
}

impl Names {
    pub(crate) fn get(&self, id: InterfaceId) -> Option<&Arc<str>> {
        self.names.get(&id)
    }

    pub(crate) fn call(&mut self, id: InterfaceId, name: &str) {
        self.names.insert(id, name.into());
        self.gone.retain(|gone| *gone != id);
    }

    pub(crate) fn note_gone(&mut self, id: InterfaceId) {
        if !self.names.contains_key(&id) || self.gone.contains(&id) {
            return;
        }
        self.gone.push_back(id);
        if self.gone.len() > MOST_GONE
            && let Some(oldest) = self.gone.pop_front()
        {
            self.names.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_interface_that_is_gone_is_kept_a_while_and_one_that_is_there_always() {
        let mut names = Names::default();
        names.call(InterfaceId(1), "eth0");
        for pod in 2..10_000 {
            names.call(InterfaceId(pod), "veth");
            names.note_gone(InterfaceId(pod));
            assert!(names.get(InterfaceId(pod)).is_some());
        }
        assert!(names.get(InterfaceId(1)).is_some());
        assert_eq!(names.names.len(), 1 + MOST_GONE);
    }

    #[test]
    fn an_index_that_is_used_again_has_its_new_name() {
        let mut names = Names::default();
        names.call(InterfaceId(5), "veth1");
        names.note_gone(InterfaceId(5));
        names.call(InterfaceId(5), "veth2");
        assert_eq!(names.get(InterfaceId(5)).map(AsRef::as_ref), Some("veth2"));
        assert!(names.gone.is_empty());
    }
}
