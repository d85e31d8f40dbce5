//! Interfaces.

use std::io;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoKind, LinkAttribute, LinkInfo as Info, LinkLayerType, LinkMessage,
};

use super::{Listed, dump};

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) struct LinkInfo {
    pub(in crate::capture) index: u32,
    pub(in crate::capture) name: String,
    pub(in crate::capture) layer: LinkLayerType,
    pub(in crate::capture) kind: Kind,
    /// Its other end, or what it is based on, is in another network namespace.
    pub(in crate::capture) peer_is_elsewhere: bool,
    /// What the device counted.
    pub(in crate::capture) packets: Packets,
}

/// What kind of device it is, as far as that matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::capture) enum Kind {
    /// One end of a pair: veth, netkit.
    Pair,
    /// A bridge: what passes it passes its ports too.
    Bridge,
    /// Any other, hardware above all.
    #[default]
    Other,
}

/// How many packets passed a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::capture) struct Packets {
    pub(in crate::capture) received: u64,
    pub(in crate::capture) sent: u64,
}

/// All interfaces.
pub(in crate::capture) fn links() -> io::Result<Listed<LinkInfo>> {
    let answers = dump(&RouteNetlinkMessage::GetLink(LinkMessage::default()))?;
    Ok(answers.keep(link_info))
}

fn link_info(message: RouteNetlinkMessage) -> Option<LinkInfo> {
    let RouteNetlinkMessage::NewLink(link) = message else {
        return None;
    };
    let mut info = LinkInfo {
        index: link.header.index,
        name: String::new(),
        layer: link.header.link_layer_type,
        kind: Kind::Other,
        peer_is_elsewhere: false,
        packets: Packets::default(),
    };
    for attribute in link.attributes {
        match attribute {
            LinkAttribute::IfName(name) => info.name = name,
            LinkAttribute::LinkNetNsId(_) => info.peer_is_elsewhere = true,
            LinkAttribute::LinkInfo(infos) => info.kind = kind(&infos),
            LinkAttribute::Stats64(stats) => {
                info.packets = Packets {
                    received: stats.rx_packets,
                    sent: stats.tx_packets,
                };
            }
            _ => {}
        }
    }
    (!info.name.is_empty()).then_some(info)
}

fn kind(infos: &[Info]) -> Kind {
    let kind = infos.iter().find_map(|info| match info {
        Info::Kind(kind) => Some(kind),
        _ => None,
    });
    match kind {
        Some(InfoKind::Veth | InfoKind::Netkit) => Kind::Pair,
        Some(InfoKind::Bridge) => Kind::Bridge,
        _ => Kind::Other,
    }
}
