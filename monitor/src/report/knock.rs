//! What a connection was, where the outcome is `probe`: who only knocks, and how.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use schemars::JsonSchema;
use serde::Serialize;

use super::Outcome;
use crate::diagnosis::Case;
use crate::handshake::PATIENCE;
use crate::label::labelled;

labelled! {
    /// How somebody knocked.
    pub enum KnockKind {
        /// From an address that a load balancer's health checks come from.
        HealthCheck = "health_check",
        /// SYN, SYN/ACK, RST: the client never completed the TCP handshake, as a port scan does.
        HalfOpen = "half_open",
        /// The connection was opened and ended within a second.
        ConnectAndClose = "connect_and_close",
        /// It stood for longer, and the client never said a word.
        Idle = "idle",
        /// A question of `tlsmon probe`, by the mark in its hello.
        TlsmonProbe = "tlsmon_probe",
    }
}

/// A connection without a ClientHello, or with one that only asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Knock {
    /// How somebody knocked.
    pub kind: KnockKind,
    /// Whose health check it is; null when the address does not tell.
    pub source: Option<&'static str>,
}

/// Where health checks come from, as the clouds document it. Google's front ends carry real clients from the same ranges, so
/// an address alone says nothing of a connection that speaks.
const CHECKERS: [(&str, IpNet); 8] = [
    (GOOGLE, v4([35, 191, 0, 0], 16)),
    (GOOGLE, v4([130, 211, 0, 0], 22)),
    (GOOGLE, v4([209, 85, 152, 0], 22)),
    (GOOGLE, v4([209, 85, 204, 0], 22)),
    (GOOGLE, v6([0x2600, 0x2d00, 1, 0xb029], 64)),
    (GOOGLE, v6([0x2600, 0x2d00, 1, 1], 64)),
    (GOOGLE, v6([0x2600, 0x1901, 0x8001, 0], 48)),
    ("Azure", v4([168, 63, 129, 16], 32)),
];

const GOOGLE: &str = "Google Cloud";

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix))
}

const fn v6([a, b, c, d]: [u16; 4], prefix: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(
        Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0),
        prefix,
    ))
}

/// Whose health checks come from this address.
pub fn checker(address: IpAddr) -> Option<&'static str> {
    let found = CHECKERS.iter().find(|(_, range)| range.contains(&address));
    found.map(|(source, _)| *source)
}

impl Knock {
    /// What a decided conversation was, if its outcome is `probe`.
    pub(super) fn of(case: &Case<'_>) -> Option<Self> {
        if case.decision.outcome != Outcome::Probe {
            return None;
        }
        let tcp = case.talk.carrier.tcp();
        let source = checker(case.talk.endpoints.client.address);
        let kind = match () {
            () if case.talk.is_asked_by_tlsmon() => KnockKind::TlsmonProbe,
            () if source.is_some() => KnockKind::HealthCheck,
            () if tcp.is_some_and(|tcp| tcp.connected.is_none()) => KnockKind::HalfOpen,
            () if case.delay() < PATIENCE => KnockKind::ConnectAndClose,
            () => KnockKind::Idle,
        };
        Some(Self { kind, source })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("35.191.0.1", Some("Google Cloud"))]
    #[case("35.191.255.255", Some("Google Cloud"))]
    #[case("35.192.0.0", None)]
    #[case("130.211.3.255", Some("Google Cloud"))]
    #[case("130.211.4.0", None)]
    #[case("209.85.155.1", Some("Google Cloud"))]
    #[case("209.85.207.1", Some("Google Cloud"))]
    #[case("209.85.208.1", None)]
    #[case("2600:2d00:1:b029::1", Some("Google Cloud"))]
    #[case("2600:2d00:1:1::1", Some("Google Cloud"))]
    #[case("2600:2d00:1:2::1", None)]
    #[case("2600:1901:8001:ffff::1", Some("Google Cloud"))]
    #[case("2600:1901:8002::1", None)]
    #[case("168.63.129.16", Some("Azure"))]
    #[case("168.63.129.17", None)]
    #[case("10.0.0.1", None)]
    fn a_health_checker_is_known_by_its_range(
        #[case] address: IpAddr,
        #[case] source: Option<&str>,
    ) {
        assert_eq!(checker(address), source);
    }
}
