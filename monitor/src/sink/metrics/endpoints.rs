//! Endpoints that have a label, and the label sets that each may have.

use std::hash::Hash;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::labels;
use crate::report::{EndpointName, HandshakeDirection, Peer};

/// Gives the first `limit` endpoints a label of their own. Endpoints elsewhere, which clients on this node call, get at
/// most half of them: they may be the whole Internet.
#[derive(Debug)]
pub(super) struct Endpoints {
    known: HashMap<EndpointName, Endpoint>,
    limit: usize,
    outbound: usize,
}

/// An endpoint's label.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// Counts from 1; 0 is `other`.
    pub id: usize,
    /// `namespace/workload`, `namespace/service`, `address:port`, or `other`.
    pub label: Arc<str>,
}

impl Endpoints {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            known: HashMap::new(),
            limit,
            outbound: 0,
        }
    }

    /// The label of this server, if it has or gets one of its own.
    pub(super) fn of(&mut self, server: &Peer, direction: HandshakeDirection) -> Option<Endpoint> {
        let key = EndpointName::of(server);
        if let Some(endpoint) = self.known.get(&key) {
            return Some(endpoint.clone());
        }
        self.admit(direction).then(|| self.insert(key))
    }

    fn admit(&mut self, direction: HandshakeDirection) -> bool {
        let outbound = usize::from(direction == HandshakeDirection::Outbound);
        let room =
            self.known.len() < self.limit && self.outbound + outbound <= self.limit.div_ceil(2);
        if room {
            self.outbound += outbound;
        }
        room
    }

    fn insert(&mut self, key: EndpointName) -> Endpoint {
        let id = self.known.len() + 1;
        let endpoint = Endpoint {
            id,
            label: labels::value(&key.to_string().into()),
        };
        self.known.insert(key, endpoint.clone());
        endpoint
    }
}

impl Endpoint {
    /// All endpoints without a label of their own.
    pub(super) fn other() -> Self {
        Self {
            id: 0,
            label: labels::OTHER.into(),
        }
    }
}

/// Bounds how many label sets an endpoint may have in one family.
#[derive(Debug)]
pub(super) struct Budget<K> {
    seen: HashSet<(usize, K)>,
    /// Label sets in use, by endpoint.
    used: HashMap<usize, u16>,
    limit: u16,
}

impl<K: Copy + Eq + Hash> Budget<K> {
    pub(super) fn new(limit: u16) -> Self {
        Self {
            seen: HashSet::new(),
            used: HashMap::new(),
            limit,
        }
    }

    /// Whether this endpoint has, or gets, a series for this label set.
    pub(super) fn admit(&mut self, endpoint: &Endpoint, set: K) -> bool {
        if self.seen.contains(&(endpoint.id, set)) {
            return true;
        }
        let used = self.used.entry(endpoint.id).or_default();
        if *used >= self.limit {
            return false;
        }
        *used += 1;
        self.seen.insert((endpoint.id, set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    fn server(port: u16) -> Peer {
        Peer {
            port,
            namespace: None,
            ..example::no_sni().server
        }
    }

    #[test]
    fn an_endpoint_keeps_its_label_when_the_table_is_full() {
        let mut endpoints = Endpoints::new(2);
        let mut label = |port| {
            let endpoint = endpoints.of(&server(port), HandshakeDirection::Inbound);
            endpoint.map(|endpoint| endpoint.label.to_string())
        };
        assert_eq!(label(1).as_deref(), Some("10.4.2.7:1"));
        assert_eq!(label(2).as_deref(), Some("10.4.2.7:2"));
        assert_eq!(label(3), None);
        assert_eq!(label(1).as_deref(), Some("10.4.2.7:1"));
    }

    #[test]
    fn a_workload_is_one_endpoint_whatever_its_addresses() {
        let mut endpoints = Endpoints::new(2);
        let mut server = example::no_sni().server;
        for port in 0..10 {
            server.port = port;
            let endpoint = endpoints.of(&server, HandshakeDirection::Inbound).unwrap();
            assert_eq!(&*endpoint.label, "apigee/ingressgateway-ext");
        }
    }

    #[test]
    fn servers_all_over_the_internet_leave_room_for_those_of_this_node() {
        let mut endpoints = Endpoints::new(10);
        let mut count = |direction, ports: std::ops::Range<u16>| {
            let labelled = ports.filter(|port| endpoints.of(&server(*port), direction).is_some());
            labelled.count()
        };
        assert_eq!(count(HandshakeDirection::Outbound, 0..100), 5);
        assert_eq!(count(HandshakeDirection::Inbound, 100..200), 5);
    }

    #[test]
    fn one_endpoint_cannot_use_up_the_budget_of_another() {
        let mut budget = Budget::new(2);
        let other = Endpoint::other();
        let first = Endpoint {
            id: 1,
            ..Endpoint::other()
        };
        assert_eq!((0..10).filter(|set| budget.admit(&first, *set)).count(), 2);
        assert!(budget.admit(&first, 0));
        assert!(budget.admit(&other, 7));
    }
}
