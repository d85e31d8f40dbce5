//! What the kernel says about interfaces, routes and tc filters, over netlink.

use std::io;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

mod filters;
mod links;
mod routes;
mod watch;

pub(super) use filters::{Filter, filters};
pub(super) use links::{Kind, LinkInfo, Packets, links};
pub(super) use routes::{Routes, routes};
pub(super) use watch::Watch;

/// How often a list is asked for again that changed while it was being told.
const ATTEMPTS: usize = 4;

/// A list that the kernel told.
#[derive(Clone, Debug)]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    /// Nothing changed while it was told: what is not in it is not there.
    pub(super) whole: bool,
}

impl<T> Listed<T> {
    /// Those answers that are of this kind.
    fn keep<U>(self, wanted: impl FnMut(T) -> Option<U>) -> Listed<U> {
        Listed {
            items: self.items.into_iter().filter_map(wanted).collect(),
            whole: self.whole,
        }
    }
}

/// Asks for everything of a kind, again where it changed meanwhile.
fn dump(request: &RouteNetlinkMessage) -> io::Result<Listed<RouteNetlinkMessage>> {
    let mut listed = dump_once(request)?;
    for _again in 1..ATTEMPTS {
        if listed.whole {
            break;
        }
        listed = dump_once(request)?;
    }
    Ok(listed)
}

/// Answers that this library cannot read are left out.
fn dump_once(request: &RouteNetlinkMessage) -> io::Result<Listed<RouteNetlinkMessage>> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request.clone()));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let mut listed = Listed {
        items: Vec::new(),
        whole: true,
    };
    while collect(&socket.recv_from_full()?.0, &mut listed)? {}
    Ok(listed)
}

/// Reads one datagram of a dump; false at its end.
fn collect(mut datagram: &[u8], listed: &mut Listed<RouteNetlinkMessage>) -> io::Result<bool> {
    while let Some(length) = datagram
        .first_chunk::<4>()
        .map(|length| u32::from_ne_bytes(*length) as usize)
    {
        if let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(datagram) {
            listed.whole &= message.header.flags & NLM_F_DUMP_INTR == 0;
            match message.payload {
                NetlinkPayload::Done(_) => return Ok(false),
                NetlinkPayload::Error(error) => {
                    return error.code.map_or(Ok(false), |_| Err(error.to_io()));
                }
                NetlinkPayload::InnerMessage(inner) => listed.items.push(inner),
                _ => {}
            }
        }
        let aligned = length.max(1).next_multiple_of(4);
        datagram = datagram.get(aligned..).unwrap_or_default();
    }
    Ok(true)
}
