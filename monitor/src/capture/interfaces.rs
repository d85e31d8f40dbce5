//! Which interfaces are watched.

use std::io;

use globset::{Glob, GlobMatcher};
use monitor_common::sift::Link;
use netlink_packet_route::link::LinkLayerType;

use super::netlink::{self, LinkInfo};

/// An interface that can be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its index, unique while the host runs.
    pub index: u32,
    /// Its name, which may change.
    pub name: String,
    /// What its packets begin with.
    pub link: Link,
}

/// Which interfaces are wanted.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Those that the default routes lead to.
    DefaultRoutes,
    /// Those whose name one of the patterns matches.
    Named(Vec<GlobMatcher>),
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
    /// From names and patterns; the default routes where there are none.
    pub fn new(patterns: &[String]) -> Result<Self, BadPattern> {
        if patterns.is_empty() {
            return Ok(Self::DefaultRoutes);
        }
        let compile = |pattern: &String| match Glob::new(pattern) {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(source) => Err(BadPattern {
                pattern: pattern.clone(),
                source,
            }),
        };
        Ok(Self::Named(
            patterns.iter().map(compile).collect::<Result<_, _>>()?,
        ))
    }

    /// The interfaces of this host that are wanted now, by index.
    pub fn find(&self) -> io::Result<Vec<Interface>> {
        let routes = match self {
            Self::DefaultRoutes => netlink::default_route_links()?,
            Self::Named(_) => Vec::new(),
        };
        Ok(self.choose(&netlink::links()?, &routes))
    }

    fn choose(&self, links: &[LinkInfo], default_routes: &[u32]) -> Vec<Interface> {
        let wanted = |link: &&LinkInfo| match self {
            Self::DefaultRoutes => {
                default_routes.contains(&link.index) && link.layer != LinkLayerType::Loopback
            }
            Self::Named(patterns) => patterns.iter().any(|pattern| names(pattern, link)),
        };
        let watchable = |link: &LinkInfo| {
            Some(Interface {
                index: link.index,
                name: link.name.clone(),
                link: link_of(link.layer)?,
            })
        };
        let mut chosen: Vec<_> = links.iter().filter(wanted).filter_map(watchable).collect();
        chosen.sort_by_key(|interface| interface.index);
        chosen
    }
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

    fn host() -> Vec<LinkInfo> {
        let link = |index, name: &str, layer| LinkInfo {
            index,
            name: name.to_owned(),
            layer,
        };
        vec![
            link(1, "lo", LinkLayerType::Loopback),
            link(2, "eth0", LinkLayerType::Ether),
            link(3, "eth1", LinkLayerType::Ether),
            link(9, "veth12", LinkLayerType::Ether),
            link(7, "wg0", LinkLayerType::None),
            link(8, "can0", LinkLayerType::Can),
        ]
    }

    fn chosen(patterns: &[&str], routes: &[u32]) -> Vec<(String, Link)> {
        let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let chosen = Selection::new(&patterns).unwrap().choose(&host(), routes);
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
        assert_eq!(
            chosen(&[], &[7, 2]),
            row(&[("eth0", Link::Ethernet), ("wg0", Link::Ip)])
        );
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
