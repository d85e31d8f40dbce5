//! Tunnels: packets that carry whole packets. What is followed is the conversation inside; the tunnel is noted.
//!
//! ```text
//!  outer IP | UDP or GRE | tunnel header | (Ethernet) | inner IP | TCP
//!  '------------------- Outer ----------------------'  '- Packet ----'
//! ```
//!
//! Lengths: the inner packet is as long as its own header says and the capture kept. An outer header cannot make it longer.

use std::net::IpAddr;

use super::ip::Header;
use super::{Unreadable, bytes, udp, vlan};
use crate::label::labelled;

mod geneve;
mod gre;
mod gtp;
mod vxlan;

/// More tunnels in each other than this are nobody's traffic.
pub(super) const MAX_NESTING: usize = 4;

/// IP protocol numbers of what is a tunnel by itself.
const IPV4_IN_IP: u8 = 4;
const IPV6_IN_IP: u8 = 41;
const GRE: u8 = 47;

/// EtherType of a whole Ethernet frame (RFC 1701 and Geneve call it transparent Ethernet bridging).
const BRIDGED_ETHERNET: u16 = 0x6558;

labelled! {
    /// A kind of tunnel.
    pub enum TunnelKind {
        /// IP in IP (RFC 2003, RFC 2473, RFC 4213).
        IpIp = "ipip",
        /// Generic Routing Encapsulation (RFC 2784, RFC 2890).
        Gre = "gre",
        /// Mirrored Ethernet frames in GRE, as switches send them (draft-foschiano-erspan).
        Erspan = "erspan",
        /// VXLAN (RFC 7348).
        Vxlan = "vxlan",
        /// Geneve (RFC 8926).
        Geneve = "geneve",
        /// The user plane of mobile networks (3GPP TS 29.281).
        GtpU = "gtp-u",
    }
}

/// The tunnel that a packet came through; the innermost where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outer {
    /// Its kind.
    pub kind: TunnelKind,
    /// Which of many: VNI, GRE key, ERSPAN session or TEID, where the header has one.
    pub id: Option<u32>,
    /// Where the tunnel begins.
    pub source: IpAddr,
    /// Where it ends.
    pub destination: IpAddr,
}

impl Outer {
    /// The same, seen from the other end.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
            ..self
        }
    }
}

/// A packet inside another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner<'a> {
    /// The captured bytes from its IP header on.
    pub(super) network: &'a [u8],
    /// How many bytes the outer packet had for it.
    pub(super) wire_len: u32,
    /// What it came through.
    pub(super) outer: Outer,
}

/// A tunnel header that has been read: what it is, and where behind it the inner IP header starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Opened {
    kind: TunnelKind,
    id: Option<u32>,
    offset: usize,
}

/// The packet that this one carries; `None` when it carries none. What a UDP port only suggests, the header must confirm:
/// else it is an ordinary datagram.
pub(super) fn inside<'a>(ip: &Header<'a>) -> Result<Option<Inner<'a>>, Unreadable> {
    match ip.protocol {
        IPV4_IN_IP | IPV6_IN_IP => {
            let opened = Opened {
                kind: TunnelKind::IpIp,
                id: None,
                offset: 0,
            };
            Ok(Some(inner(ip, (ip.payload, ip.payload_len), opened)))
        }
        GRE => {
            let opened = gre::open(ip.payload)?;
            Ok(Some(inner(ip, (ip.payload, ip.payload_len), opened)))
        }
        super::UDP => in_udp(ip),
        _ => Ok(None),
    }
}

fn in_udp<'a>(ip: &Header<'a>) -> Result<Option<Inner<'a>>, Unreadable> {
    let Ok(datagram) = udp::decode(ip.payload, ip.payload_len) else {
        return Ok(None);
    };
    let open = match datagram.destination_port {
        vxlan::PORT | vxlan::LINUX_PORT => vxlan::open,
        geneve::PORT => geneve::open,
        gtp::PORT => gtp::open,
        _ => return Ok(None),
    };
    let carried = (datagram.payload, datagram.payload_len);
    match open(datagram.payload) {
        Ok(opened) => Ok(opened.map(|opened| inner(ip, carried, opened))),
        // Not cut, only too short for this header: something else uses the port.
        Err(Unreadable::Truncated) if bytes::len(carried.0) == carried.1 => Ok(None),
        Err(reason) => Err(reason),
    }
}

fn inner<'a>(ip: &Header<'a>, (payload, length): (&'a [u8], u32), opened: Opened) -> Inner<'a> {
    Inner {
        network: payload.get(opened.offset..).unwrap_or_default(),
        wire_len: length.saturating_sub(u32::try_from(opened.offset).unwrap_or(u32::MAX)),
        outer: Outer {
            kind: opened.kind,
            id: opened.id,
            source: ip.source,
            destination: ip.destination,
        },
    }
}

/// Where the IP header starts, when something of EtherType `ethertype` starts at `at`.
fn ip_header(carried: &[u8], ethertype: u16, at: usize) -> Result<usize, Unreadable> {
    /// An Ethernet header without tags; its last two bytes are the EtherType.
    const ETHERNET: usize = 14;
    if ethertype != BRIDGED_ETHERNET {
        return vlan::ip_header(carried, ethertype, at);
    }
    let end = at.saturating_add(ETHERNET);
    let inner = bytes::u16(carried, end.saturating_sub(2)).ok_or(Unreadable::Truncated)?;
    vlan::ip_header(carried, inner, end)
}

/// A 24-bit number at `at`.
fn u24(carried: &[u8], at: usize) -> Result<u32, Unreadable> {
    let [a, b, c] = bytes::array(carried, at).ok_or(Unreadable::Truncated)?;
    Ok(u32::from_be_bytes([0, a, b, c]))
}

#[cfg(test)]
mod tests;
