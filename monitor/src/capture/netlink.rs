//! What the kernel says about interfaces, default routes and tc filters, over netlink.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::link::{LinkAttribute, LinkLayerType, LinkMessage};
use netlink_packet_route::route::{RouteAttribute, RouteMessage, RouteType};
use netlink_packet_route::tc::{TcAttribute, TcFilterBpfOption, TcMessage, TcOption};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

/// Multicast groups of `linux/rtnetlink.h`: links, tc, routes of IPv4 and IPv6.
const GROUPS: [u32; 4] = [1, 4, 7, 11];

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkInfo {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) layer: LinkLayerType,
}

/// A filter on a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) priority: u16,
    pub(super) handle: u32,
    /// The program's name, where it is a BPF filter.
    pub(super) program: Option<String>,
}

/// All interfaces.
pub(super) fn links() -> io::Result<Vec<LinkInfo>> {
    let answers = dump(RouteNetlinkMessage::GetLink(LinkMessage::default()))?;
    Ok(answers.into_iter().filter_map(link_info).collect())
}

fn link_info(message: RouteNetlinkMessage) -> Option<LinkInfo> {
    let RouteNetlinkMessage::NewLink(link) = message else {
        return None;
    };
    let name = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name.clone()),
            _ => None,
        })?;
    Some(LinkInfo {
        index: link.header.index,
        name,
        layer: link.header.link_layer_type,
    })
}

/// The indexes of the interfaces that default routes of the main table lead to.
pub(super) fn default_route_links() -> io::Result<Vec<u32>> {
    let mut indexes = Vec::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut request = RouteMessage::default();
        request.header.address_family = family;
        for answer in dump(RouteNetlinkMessage::GetRoute(request))? {
            if let RouteNetlinkMessage::NewRoute(route) = answer {
                indexes.extend(default_route(&route));
            }
        }
    }
    indexes.sort_unstable();
    indexes.dedup();
    Ok(indexes)
}

fn default_route(route: &RouteMessage) -> Vec<u32> {
    if route.header.destination_prefix_length != 0 || route.header.kind != RouteType::Unicast {
        return Vec::new();
    }
    let indexes = route
        .attributes
        .iter()
        .flat_map(|attribute| match attribute {
            RouteAttribute::Oif(index) => vec![*index],
            RouteAttribute::MultiPath(hops) => hops.iter().map(|hop| hop.interface_index).collect(),
            _ => Vec::new(),
        });
    indexes.collect()
}

/// The filters on one hook of an interface, in the order in which packets meet them.
pub(super) fn filters(interface: u32, parent: u32) -> io::Result<Vec<Filter>> {
    let mut request = TcMessage::with_index(i32::try_from(interface).unwrap_or_default());
    request.header.parent = parent.into();
    let answers = dump(RouteNetlinkMessage::GetTrafficFilter(request))?;
    Ok(answers.into_iter().filter_map(filter).collect())
}

fn filter(message: RouteNetlinkMessage) -> Option<Filter> {
    let RouteNetlinkMessage::NewTrafficFilter(message) = message else {
        return None;
    };
    let handle = u32::from(message.header.handle);
    if handle == 0 {
        return None; // the head of a chain of filters, not a filter
    }
    let priority = u16::try_from(message.header.info >> 16).unwrap_or_default();
    Some(Filter {
        priority,
        handle,
        program: program_name(&message.attributes),
    })
}

fn program_name(attributes: &[TcAttribute]) -> Option<String> {
    let options = attributes.iter().find_map(|attribute| match attribute {
        TcAttribute::Options(options) => Some(options),
        _ => None,
    })?;
    options.iter().find_map(|option| match option {
        TcOption::Bpf(TcFilterBpfOption::ProgName(name)) => Some(name.clone()),
        _ => None,
    })
}

/// Asks for everything of a kind; answers that this library cannot read are left out.
fn dump(request: RouteNetlinkMessage) -> io::Result<Vec<RouteNetlinkMessage>> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let mut answers = Vec::new();
    while collect(&socket.recv_from_full()?.0, &mut answers)? {}
    Ok(answers)
}

/// Reads one datagram of a dump; false at its end.
fn collect(mut datagram: &[u8], answers: &mut Vec<RouteNetlinkMessage>) -> io::Result<bool> {
    while let Some(length) = datagram
        .first_chunk::<4>()
        .map(|length| u32::from_ne_bytes(*length) as usize)
    {
        if let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(datagram) {
            match message.payload {
                NetlinkPayload::Done(_) => return Ok(false),
                NetlinkPayload::Error(error) => {
                    return error.code.map_or(Ok(false), |_| Err(error.to_io()));
                }
                NetlinkPayload::InnerMessage(inner) => answers.push(inner),
                _ => {}
            }
        }
        let aligned = length.max(1).next_multiple_of(4);
        datagram = datagram.get(aligned..).unwrap_or_default();
    }
    Ok(true)
}

/// Tells that something about interfaces, routes or filters changed; what, a dump tells better, for events get lost.
#[derive(Debug)]
pub(super) struct Watch {
    socket: Socket,
}

impl Watch {
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        for group in GROUPS {
            socket.add_membership(group)?;
        }
        socket.set_non_blocking(true)?;
        Ok(Self { socket })
    }

    /// Whether anything changed since the last call.
    pub(super) fn changed(&self) -> bool {
        let mut changed = false;
        loop {
            let mut buffer = Vec::with_capacity(64 * 1024);
            match self.socket.recv(&mut buffer, 0) {
                Ok(_) => changed = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return changed,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true, // events were lost: look at everything
            }
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
