//! Where routes lead.

use std::io;

use netlink_packet_route::route::{
    RouteAttribute, RouteHeader, RouteMessage, RouteNextHop, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{Listed, dump};

/// The interfaces that routes of a kind lead to, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::capture) struct Routes {
    /// Default routes of the main table.
    pub(in crate::capture) default: Vec<u32>,
    /// Default routes of other tables, as hosts with several cards have them.
    pub(in crate::capture) default_elsewhere: Vec<u32>,
    /// Routes by way of a gateway.
    pub(in crate::capture) gateway: Vec<u32>,
    /// Whether none changed while they were told.
    pub(in crate::capture) whole: bool,
}

/// Both families' routes, of all tables.
pub(in crate::capture) fn routes() -> io::Result<Routes> {
    let mut routes = Routes {
        whole: true,
        ..Routes::default()
    };
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut request = RouteMessage::default();
        request.header.address_family = family;
        let Listed { items, whole } = dump(&RouteNetlinkMessage::GetRoute(request))?;
        routes.whole &= whole;
        for answer in items {
            if let RouteNetlinkMessage::NewRoute(route) = answer {
                routes.add(&route);
            }
        }
    }
    Ok(routes)
}

impl Routes {
    fn add(&mut self, route: &RouteMessage) {
        if route.header.kind != RouteType::Unicast {
            return;
        }
        let hops = Hops::of(&route.attributes);
        if route.header.destination_prefix_length == 0 {
            let is_main = route.header.table == RouteHeader::RT_TABLE_MAIN;
            let list = if is_main {
                &mut self.default
            } else {
                &mut self.default_elsewhere
            };
            list.extend(&hops.interfaces);
        }
        if hops.by_gateway {
            self.gateway.extend(&hops.interfaces);
        }
    }
}

/// What a route goes through.
#[derive(Default)]
struct Hops {
    interfaces: Vec<u32>,
    by_gateway: bool,
}

impl Hops {
    fn of(attributes: &[RouteAttribute]) -> Self {
        let mut hops = Self::default();
        for attribute in attributes {
            match attribute {
                RouteAttribute::Oif(index) => hops.interfaces.push(*index),
                RouteAttribute::Gateway(_) | RouteAttribute::Via(_) => hops.by_gateway = true,
                RouteAttribute::MultiPath(all) => hops.add_all(all),
                _ => {}
            }
        }
        hops
    }

    fn add_all(&mut self, hops: &[RouteNextHop]) {
        for hop in hops {
            let inner = Self::of(&hop.attributes);
            self.interfaces.push(hop.interface_index);
            self.interfaces.extend(inner.interfaces);
            self.by_gateway |= inner.by_gateway;
        }
    }
}
