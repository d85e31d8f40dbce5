//! Which interfaces are watched.

use std::io;

use globset::{Glob, GlobMatcher};
use monitor_common::sift::Link;
use netlink_packet_route::link::LinkLayerType;

use super::netlink::{self, Kind, LinkInfo, Listed, Routes};

mod pods;

/// How many interfaces are watched at most; the rest is counted.
pub const MOST: usize = 1024;

/// The word for the interfaces that default routes lead to.
const UPLINK: &str = "uplink";
/// The word for the interfaces of pods.
const PODS: &str = "pods";

/// An interface that can be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its index, unique while the host runs.
    pub index: u32,
    /// Its name, which may change.
    pub name: String,
    /// What its packets begin with.
    pub link: Link,
    /// Whether it leads to a pod.
    pub is_pod: bool,
}

/// The interfaces that are wanted now.
#[derive(Clone, Debug)]
pub struct Found {
    /// Those to watch, pods last.
    pub interfaces: Vec<Interface>,
    /// How many more are wanted than can be watched.
    pub left_out: usize,
    /// Whether none that exists can be missing: nothing changed while the host was asked.
    pub whole: bool,
}

/// Which interfaces are wanted.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Those that the default routes lead to.
    uplink: bool,
    /// Those of pods.
    pods: bool,
    /// Those whose name one of the patterns matches.
    names: Vec<GlobMatcher>,
}

/// A pattern that is not one.
#[derive(Debug, thiserror::Error)]
#[error("{pattern:?} is not an interface name or pattern")]
pub struct BadPattern {
    /// The text.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub source: globset::Error,
}

impl Selection {
    /// From names, patterns and the words `uplink` and `pods`; the default routes where there are none.
    pub fn new(wanted: &[String]) -> Result<Self, BadPattern> {
        let mut selection = Self {
            uplink: wanted.is_empty(),
            pods: false,
            names: Vec::new(),
        };
        for word in wanted {
            match word.as_str() {
                UPLINK => selection.uplink = true,
                PODS => selection.pods = true,
                pattern => selection.names.push(compile(pattern)?),
            }
        }
        Ok(selection)
    }

    /// Whether it may well be that there is none yet: pods come later.
    pub const fn may_be_empty(&self) -> bool {
        self.pods
    }

    /// The interfaces of this host that are wanted now.
    pub fn find(&self) -> io::Result<Found> {
        let routes = if self.uplink || self.pods {
            netlink::routes()?
        } else {
            Routes {
                whole: true,
                ..Routes::default()
            }
        };
        let links = netlink::links()?;
        Ok(self.choose(&links, &routes))
    }

    fn choose(&self, links: &Listed<LinkInfo>, routes: &Routes) -> Found {
        let watchable = |link: &LinkInfo| {
            let is_pod = pods::is_pod(link, routes);
            let wanted = self.pods && is_pod
                || self.uplink && is_uplink(link, routes)
                || self.names.iter().any(|pattern| names(pattern, link));
            Some(Interface {
                index: link.index,
                name: link.name.clone(),
                link: link_of(link.layer).filter(|_| wanted)?,
                is_pod,
            })
        };
        let mut interfaces: Vec<_> = links.items.iter().filter_map(watchable).collect();
        interfaces.sort_by_key(|interface| (interface.is_pod, interface.index));
        let left_out = interfaces.len().saturating_sub(MOST);
        interfaces.truncate(MOST);
        Found {
            interfaces,
            left_out,
            whole: links.whole && routes.whole,
        }
    }
}

fn compile(pattern: &str) -> Result<GlobMatcher, BadPattern> {
    match Glob::new(pattern) {
        Ok(glob) => Ok(glob.compile_matcher()),
        Err(source) => Err(BadPattern {
            pattern: pattern.to_owned(),
            source,
        }),
    }
}

/// Other tables than the main one have default routes to what stays on the host, too: Cilium's lead to `cilium_host`.
fn is_uplink(link: &LinkInfo, routes: &Routes) -> bool {
    let leads_out = link.kind == Kind::Other || link.peer_is_elsewhere;
    link.layer != LinkLayerType::Loopback
        && (routes.default.contains(&link.index)
            || leads_out && routes.default_elsewhere.contains(&link.index))
}

/// The loopback repeats what other interfaces say, so a pattern must spell its name out.
fn names(pattern: &GlobMatcher, link: &LinkInfo) -> bool {
    if link.layer == LinkLayerType::Loopback {
        return pattern.glob().glob() == link.name;
    }
    pattern.is_match(&link.name)
}

