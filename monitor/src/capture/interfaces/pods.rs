//! Which interfaces are those of pods: the node's end of what leads into a container.

use netlink_packet_route::link::LinkLayerType;

use crate::capture::netlink::{Kind, LinkInfo, Routes};

/// What the network plugins of Kubernetes call the node's end: bridge and ptp, GKE, Cilium, Calico, others.
const PREFIXES: [&str; 5] = ["veth", "gke", "lxc", "cali", "cni"];

/// 1. The interface of a default route is never one: on a node that is a container itself it looks like one.
/// 2. One end of a pair whose other end is in another network namespace is one, whether it is a bridge's port or has
///    routes of its own. A pair within the node (`cilium_host`, `cilium_net`) only repeats what others show.
/// 3. But where a route goes by way of a gateway behind it, it leads out of the node, unless its name says otherwise.
/// 4. What is neither a pair nor a bridge is one by its name, as the tap device of a virtual machine.
pub(super) fn is_pod(link: &LinkInfo, routes: &Routes) -> bool {
    if link.layer == LinkLayerType::Loopback || routes.default.contains(&link.index) {
        return false;
    }
    let named = PREFIXES.iter().any(|prefix| link.name.starts_with(prefix));
    match link.kind {
        Kind::Pair => link.peer_is_elsewhere && (named || !routes.gateway.contains(&link.index)),
        Kind::Bridge => false,
        Kind::Other => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::netlink::Packets;

    fn link(name: &str, kind: Kind, peer_is_elsewhere: bool) -> LinkInfo {
        LinkInfo {
            index: 7,
            name: name.to_owned(),
            layer: LinkLayerType::Ether,
            kind,
            peer_is_elsewhere,
            packets: Packets::default(),
        }
    }

    #[test]
    fn the_ends_of_pairs_that_lead_into_other_namespaces_are_pods_whatever_they_are_called() {
        for name in [
            "veth1a2b3c4d",
            "gke0f3",
            "lxc_health",
            "cali12ab",
            "eni77ff",
            "pod0",
        ] {
            let routes = Routes::default();
            assert!(is_pod(&link(name, Kind::Pair, true), &routes), "{name}");
        }
    }

    #[test]
    fn pairs_within_the_node_bridges_and_hardware_are_not() {
        let routes = Routes::default();
        assert!(!is_pod(&link("cilium_host", Kind::Pair, false), &routes));
        assert!(
            !is_pod(&link("veth0", Kind::Pair, false), &routes),
            "its end has not moved yet"
        );
        assert!(!is_pod(&link("cni0", Kind::Bridge, false), &routes));
        assert!(!is_pod(&link("eth0", Kind::Other, false), &routes));
        assert!(!is_pod(&link("vxlan.calico", Kind::Other, false), &routes));
    }

    #[test]
    fn a_device_that_is_no_pair_is_a_pod_by_its_name() {
        assert!(is_pod(
            &link("cali9", Kind::Other, false),
            &Routes::default()
        ));
    }

    #[test]
    fn the_way_out_of_a_node_that_is_itself_a_container_is_not() {
        let uplink = Routes {
            default: vec![7],
            ..Routes::default()
        };
        let gateway = Routes {
            gateway: vec![7],
            ..Routes::default()
        };
        assert!(!is_pod(&link("eth0", Kind::Pair, true), &uplink));
        assert!(!is_pod(&link("veth0", Kind::Pair, true), &uplink));
        assert!(!is_pod(&link("eth1", Kind::Pair, true), &gateway));
        assert!(
            is_pod(&link("cali1", Kind::Pair, true), &gateway),
            "a pod that routes for others"
        );
    }
}
