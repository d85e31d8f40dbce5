//! The pods of this node: which addresses and ports of the node are whose.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use super::Seen;
use super::claims::Claims;
use super::end::{Port, port};
use super::object::{Meta, PodObject, PodSpec, addresses};
use super::register::Register;
use super::workload::workload;
use crate::frame::Timestamp;

/// A node has 110 pods, 512 in the largest set-ups; those that ended stay a while.
const MOST: usize = 8192;
/// How long a pod may take until it has an address. One that takes longer is held up by something else.
const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// The pods of this node.
#[derive(Debug)]
pub(super) struct Pods {
    pub(super) register: Register<Entry>,
    pub(super) addresses: Claims<IpAddr, Pod>,
    /// Ports of the node, of pods that use its network or have one of its ports.
    pub(super) ports: Claims<Port, Pod>,
    /// The node's own addresses.
    pub(super) node: SmallVec<[IpAddr; 2]>,
}

/// What a pod is called.
#[derive(Debug)]
pub(super) struct Pod {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) workload: Arc<str>,
}

/// A pod as it was told last.
#[derive(Debug)]
pub(super) struct Entry {
    uid: Box<str>,
    pod: Arc<Pod>,
    has: Has,
    /// When it was told of last.
    told: Timestamp,
    /// When it was first told of without the address that it is to have.
    waits_since: Option<Timestamp>,
}

/// What a pod has of the network.
#[derive(Debug, Default)]
struct Has {
    addresses: SmallVec<[IpAddr; 2]>,
    ports: SmallVec<[Port; 2]>,
}

impl Pods {
    pub(super) fn new() -> Self {
        Self {
            register: Register::new(MOST),
            addresses: Claims::new(),
            ports: Claims::new(),
            node: SmallVec::new(),
        }
    }

    /// A pod is like this.
    pub(super) fn apply(&mut self, object: &PodObject, seen: Seen) {
        let (key, meta) = (object.metadata.key(), &object.metadata);
        if !self.register.admits(&key) {
            return;
        }
        self.note_node(object);
        let has = Has::of(object);
        let known = self.register.remove(&key);
        let known = known.and_then(|entry| self.if_same(entry, meta, seen));
        let from = from(known.as_ref(), object, seen);
        let mut entry = known.unwrap_or_else(|| Entry::new(meta));
        let moved = Moved {
            pod: &entry.pod,
            until: seen.before,
            from,
        };
        moved.between(&entry.has.addresses, &has.addresses, &mut self.addresses);
        moved.between(&entry.has.ports, &has.ports, &mut self.ports);
        for address in &has.addresses {
            self.addresses
                .release_others(*address, &entry.pod, seen.before);
        }
        let waits = has.addresses.is_empty() && is_to_have_address(object);
        entry.waits_since = waits.then(|| entry.waits_since.unwrap_or(seen.at));
        (entry.has, entry.told) = (has, seen.at);
        self.register.insert(key, entry);
    }

    /// A pod is gone.
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

    /// Whether an address is the node's own.
    pub(super) fn is_node(&self, address: IpAddr) -> bool {
        self.node.contains(&address)
    }

    /// Whether a pod may have got an address that has not been told yet.
    pub(super) fn awaits_address(&self, now: Timestamp) -> bool {
        let waits = |since: Timestamp| now.since(since) < STARTS_WITHIN;
        let mut entries = self.register.values();
        entries.any(|entry| entry.waits_since.is_some_and(waits))
    }

    /// The entry, if it is of the same pod; another of its name may have come since.
    fn if_same(&mut self, entry: Entry, meta: &Meta, seen: Seen) -> Option<Entry> {
        if *entry.uid == *meta.uid {
            return Some(entry);
        }
        self.let_go(&entry, seen.before);
        None
    }

    fn let_go(&mut self, entry: &Entry, at: Timestamp) {
        let gone = Moved {
            pod: &entry.pod,
            until: at,
            from: at,
        };
        gone.between(&entry.has.addresses, &[], &mut self.addresses);
        gone.between(&entry.has.ports, &[], &mut self.ports);
    }

    fn note_node(&mut self, object: &PodObject) {
        let status = &object.status;
        let all = status.host_ips.iter().map(|ip| ip.ip.as_str());
        let node = addresses(all.chain([status.host_ip.as_str()]));
        if !node.is_empty() {
            self.node = node.into();
        }
    }
}

/// Since when the pod may have what it is told to have now.
///
/// 1. An address that it did not have at first: since it was last told to have another.
/// 2. Its first one: since its node took it. Nobody had the address for it before.
/// 3. Where that is not told: since the last word about it, or about any.
fn from(known: Option<&Entry>, object: &PodObject, seen: Seen) -> Timestamp {
    let started = object.status.start_time;
    match known {
        Some(entry) if !entry.has.addresses.is_empty() => Seen::live(entry.told).since(),
        Some(entry) => started.unwrap_or(entry.told),
        None => started.unwrap_or_else(|| seen.since()),
    }
}

/// A pod that is to have an address of its own.
fn is_to_have_address(object: &PodObject) -> bool {
    !object.spec.host_network && !is_over(object)
}

/// A pod that has ended keeps its address in the API, and not on the node.
fn is_over(object: &PodObject) -> bool {
    matches!(object.status.phase.as_str(), "Succeeded" | "Failed")
}

impl Entry {
    fn new(meta: &Meta) -> Self {
        let pod = Pod {
            namespace: meta.namespace.as_str().into(),
            name: meta.name.as_str().into(),
            workload: workload(meta).into(),
        };
        Self {
            uid: meta.uid.as_str().into(),
            pod: Arc::new(pod),
            has: Has::default(),
            told: Timestamp::default(),
            waits_since: None,
        }
    }
}

impl Has {
    fn of(object: &PodObject) -> Self {
        if is_over(object) {
            return Self::default();
        }
        Self {
            addresses: own_addresses(object).into(),
            ports: node_ports(&object.spec),
        }
    }
}

fn own_addresses(object: &PodObject) -> Vec<IpAddr> {
    if object.spec.host_network {
        return Vec::new();
    }
    let status = &object.status;
    let all = status.pod_ips.iter().map(|ip| ip.ip.as_str());
    addresses(all.chain([status.pod_ip.as_str()]))
}

/// The ports of the node that are the pod's.
fn node_ports(spec: &PodSpec) -> SmallVec<[Port; 2]> {
    let containers = spec.containers.iter().chain(&spec.init_containers);
    let declared = containers.flat_map(|container| &container.ports);
    let of_node = declared.filter_map(|declared| {
        let number = match declared.of_host {
            0 if spec.host_network => declared.own,
            number => number,
        };
        port(number, &declared.protocol).filter(|_| number != 0)
    });
    let mut ports: SmallVec<_> = of_node.collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// What a pod had before and has now.
struct Moved<'a> {
    pod: &'a Arc<Pod>,
    until: Timestamp,
    from: Timestamp,
}

impl Moved<'_> {
    fn between<K: Copy + Eq + Hash>(&self, before: &[K], now: &[K], claims: &mut Claims<K, Pod>) {
        for key in before.iter().filter(|key| !now.contains(key)) {
            claims.release(*key, self.pod, self.until);
        }
        for key in now.iter().filter(|key| !before.contains(key)) {
            claims.take(*key, self.pod, self.from);
        }
    }
}
