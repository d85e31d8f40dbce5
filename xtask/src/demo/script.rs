//! What the clients do in the demo, and what tlsmon must say about it.

use anyhow::Result;

use crate::lab::{Attempt, Curl, Network, Pki, SClient};

/// The name that Envoy serves.
pub(super) const SHOP: &str = "shop.example";
/// A name that it does not.
const OLD: &str = "old.shop.example";

/// What tlsmon must make of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A handshake that completed, and no word about it.
    Established,
    /// A failure with this cause.
    Failed(&'static str),
}

impl Expected {
    /// The word that tlsmon uses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Failed(cause) => cause,
        }
    }

    /// What the client had done.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Established => "handshakes with the right server name",
            Self::Failed("no-sni-rejected") => "attempts without a server name",
            Self::Failed(_) => "attempts with a name that Envoy does not know",
        }
    }
}

/// The client of an act.
enum Client {
    Curl(&'static str, &'static [&'static str]),
    CurlToAddress(&'static [&'static str]),
    OpenSsl(&'static [&'static str]),
}

/// One connection.
pub(super) struct Act {
    pub(super) what: &'static str,
    pub(super) expected: Expected,
    client: Client,
}

const GOOD: Expected = Expected::Established;
const NO_SNI: Expected = Expected::Failed("no-sni-rejected");
const UNKNOWN: Expected = Expected::Failed("unknown-sni");

/// Good and bad, mixed as on a real ingress.
pub(super) const SCRIPT: [Act; 12] = [
    act("a good client", GOOD, Client::Curl(SHOP, &[])),
    act(
        "another, with OpenSSL",
        GOOD,
        Client::OpenSsl(&["-servername", SHOP]),
    ),
    act(
        "no server name: the address is typed in place of the name",
        NO_SNI,
        Client::CurlToAddress(&[]),
    ),
    act(
        "a good client, TLS 1.2",
        GOOD,
        Client::Curl(SHOP, &["--tls-max", "1.2"]),
    ),
    act(
        "no server name: an old library",
        NO_SNI,
        Client::OpenSsl(&["-noservername"]),
    ),
    act("a name that moved away", UNKNOWN, Client::Curl(OLD, &[])),
    act(
        "a good client, HTTP/1.1",
        GOOD,
        Client::Curl(SHOP, &["--http1.1"]),
    ),
    act(
        "no server name, TLS 1.2",
        NO_SNI,
        Client::OpenSsl(&["-noservername", "-tls1_2"]),
    ),
    act(
        "a name that moved away, with OpenSSL",
        UNKNOWN,
        Client::OpenSsl(&["-servername", OLD]),
    ),
    act(
        "a good client, with OpenSSL, TLS 1.2",
        GOOD,
        Client::OpenSsl(&["-servername", SHOP, "-tls1_2"]),
    ),
    act(
        "no server name once more",
        NO_SNI,
        Client::CurlToAddress(&["--http1.1"]),
    ),
    act("and a good one to end with", GOOD, Client::Curl(SHOP, &[])),
];

const fn act(what: &'static str, expected: Expected, client: Client) -> Act {
    Act {
        what,
        expected,
        client,
    }
}

impl Act {
    /// Does it.
    pub(super) fn play(&self, network: &Network, pki: &Pki) -> Result<Attempt> {
        match &self.client {
            Client::Curl(name, arguments) => Curl::to(name).with(arguments).run(network, pki),
            Client::CurlToAddress(arguments) => {
                Curl::to_address().with(arguments).run(network, pki)
            }
            Client::OpenSsl(arguments) => SClient::with(arguments).run(network, pki),
        }
    }
}
