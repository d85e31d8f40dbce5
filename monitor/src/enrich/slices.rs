//! The EndpointSlices: who serves behind a Service, all over the cluster.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::Seen;
use super::claims::Claims;
use super::end::{Port, port};
use super::object::{Meta, SliceObject};
use super::register::Register;
use crate::frame::Timestamp;

/// How many slices are kept.
const MOST: usize = 32_768;
/// How many addresses are kept.
const MOST_ADDRESSES: usize = 131_072;

/// The EndpointSlices.
#[derive(Debug)]
pub(super) struct Slices {
    pub(super) register: Register<Entry>,
    pub(super) addresses: Claims<IpAddr, Endpoint>,
    /// How many endpoints found no room.
    refused: u64,
}

/// What the endpoints of one slice have in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) namespace: Arc<str>,
    pub(super) service: Option<Arc<str>>,
    /// All ports, where there is none.
    ports: SmallVec<[Port; 2]>,
}

/// One that serves.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) slice: Arc<Slice>,
    pub(super) pod: Option<Box<str>>,
}

/// A slice as it was told last.
#[derive(Debug)]
pub(super) struct Entry {
    slice: Arc<Slice>,
    endpoints: Vec<(IpAddr, Arc<Endpoint>)>,
}

impl Slices {
    pub(super) fn new() -> Self {
        Self {
            register: Register::new(MOST),
            addresses: Claims::new(),
            refused: 0,
        }
    }

    /// A slice is like this.
    pub(super) fn apply(&mut self, object: &SliceObject, seen: Seen) {
        let key = object.metadata.key();
        if !self.register.admits(&key) {
            return;
        }
        let slice = Slice::of(object);
        let (slice, known) = match self.register.remove(&key) {
            Some(known) if *known.slice == slice => (known.slice, known.endpoints),
            Some(known) => {
                self.let_go(&known.endpoints, seen.before);
                (Arc::new(slice), Vec::new())
            }
            None => (Arc::new(slice), Vec::new()),
        };
        let endpoints = self.change(&slice, known, object, seen);
        self.register.insert(key, Entry { slice, endpoints });
    }

    /// A slice is gone.
    pub(super) fn remove(&mut self, meta: &Meta, seen: Seen) {
        if let Some(entry) = self.register.remove(&meta.key()) {
            self.let_go(&entry.endpoints, seen.before);
        }
    }

    /// What the list that has ended did not have is gone.
    pub(super) fn end_list(&mut self, seen: Seen) {
        for entry in self.register.end_list() {
            self.let_go(&entry.endpoints, seen.before);
        }
    }

    /// How many endpoints and slices found no room, since the last call.
    pub(super) fn refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused) + self.register.refused()
    }

    /// From the endpoints that a slice had to those that it has.
    fn change(
        &mut self,
        slice: &Arc<Slice>,
        mut known: Vec<(IpAddr, Arc<Endpoint>)>,
        object: &SliceObject,
        seen: Seen,
    ) -> Vec<(IpAddr, Arc<Endpoint>)> {
        let mut endpoints = Vec::with_capacity(object.endpoints.len());
        for (address, pod) in members(object) {
            let is_it = |(at, endpoint): &(IpAddr, Arc<Endpoint>)| {
                *at == address && endpoint.pod.as_deref() == pod
            };
            if let Some(position) = known.iter().position(is_it) {
                endpoints.push(known.swap_remove(position));
            } else if self.addresses.len() < MOST_ADDRESSES {
                let (slice, pod) = (Arc::clone(slice), pod.map(Box::from));
                let endpoint = Arc::new(Endpoint { slice, pod });
                self.addresses.take(address, &endpoint, seen.since());
                endpoints.push((address, endpoint));
            } else {
                self.refused += 1;
            }
        }
        self.let_go(&known, seen.before);
        endpoints
    }

    fn let_go(&mut self, endpoints: &[(IpAddr, Arc<Endpoint>)], at: Timestamp) {
        for (address, endpoint) in endpoints {
            self.addresses.release(*address, endpoint, at);
        }
    }
}

impl Slice {
    fn of(object: &SliceObject) -> Self {
        let ports = object.ports.iter();
        let ports = ports.filter_map(|one| port(one.port, &one.protocol));
        Self {
            namespace: object.metadata.namespace.as_str().into(),
            service: object.metadata.labels.service.as_deref().map(Into::into),
            ports: ports.filter(|(number, _)| *number != 0).collect(),
        }
    }

    /// Whether its endpoints serve at a port.
    pub(super) fn has(&self, port: Port) -> bool {
        self.ports.is_empty() || self.ports.contains(&port)
    }
}

/// Each address and the pod that it is of.
fn members(object: &SliceObject) -> impl Iterator<Item = (IpAddr, Option<&str>)> {
    object.endpoints.iter().flat_map(|endpoint| {
        let target = &endpoint.target_ref;
        let pod = (target.kind == "Pod").then_some(target.name.as_str());
        let addresses = endpoint.addresses.iter();
        addresses.filter_map(move |address| Some((address.parse().ok()?, pod)))
    })
}
