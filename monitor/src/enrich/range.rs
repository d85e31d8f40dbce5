//! Whether an address is one that pods have, as far as this node's own tell.

use std::net::IpAddr;

/// How many bits pods' addresses share at least. GKE gives a cluster a /14, most others a /16.
const SHARED_V4: u32 = 14;
const SHARED_V6: u32 = 48;

/// Whether an address is of the range that pods have, and no node has one of it: where both have addresses of one range, as
/// in some clouds, an address alone does not tell a pod from a node.
pub(super) fn is_of_pods<'a>(
    address: IpAddr,
    mut pods: impl Iterator<Item = &'a IpAddr>,
    nodes: &[IpAddr],
) -> bool {
    let bits = if address.is_ipv4() {
        SHARED_V4
    } else {
        SHARED_V6
    };
    let mut nodes = nodes
        .iter()
        .filter_map(|node| shared(address, *node))
        .peekable();
    nodes.peek().is_some()
        && nodes.all(|shared| shared < bits)
        && pods.any(|pod| shared(address, *pod).is_some_and(|shared| shared >= bits))
}

/// How many bits two addresses of one family begin with alike.
fn shared(one: IpAddr, other: IpAddr) -> Option<u32> {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            Some((one.to_bits() ^ other.to_bits()).leading_zeros())
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            Some((one.to_bits() ^ other.to_bits()).leading_zeros())
        }
        _ => None,
    }
}

/// Whether an address is for use inside of a network: RFC 1918, RFC 6598, RFC 4193.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private() || first == 100 && second & 0xc0 == 64
        }
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::gke("10.5.1.2", "10.4.2.7", "10.128.0.5", true)]
    #[case::kubeadm("10.244.9.9", "10.244.1.2", "172.18.0.3", true)]
    #[case::another_node("10.128.0.9", "10.4.2.7", "10.128.0.5", false)]
    #[case::pods_and_nodes_share_a_range("10.0.1.9", "10.0.1.7", "10.0.1.5", false)]
    #[case::somewhere_else("192.0.2.1", "10.4.2.7", "10.128.0.5", false)]
    #[case::of_the_other_family("2001:db8::1", "10.4.2.7", "10.128.0.5", false)]
    fn a_pods_address(
        #[case] address: IpAddr,
        #[case] pod: IpAddr,
        #[case] node: IpAddr,
        #[case] expected: bool,
    ) {
        assert_eq!(is_of_pods(address, [pod].iter(), &[node]), expected);
    }

    #[test]
    fn without_a_node_to_compare_with_nothing_is_known() {
        let address = "10.4.2.7".parse().unwrap();
        assert!(!is_of_pods(address, [address].iter(), &[]));
    }

    #[rstest]
    #[case("10.1.2.3", true)]
    #[case("100.64.0.1", true)]
    #[case("100.128.0.1", false)]
    #[case("fd00::1", true)]
    #[case("2001:db8::1", false)]
    fn a_private_address(#[case] address: IpAddr, #[case] expected: bool) {
        assert_eq!(is_private(address), expected);
    }
}
