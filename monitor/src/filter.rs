//! Which handshakes a person asked to see.

use std::net::IpAddr;
use std::sync::Arc;

use globset::GlobMatcher;
use ipnet::IpNet;

use crate::report::{Cause, Event, Handshake, Outcome, Peer, ProxyProtocol, Revision};

mod args;
mod cause;
mod query;
mod words;

pub use args::FilterArgs;
pub(crate) use cause::CauseParser;
pub use query::BadQuery;

/// Which handshakes to show. Each list that is not empty must have an entry that fits; the default shows failures only.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Show these causes.
    pub causes: Vec<Cause>,
    /// Show these server names; a hello without a name fits none.
    pub sni: Vec<GlobMatcher>,
    /// Show clients in these networks, and those that a proxy speaks for.
    pub client: Vec<IpNet>,
    /// Show servers in these networks.
    pub server: Vec<IpNet>,
    /// Show handshakes with an end in these namespaces; with `pods`, one end must fit both.
    pub namespaces: Vec<GlobMatcher>,
    /// Show handshakes with one of these pods at an end.
    pub pods: Vec<GlobMatcher>,
    /// Show these outcomes, and no others.
    pub outcomes: Vec<Outcome>,
    /// Show every outcome, unless `outcomes` says which.
    pub all: bool,
}

impl Filter {
    /// Whether this event is to be shown: losses and summaries always are.
    pub fn passes(&self, event: &Event) -> bool {
        match event {
            Event::Handshake(handshake) => self.matches(handshake),
            Event::Revision(revision) => self.matches_revision(revision),
            Event::Loss(_) | Event::Summary(_) | Event::Probe(_) | Event::Check(_) => true,
        }
    }

    /// Whether this handshake is to be shown.
    pub fn matches(&self, handshake: &Handshake) -> bool {
        self.outcome_fits(handshake.outcome, handshake.is_failure())
            && fits(&self.causes, |cause| handshake.cause == Some(*cause))
            && fits(&self.client, |net| {
                is_client_in(&handshake.client, handshake.proxy_protocol, net)
            })
            && fits(&self.server, |net| net.contains(&handshake.server.address))
            && self.names_fit(&handshake.client, &handshake.server)
            && fits(&self.sni, |glob| {
                handshake.sni().is_some_and(|name| glob.is_match(&**name))
            })
    }

    /// Whether a handshake is to be shown of which another process has told.
    pub(crate) fn matches_told(&self, told: &Told<'_>) -> bool {
        let names = |globs: &[GlobMatcher], name: Option<&str>| {
            fits(globs, |glob| name.is_some_and(|name| glob.is_match(name)))
        };
        self.outcome_fits(told.outcome, told.is_failure)
            && fits(&self.causes, |cause| told.cause == Some(*cause))
            && fits(&self.client, |net| {
                told.clients.iter().flatten().any(|ip| net.contains(ip))
            })
            && fits(&self.server, |net| {
                told.server.is_some_and(|ip| net.contains(&ip))
            })
            && told.ends.iter().any(|(namespace, pod)| {
                names(&self.namespaces, *namespace) && names(&self.pods, *pod)
            })
            && names(&self.sni, told.sni)
    }

    /// Whether this revision is to be shown: it is of a failure, and whoever was shown what was said before should know.
    pub fn matches_revision(&self, revision: &Revision) -> bool {
        fits(&self.outcomes, |outcome| *outcome == Outcome::Failed)
            && fits(&self.causes, |cause| {
                [revision.cause, revision.was.cause].contains(cause)
            })
            && fits(&self.client, |net| {
                is_client_in(&revision.client, revision.proxy_protocol, net)
            })
            && fits(&self.server, |net| net.contains(&revision.server.address))
            && self.names_fit(&revision.client, &revision.server)
            && fits(&self.sni, |glob| {
                revision
                    .sni
                    .as_ref()
                    .is_some_and(|name| glob.is_match(&**name))
            })
    }

    /// Whether an end has the names that are asked for; only a live run in a cluster knows any.
    fn names_fit(&self, client: &Peer, server: &Peer) -> bool {
        let fit = |wanted: &[GlobMatcher], name: Option<&Arc<str>>| {
            fits(wanted, |glob| {
                name.is_some_and(|name| glob.is_match(&**name))
            })
        };
        [client, server].into_iter().any(|peer| {
            fit(&self.namespaces, peer.namespace.as_ref()) && fit(&self.pods, peer.pod.as_ref())
        })
    }

    /// Whether names are asked for.
    pub const fn asks_for_names(&self) -> bool {
        !self.namespaces.is_empty() || !self.pods.is_empty()
    }

