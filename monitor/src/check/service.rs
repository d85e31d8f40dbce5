//! Services, by which it is known which gateway a handshake came to: both choose pods by labels.

use std::collections::BTreeMap;

use super::inventory::Inventory;

type Labels = BTreeMap<String, String>;

/// A Service.
#[derive(Clone, Debug)]
pub(super) struct Service {
    /// `namespace/name`.
    pub(super) name: String,
    pub(super) selector: Labels,
    /// Of the cluster, of load balancers, and external ones.
    pub(super) addresses: Vec<String>,
}

impl Inventory {
    /// The Service that a server is, by its name (`namespace/service`) or its address.
    pub(super) fn service(&self, server: &str) -> Option<&Service> {
        let is_it = |one: &&Service| {
            one.name == server || one.addresses.iter().any(|address| address == server)
        };
        self.services.iter().find(is_it)
    }

    /// Whether clients of this Service may reach pods with these labels:
    ///
    /// 1. It chooses them: all the labels are among its own.
    /// 2. Another Service does, and this one shares labels with that and has none that differ.
    /// 3. No Service is known that does, and this one has no label that differs.
    pub(super) fn may_lead_to(&self, service: &Service, labels: &Labels) -> bool {
        let chooses = |one: &&Service| shares(&one.selector, labels) == labels.len();
        let mut choosing = self.services.iter().filter(chooses).peekable();
        if chooses(&service) {
            true
        } else if choosing.peek().is_some() {
            choosing.any(|other| {
                agree(&other.selector, &service.selector)
                    && shares(&other.selector, &service.selector) > 0
            })
        } else {
            agree(&service.selector, labels)
        }
    }
}

/// How many labels both have, with the same value.
fn shares(one: &Labels, other: &Labels) -> usize {
    let both = other
        .iter()
        .filter(|(key, value)| one.get(*key) == Some(value));
    both.count()
}

/// Whether no label has another value in both.
fn agree(one: &Labels, other: &Labels) -> bool {
    let mut both = other.iter();
    both.all(|(key, value)| one.get(key).is_none_or(|theirs| theirs == value))
}
