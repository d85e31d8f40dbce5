//! The Services, by the addresses and node ports that lead to them.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::Seen;
use super::claims::Claims;
use super::end::{Port, port};
use super::object::{Meta, ServiceObject, addresses};
use super::register::Register;
use crate::frame::Timestamp;

/// How many are kept.
const MOST: usize = 32_768;

/// The Services.
#[derive(Debug)]
pub(super) struct Services {
    pub(super) register: Register<Entry>,
    pub(super) addresses: Claims<IpAddr, Service>,
    node_ports: Claims<Port, Service>,
}

/// What a Service is called, and its ports.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
    ports: SmallVec<[Port; 2]>,
}

/// A Service as it was told last.
#[derive(Debug)]
pub(super) struct Entry {
    service: Arc<Service>,
    addresses: SmallVec<[IpAddr; 2]>,
    node_ports: SmallVec<[Port; 2]>,
}

impl Services {
    pub(super) fn new() -> Self {
        Self {
            register: Register::new(MOST),
            addresses: Claims::new(),
            node_ports: Claims::new(),
        }
    }

    /// A Service is like this.
    pub(super) fn apply(&mut self, object: &ServiceObject, seen: Seen) {
        let key = object.metadata.key();
        if !self.register.admits(&key) {
            return;
        }
        let entry = Entry::of(object);
        let from = match self.register.remove(&key) {
            Some(known) if known.is(&entry) => return self.register.insert(key, known),
            Some(known) => {
                self.let_go(&known, seen.before);
                seen.before
            }
            None => seen.since(),
        };
        let made = object.metadata.creation_timestamp;
        self.take(&entry, made.map_or(from, |made| made.max(from)));
        self.register.insert(key, entry);
    }

    /// A Service is gone.
    pub(super) fn remove(&mut self, meta: &Meta, seen: Seen) {
        if let Some(entry) = self.register.remove(&meta.key()) {
            self.let_go(&entry, seen.before);
        }
    }

    /// What the list that has ended did not have is gone.
    pub(super) fn end_list(&mut self, seen: Seen) {
        for entry in self.register.end_list() {
            self.let_go(&entry, seen.before);
        }
    }

    /// The Service that has this address and port. An address that one Service alone has is its own at any port.
    pub(super) fn at(
        &self,
        address: IpAddr,
        port: Option<Port>,
        time: Timestamp,
    ) -> Option<&Arc<Service>> {
        let has_port =
            |service: &&Arc<Service>| port.is_some_and(|port| service.ports.contains(&port));
        let at = || self.addresses.at(address, time);
        the_only(at().filter(has_port)).or_else(|| the_only(at()))
    }

    /// The Service that every node takes connections for at this port.
    pub(super) fn at_node_port(&self, port: Port, time: Timestamp) -> Option<&Arc<Service>> {
        the_only(self.node_ports.at(port, time))
    }

    fn take(&mut self, entry: &Entry, from: Timestamp) {
        for address in &entry.addresses {
            self.addresses.take(*address, &entry.service, from);
        }
        for port in &entry.node_ports {
            self.node_ports.take(*port, &entry.service, from);
        }
    }

    fn let_go(&mut self, entry: &Entry, at: Timestamp) {
        for address in &entry.addresses {
            self.addresses.release(*address, &entry.service, at);
        }
        for port in &entry.node_ports {
            self.node_ports.release(*port, &entry.service, at);
        }
    }

    /// Forgets what ended long ago.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.addresses.forget(now);
        self.node_ports.forget(now);
    }
}

impl Entry {
    fn of(object: &ServiceObject) -> Self {
        let (spec, status) = (&object.spec, &object.status);
        let own = [&spec.cluster_ip].into_iter().chain(&spec.cluster_ips);
        let balancer = status.load_balancer.ingress.iter().map(|ip| &ip.ip);
        let all = own.chain(&spec.external_ips).chain(balancer);
        let ports = |number: fn(&super::object::ServicePort) -> u16| {
            let ports = spec.ports.iter();
            let ports = ports.filter_map(move |one| port(number(one), &one.protocol));
            ports.filter(|(number, _)| *number != 0).collect()
        };
        let service = Service {
            namespace: object.metadata.namespace.as_str().into(),
            name: object.metadata.name.as_str().into(),
            ports: ports(|port| port.port),
        };
        Self {
            service: Arc::new(service),
            addresses: addresses(all.map(String::as_str)).into(),
            node_ports: ports(|port| port.node_port),
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.service == other.service
            && self.addresses == other.addresses
            && self.node_ports == other.node_ports
    }
}

/// The one, where there is no other.
fn the_only<'a>(mut all: impl Iterator<Item = &'a Arc<Service>>) -> Option<&'a Arc<Service>> {
    let first = all.next()?;
    let same =
        |other: &Arc<Service>| first.namespace == other.namespace && first.name == other.name;
    all.all(same).then_some(first)
}