/// What packets of a kind of device begin with; `None` for devices that carry no IP.
const fn link_of(layer: LinkLayerType) -> Option<Link> {
    match layer {
        LinkLayerType::Ether | LinkLayerType::Loopback => Some(Link::Ethernet),
        LinkLayerType::None
        | LinkLayerType::Rawip
        | LinkLayerType::Ppp
        | LinkLayerType::Tunnel
        | LinkLayerType::Tunnel6
        | LinkLayerType::Sit
        | LinkLayerType::Ipgre => Some(Link::Ip),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::netlink::Packets;

    fn link(index: u32, name: &str, layer: LinkLayerType) -> LinkInfo {
        LinkInfo {
            index,
            name: name.to_owned(),
            layer,
            kind: Kind::Other,
            peer_is_elsewhere: false,
            packets: Packets::default(),
        }
    }

    fn pair(index: u32, name: &str, peer_is_elsewhere: bool) -> LinkInfo {
        LinkInfo {
            kind: Kind::Pair,
            peer_is_elsewhere,
            ..link(index, name, LinkLayerType::Ether)
        }
    }

    fn host() -> Listed<LinkInfo> {
        let items = vec![
            link(1, "lo", LinkLayerType::Loopback),
            link(2, "eth0", LinkLayerType::Ether),
            link(3, "eth1", LinkLayerType::Ether),
            pair(9, "veth12", true),
            pair(10, "cilium_host", false),
            link(7, "wg0", LinkLayerType::None),
            link(8, "can0", LinkLayerType::Can),
        ];
        Listed { items, whole: true }
    }

    fn found(wanted: &[&str], routes: &Routes) -> Found {
        let wanted: Vec<_> = wanted.iter().map(|&word| word.to_owned()).collect();
        Selection::new(&wanted).unwrap().choose(&host(), routes)
    }

    fn chosen(wanted: &[&str], routes: &[u32]) -> Vec<(String, Link)> {
        let routes = Routes {
            default: routes.to_vec(),
            ..Routes::default()
        };
        let chosen = found(wanted, &routes).interfaces;
        chosen
            .into_iter()
            .map(|interface| (interface.name, interface.link))
            .collect()
    }

    fn row(names: &[(&str, Link)]) -> Vec<(String, Link)> {
        names
            .iter()
            .map(|&(name, link)| (name.to_owned(), link))
            .collect()
    }

    #[test]
    fn without_patterns_the_interfaces_of_the_default_routes_are_chosen() {
        let uplinks = row(&[("eth0", Link::Ethernet), ("wg0", Link::Ip)]);
        assert_eq!(chosen(&[], &[7, 2]), uplinks);
        assert_eq!(chosen(&["uplink"], &[7, 2]), uplinks);
    }

    #[test]
    fn default_routes_of_other_tables_count_where_they_lead_out_of_the_host() {
        let routes = Routes {
            default: vec![2],
            default_elsewhere: vec![3, 10],
            ..Routes::default()
        };
        let names = |found: Found| -> Vec<_> {
            let interfaces = found.interfaces.into_iter();
            interfaces.map(|interface| interface.name).collect()
        };
        assert_eq!(names(found(&[], &routes)), ["eth0", "eth1"]);
    }

    #[test]
    fn the_words_patterns_and_names_add_up_and_pods_come_last() {
        let veth = ("veth12", Link::Ethernet);
        assert_eq!(chosen(&["pods"], &[2]), row(&[veth]));
        assert_eq!(
            chosen(&["pods", "uplink", "eth1"], &[2]),
            row(&[("eth0", Link::Ethernet), ("eth1", Link::Ethernet), veth])
        );
    }

    #[test]
    fn more_interfaces_than_can_be_watched_are_counted() {
        let pods = (100..).take(MOST + 5);
        let mut items: Vec<_> = pods
            .map(|index| pair(index, &format!("veth{index}"), true))
            .collect();
        items.push(link(5000, "eth0", LinkLayerType::Ether));
        let routes = Routes {
            default: vec![5000],
            ..Routes::default()
        };
        let wanted = ["uplink".to_owned(), "pods".to_owned()];
        let links = Listed { items, whole: true };
        let found = Selection::new(&wanted).unwrap().choose(&links, &routes);
        assert_eq!((found.interfaces.len(), found.left_out), (MOST, 6));
        assert_eq!(found.interfaces[0].name, "eth0");
    }

    #[test]
    fn patterns_choose_by_name_in_the_order_of_the_index() {
        assert_eq!(
            chosen(&["veth*", "eth1"], &[]),
            row(&[("eth1", Link::Ethernet), ("veth12", Link::Ethernet)])
        );
    }

    #[test]
    fn the_loopback_is_chosen_only_by_its_own_name() {
        assert_eq!(chosen(&["l*"], &[]), row(&[]));
        assert_eq!(chosen(&["lo"], &[]), row(&[("lo", Link::Ethernet)]));
    }

    #[test]
    fn a_device_without_ip_is_never_chosen() {
        assert_eq!(chosen(&["can0"], &[8]), row(&[]));
    }

    #[test]
    fn a_pattern_that_is_not_one_is_named() {
        let error = Selection::new(&["eth[".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"eth[\" is not an interface name or pattern"
        );
    }
}
