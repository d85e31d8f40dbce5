//! Who has which address, and had it when.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use super::object::{Meta, PodObject, ServiceObject, SliceObject, Watched};
use super::pods::{Pod, Pods};
use super::range::{is_of_pods, is_private};
use super::services::Services;
use super::slices::{Endpoint, Slices};
use super::watch::{Health, Kind, Snapshot, Trouble, WatchState};
use super::{End, Named, Seen};
use crate::frame::Timestamp;

/// A directory that one thread fills and another reads.
#[derive(Clone, Debug)]
pub struct Shared(Arc<RwLock<Directory>>);

impl Shared {
    /// An empty one; `node` is the name of this node.
    pub fn new(node: &str) -> Self {
        Self(Arc::new(RwLock::new(Directory::new(node))))
    }

    /// Reads.
    pub fn read<T>(&self, reading: impl FnOnce(&Directory) -> T) -> T {
        reading(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes.
    pub fn write<T>(&self, writing: impl FnOnce(&mut Directory) -> T) -> T {
        writing(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Who has which address. The pods are this node's; of those elsewhere the EndpointSlices tell.
#[derive(Debug)]
pub struct Directory {
    node: Arc<str>,
    pods: Pods,
    services: Services,
    slices: Slices,
    watches: [Health; 3],
    /// Grows whenever an answer may have changed.
    version: u64,
}

impl Directory {
    /// An empty one; `node` is the name of this node.
    pub fn new(node: &str) -> Self {
        Self {
            node: node.into(),
            pods: Pods::new(),
            services: Services::new(),
            slices: Slices::new(),
            watches: [Health::default(); 3],
            version: 0,
        }
    }

    /// What an end of a connection was called at this time. Where it may have been one or another, it has no name.
    pub fn look_up(&self, end: End, at: Timestamp) -> Named {
        if self.pods.is_node(end.address) {
            return self.at_node(end, at);
        }
        let mut pods = self.pods.addresses.at(end.address, at);
        let mut named = match (pods.next(), pods.next()) {
            (Some(pod), None) => of_pod(pod),
            (None, _) => self.elsewhere(end, at),
            (Some(_), Some(_)) => Named::default(),
        };
        named.is_here = self.pods.addresses.at(end.address, at).next().is_some();
        self.with_service(named, end, at)
    }

    /// Whether an end that has no name may get one soon: a list is under way, or a pod of this node is about to be told to
    /// have an address.
    pub fn may_learn(&self, address: IpAddr, now: Timestamp) -> bool {
        let listing = |watch: &Health| watch.state == WatchState::Listing;
        self.watches.iter().any(listing) || is_private(address) && self.pods.awaits_address(now)
    }

    /// Grows whenever an answer may have changed.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Takes what the API says of an object.
    pub fn apply<T: Watched>(&mut self, object: T, seen: Seen) {
        object.apply(self, seen);
        self.version += 1;
    }

    /// Takes it that an object is gone.
    pub fn remove<T: Watched>(&mut self, object: &T, seen: Seen) {
        object.remove(self, seen);
        self.version += 1;
    }

    /// A list begins: what it does not have when it ends is gone.
    pub const fn begin_list(&mut self, kind: Kind) {
        match kind {
            Kind::Pod => self.pods.register.begin_list(),
            Kind::Service => self.services.register.begin_list(),
            Kind::EndpointSlice => self.slices.register.begin_list(),
        }
    }

    /// A list has ended.
    pub fn end_list(&mut self, kind: Kind, seen: Seen) {
        match kind {
            Kind::Pod => self.pods.end_list(seen),
            Kind::Service => self.services.end_list(seen),
            Kind::EndpointSlice => self.slices.end_list(seen),
        }
        self.version += 1;
    }

    /// Changes come as they happen, from now on. Gives whether they did not before.
    pub fn set_up(&mut self, kind: Kind) -> bool {
        self.version += 1;
        let state = &mut self.health(kind).state;
        std::mem::replace(state, WatchState::Up) != WatchState::Up
    }

    /// Something has gone wrong.
    pub fn set_trouble(&mut self, kind: Kind, trouble: Trouble) {
        self.version += 1;
        self.health(kind).trouble(trouble);
    }

    /// How the watches go.
    pub fn snapshots(&self) -> [Snapshot; 3] {
        let objects = [
            self.pods.register.len(),
            self.services.register.len(),
            self.slices.register.len(),
        ];
        std::array::from_fn(|at| {
            let health = self.watches.get(at).copied().unwrap_or_default();
            Snapshot {
                kind: Kind::ALL.get(at).copied().unwrap_or(Kind::Pod),
                objects: objects.get(at).copied().unwrap_or(0),
                state: health.state,
                troubles: health.troubles,
            }
        })
    }

    /// How many objects found no room, and how many addresses of the past had to make room, since the last call.
    pub fn losses(&mut self) -> [(&'static str, u64); 2] {
        let full = self.pods.register.refused() + self.services.register.refused();
        let past = self.pods.addresses.evicted() + self.services.addresses.evicted();
        [
            ("directory_full", full + self.slices.refused()),
            ("past_full", past + self.slices.addresses.evicted()),
        ]
    }

    /// Forgets what ended long ago.
    pub fn forget(&mut self, now: Timestamp) {
        self.pods.addresses.forget(now);
        self.pods.ports.forget(now);
        self.services.forget(now);
        self.slices.addresses.forget(now);
    }

    fn health(&mut self, kind: Kind) -> &mut Health {
        let [pods, services, slices] = &mut self.watches;
        match kind {
            Kind::Pod => pods,
            Kind::Service => services,
            Kind::EndpointSlice => slices,
        }
    }

    /// One of the node's own addresses: of the node itself, and of every pod that uses its network. A server's port tells.
    fn at_node(&self, end: End, at: Timestamp) -> Named {
        let port = end.telling_port();
        let mut pods = port
            .into_iter()
            .flat_map(|port| self.pods.ports.at(port, at));
        let mut named = match (pods.next(), pods.next()) {
            (Some(pod), None) => of_pod(pod),
            (None, _) => self.served(end, at).map(of_endpoint).unwrap_or_default(),
            (Some(_), Some(_)) => Named::default(),
        };
        named.node = Some(Arc::clone(&self.node));
        named.is_here = true;
        self.with_service(named, end, at)
    }

    /// An address that no pod of this node has.
    fn elsewhere(&self, end: End, at: Timestamp) -> Named {
        if let Some(endpoint) = self.served(end, at) {
            return of_endpoint(endpoint);
        }
        // Pods that use their node's network have its address, and so do all other things there.
        let of_pods = || is_of_pods(end.address, self.pods.addresses.keys(), &self.pods.node);
        let endpoint = the_only_pod(self.endpoints(end, at)).filter(|_| of_pods());
        endpoint.map(of_endpoint).unwrap_or_default()
    }

    /// The endpoint that serves at this address and port.
    fn served(&self, end: End, at: Timestamp) -> Option<&Arc<Endpoint>> {
        let port = end.telling_port()?;
        let serves = |endpoint: &&Arc<Endpoint>| endpoint.slice.has(port);
        the_only_pod(self.endpoints(end, at).filter(serves))
    }

    /// The endpoints at an address, but for those that were pods of this node and are no more.
    fn endpoints(&self, end: End, at: Timestamp) -> impl Iterator<Item = &Arc<Endpoint>> {
        let all = self.slices.addresses.at(end.address, at);
        all.filter(move |endpoint| {
            let is_it = |pod: &Arc<Pod>| {
                endpoint.pod.as_deref() == Some(&*pod.name)
                    && endpoint.slice.namespace == pod.namespace
            };
            !self.pods.addresses.ever(end.address).any(is_it)
        })
    }

    /// The Service that leads there: by its own address, by the node's port, or because the pod serves for it.
    fn with_service(&self, mut named: Named, end: End, at: Timestamp) -> Named {
        let port = end.telling_port();
        let own = self.services.at(end.address, port, at);
        let of_node = || {
            let port = port.filter(|_| named.node.is_some())?;
            self.services.at_node_port(port, at)
        };
        if let Some(service) = own.or_else(of_node) {
            named.service = Some(Arc::clone(&service.name));
            if named.pod.is_none() {
                named.namespace = Some(Arc::clone(&service.namespace));
            }
        } else if let Some(service) = self.service_of_pod(&named, end, at) {
            named.service = Some(service);
        }
        named
    }

    /// The Service that a pod serves for at this port, where there is but one.
    fn service_of_pod(&self, named: &Named, end: End, at: Timestamp) -> Option<Arc<str>> {
        let (port, pod) = (end.telling_port()?, named.pod.as_ref()?);
        let serving = self.slices.addresses.at(end.address, at);
        let mut services = serving
            .filter(|endpoint| endpoint.pod.as_deref() == Some(pod))
            .filter(|endpoint| endpoint.slice.has(port))
            .filter_map(|endpoint| endpoint.slice.service.as_ref());
        let first = services.next()?;
        services
            .all(|other| other == first)
            .then(|| Arc::clone(first))
    }
}

fn of_pod(pod: &Arc<Pod>) -> Named {
    Named {
        pod: Some(Arc::clone(&pod.name)),
        namespace: Some(Arc::clone(&pod.namespace)),
        workload: Some(Arc::clone(&pod.workload)),
        ..Named::default()
    }
}

fn of_endpoint(endpoint: &Arc<Endpoint>) -> Named {
    Named {
        pod: endpoint.pod.as_deref().map(Into::into),
        namespace: Some(Arc::clone(&endpoint.slice.namespace)),
        ..Named::default()
    }
}

/// The endpoint of a pod, where all are of the same.
fn the_only_pod<'a>(all: impl Iterator<Item = &'a Arc<Endpoint>>) -> Option<&'a Arc<Endpoint>> {
    let mut pods = all.filter(|endpoint| endpoint.pod.is_some());
    let first = pods.next()?;
    let is_same = |other: &Arc<Endpoint>| {
        first.pod == other.pod && first.slice.namespace == other.slice.namespace
    };
    pods.all(is_same).then_some(first)
}

impl Watched for PodObject {
    const KIND: Kind = Kind::Pod;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn apply(self, directory: &mut Directory, seen: Seen) {
        directory.pods.apply(&self, seen);
    }

    fn remove(&self, directory: &mut Directory, seen: Seen) {
        directory.pods.remove(&self.metadata, seen);
    }
}

impl Watched for ServiceObject {
    const KIND: Kind = Kind::Service;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn apply(self, directory: &mut Directory, seen: Seen) {
        directory.services.apply(&self, seen);
    }

    fn remove(&self, directory: &mut Directory, seen: Seen) {
        directory.services.remove(&self.metadata, seen);
    }
}

impl Watched for SliceObject {
    const KIND: Kind = Kind::EndpointSlice;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn apply(self, directory: &mut Directory, seen: Seen) {
        directory.slices.apply(&self, seen);
    }

    fn remove(&self, directory: &mut Directory, seen: Seen) {
        directory.slices.remove(&self.metadata, seen);
    }
}

#[cfg(test)]
mod tests;
