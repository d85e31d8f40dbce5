//! A packet on its way through the pipeline.

use std::net::IpAddr;

use crate::flow::{Endpoint, FlowKey, Protocol, Way};
use crate::frame::Frame;
use crate::wire::{Look, Packet, Transport};

/// A packet: what its headers say, when and where it passed.
#[derive(Clone, Copy)]
pub(super) struct Passing<'a> {
    pub(super) frame: &'a Frame<'a>,
    pub(super) headers: &'a Packet<'a>,
}

impl<'a> Passing<'a> {
    /// What it carries.
    pub(super) const fn packet(&self) -> &'a Transport<'a> {
        &self.headers.transport
    }

    /// From which port to which. An answer that something is unreachable counts as from there.
    #[inline]
    pub(super) const fn ports(&self) -> [u16; 2] {
        match &self.headers.transport {
            Transport::Tcp(segment) => [segment.source_port, segment.destination_port],
            Transport::Udp(datagram) => [datagram.source_port, datagram.destination_port],
            Transport::Unreachable(about) => [about.destination_port, about.source_port],
        }
    }

    #[inline]
    const fn addresses(&self) -> [&'a IpAddr; 2] {
        match &self.headers.transport {
            Transport::Unreachable(about) => [&about.destination, &about.source],
            Transport::Tcp(_) | Transport::Udp(_) => {
                [&self.headers.source, &self.headers.destination]
            }
        }
    }

    const fn protocol(&self) -> Protocol {
        match &self.headers.transport {
            Transport::Tcp(_) => Protocol::Tcp,
            Transport::Unreachable(about) if about.seq.is_some() => Protocol::Tcp,
            Transport::Udp(_) | Transport::Unreachable(_) => Protocol::Udp,
        }
    }

    /// The key of its conversation, where that is in no tunnel, and which way it goes.
    #[inline]
    pub(super) fn key(&self) -> (FlowKey, Way) {
        FlowKey::of(self.protocol(), self.addresses(), self.ports())
    }

    /// From whom to whom it is.
    pub(super) const fn ends(&self) -> [Endpoint; 2] {
        let ([source, destination], [from, to]) = (self.addresses(), self.ports());
        [
            Endpoint {
                address: *source,
                port: from,
            },
            Endpoint {
                address: *destination,
                port: to,
            },
        ]
    }

    /// How it looks.
    pub(super) fn look(&self) -> Look {
        Look::of(self.headers, self.frame.direction)
    }
}
