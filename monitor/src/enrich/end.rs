//! One end of a connection, and what it is called.

use std::net::IpAddr;
use std::sync::Arc;

use crate::flow::Side;
use crate::report::{Peer, Transport};

/// A port as Kubernetes has it: QUIC is UDP.
pub(super) type Port = (u16, Transport);

/// The port of an object, by the protocol's name there.
pub(super) fn port(number: u16, protocol: &str) -> Option<Port> {
    match protocol {
        "" | "TCP" => Some((number, Transport::Tcp)),
        "UDP" => Some((number, Transport::Quic)),
        _ => None,
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Its address.
    pub address: IpAddr,
    /// Its port and what the connection is carried by.
    pub port: (u16, Transport),
    /// Which end it is. A client's port says nothing about who it is.
    pub side: Side,
}

impl End {
    /// The port, where it says who this is.
    pub(super) fn telling_port(&self) -> Option<Port> {
        (self.side == Side::Server).then_some(self.port)
    }
}

/// What an end of a connection is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The pod.
    pub pod: Option<Arc<str>>,
    /// The namespace of the pod, else that of the Service.
    pub namespace: Option<Arc<str>>,
    /// The pod's workload.
    pub workload: Option<Arc<str>>,
    /// The Service.
    pub service: Option<Arc<str>>,
    /// The node whose address it is.
    pub node: Option<Arc<str>>,
    /// It is on this node: a pod of it, or the node itself.
    pub is_here: bool,
}

impl Named {
    /// Whether nothing is known.
    pub fn is_nobody(&self) -> bool {
        self.pod.is_none() && self.service.is_none() && self.node.is_none() && !self.is_here
    }

    /// Adds what another address of the same end tells: on the way to a pod, a connection has that of a Service and that
    /// of the pod.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        let (pod, namespace, workload) = if self.pod.is_some() || other.pod.is_none() {
            (self.pod, self.namespace.or(other.namespace), self.workload)
        } else {
            (other.pod, other.namespace, other.workload)
        };
        Self {
            pod,
            namespace,
            workload,
            service: self.service.or(other.service),
            node: self.node.or(other.node),
            is_here: self.is_here || other.is_here,
        }
    }

    /// Writes the names into a report.
    pub(super) fn write(self, peer: &mut Peer) {
        peer.pod = self.pod;
        peer.namespace = self.namespace;
        peer.workload = self.workload;
        peer.service = self.service;
        peer.node = self.node;
    }
}