    fn outcome_fits(&self, outcome: Outcome, is_failure: bool) -> bool {
        if self.outcomes.is_empty() {
            self.all || is_failure
        } else {
            self.outcomes.contains(&outcome)
        }
    }
}

/// What a filter looks at, of a handshake that is at hand as JSON only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// Whether that is a failure.
    pub(crate) is_failure: bool,
    /// Why.
    pub(crate) cause: Option<Cause>,
    /// Who opened the connection, and whom that speaks for.
    pub(crate) clients: [Option<IpAddr>; 2],
    /// Who was asked.
    pub(crate) server: Option<IpAddr>,
    /// Namespace and pod of each end.
    pub(crate) ends: [(Option<&'a str>, Option<&'a str>); 2],
    /// The name that the client asked for.
    pub(crate) sni: Option<&'a str>,
}

/// Who opened the connection, or whom it speaks for by its PROXY protocol header.
fn is_client_in(client: &Peer, proxy: Option<ProxyProtocol>, net: &IpNet) -> bool {
    let proxied = proxy.and_then(|header| header.client);
    net.contains(&client.address) || proxied.is_some_and(|client| net.contains(&client.address))
}

fn fits<T>(wanted: &[T], fit: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn failures_only_is_the_default() {
        let filter = Filter::default();
        assert!(filter.matches(&example::no_sni()));
        assert!(!filter.matches(&example::established()));
    }

    #[test]
    fn cleartext_on_a_tls_port_is_shown_only_when_its_protocol_was_recognised() {
        let filter = Filter::default();
        let mut handshake = example::plaintext();
        assert!(filter.matches(&handshake));
        handshake.cause = None;
        assert!(!filter.matches(&handshake));
    }

    #[test]
    fn all_widens_and_an_explicit_outcome_narrows_again() {
        let mut filter = Filter {
            all: true,
            ..Filter::default()
        };
        assert!(filter.matches(&example::established()));
        filter.outcomes = vec![Outcome::Established];
        assert!(filter.matches(&example::established()));
        assert!(!filter.matches(&example::no_sni()));
    }

    #[test]
    fn a_client_behind_a_proxy_is_found_by_its_own_address() {
        let filter = Filter {
            client: vec!["203.0.113.0/24".parse().unwrap()],
            ..Filter::default()
        };
        let mut handshake = example::no_sni();
        assert!(!filter.matches(&handshake));
        let client = crate::report::ProxiedPeer {
            address: "203.0.113.5".parse().unwrap(),
            port: 40_000,
        };
        handshake.proxy_protocol = Some(ProxyProtocol {
            version: 1,
            client: Some(client),
            server: None,
        });
        assert!(filter.matches(&handshake));
    }

    #[test]
    fn a_revision_is_shown_to_those_who_ask_for_what_was_said_before_or_is_said_now() {
        let revision = Event::Revision(Box::new(example::revision()));
        let asking_for = |cause| Filter {
            causes: vec![cause],
            ..Filter::default()
        };
        assert!(Filter::default().passes(&revision));
        assert!(asking_for(Cause::NoSniRejected).passes(&revision));
        assert!(asking_for(Cause::Unexplained).passes(&revision));
        assert!(!asking_for(Cause::UnknownSni).passes(&revision));
        let established = Filter {
            outcomes: vec![Outcome::Established],
            ..Filter::default()
        };
        assert!(!established.passes(&revision));
    }

    #[test]
    fn a_namespace_and_a_pod_are_looked_for_at_the_same_end() {
        let glob = |pattern| vec![globset::Glob::new(pattern).unwrap().compile_matcher()];
        let shown = |namespace, pod| {
            let filter = Filter {
                namespaces: glob(namespace),
                pods: glob(pod),
                ..Filter::default()
            };
            let mut handshake = example::no_sni();
            handshake.client.namespace = Some("shop".into());
            handshake.client.pod = Some("cart-0".into());
            assert!(filter.asks_for_names());
            filter.matches(&handshake)
        };
        assert!(shown("apigee", "*"));
        assert!(shown("shop", "cart-*"));
        assert!(shown("*", "ingressgateway-ext-*"));
        assert!(!shown("apigee", "cart-*"));
        assert!(!shown("other", "*"));
    }

    #[test]
    fn a_network_holds_its_own_family_only() {
        let filter = Filter {
            client: vec!["10.138.0.0/16".parse().unwrap()],
            ..Filter::default()
        };
        assert!(filter.matches(&example::no_sni()));
        let mut other = example::no_sni();
        other.client.address = "::ffff:10.138.0.28".parse().unwrap();
        assert!(!filter.matches(&other));
    }
}
