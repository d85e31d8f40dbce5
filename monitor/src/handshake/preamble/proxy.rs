//! The PROXY protocol, versions 1 and 2 (HAProxy, doc/proxy-protocol.txt): a proxy says in front of all else for whom it speaks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::unit::Guess;
use crate::flow::Endpoint;

const WORD: &[u8] = b"PROXY ";
/// The longest header of version 1, its line end included.
const MAX_TEXT: usize = 107;
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const FIXED: usize = 16;

/// What a PROXY protocol header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyHeader {
    /// 1 (text) or 2 (binary).
    pub version: u8,
    /// Whom the proxy speaks for, and whom that asked; none in a health check of the proxy's own.
    pub ends: Option<(Endpoint, Endpoint)>,
}

/// What the first bytes of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The header's end, or the addresses in it, have not come yet.
    More,
    /// A header of this length, of which some may be still to come.
    Header { len: usize, header: ProxyHeader },
    /// Something else.
    Other,
}

/// Reads a header of either version.
pub(super) fn read(first: &[u8]) -> Read {
    // The words are matched as they are: the specification has them in this case only.
    match (
        Guess::word(first, WORD),
        Guess::word(first, SIGNATURE),
        first.first(),
    ) {
        (Guess::Yes, _, Some(b'P')) => text(first),
        (_, Guess::Yes, _) => binary(first),
        (Guess::More, _, Some(b'P') | None) | (_, Guess::More, _) => Read::More,
        _ => Read::Other,
    }
}

/// `PROXY TCP4 192.0.2.1 198.51.100.7 40000 443`, or `PROXY UNKNOWN` and anything.
fn text(first: &[u8]) -> Read {
    let Some(end) = first.iter().take(MAX_TEXT).position(|byte| *byte == b'\n') else {
        return if first.len() < MAX_TEXT {
            Read::More
        } else {
            Read::Other
        };
    };
    let line = first.get(WORD.len()..end).unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else {
        return Read::Other;
    };
    let mut fields = line.trim_end().split(' ');
    let ends = match fields.next() {
        Some("UNKNOWN") => None,
        Some("TCP4" | "TCP6") => match ends_in_text(&mut fields) {
            None => return Read::Other,
            ends => ends,
        },
        _ => return Read::Other,
    };
    let header = ProxyHeader { version: 1, ends };
    Read::Header {
        len: end + 1,
        header,
    }
}

fn ends_in_text<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<(Endpoint, Endpoint)> {
    let mut address = || fields.next()?.parse::<IpAddr>().ok();
    let (source, destination) = (address()?, address()?);
    let mut port = || fields.next()?.parse::<u16>().ok();
    let (from, to) = (port()?, port()?);
    Some((endpoint(source, from), endpoint(destination, to)))
}

/// Section 2.2: two nibbles of version and command, two of family and protocol, a length, addresses, and more that is
/// stepped over.
fn binary(first: &[u8]) -> Read {
    let Some(fixed) = first.first_chunk::<FIXED>() else {
        return Read::More;
    };
    let [.., command, family, high, low] = *fixed;
    let body = usize::from(u16::from_be_bytes([high, low]));
    let wanted = match (command, family >> 4) {
        (0x21, 1) => 12,
        (0x21, 2) => 36,
        (0x20 | 0x21, _) => 0,
        _ => return Read::Other,
    };
    let addresses = first.get(FIXED..).unwrap_or_default();
    let ends = match wanted {
        0 => None,
        wanted if body < wanted => return Read::Other,
        wanted if addresses.len() < wanted => return Read::More,
        12 => ends_v4(addresses),
        _ => ends_v6(addresses),
    };
    let header = ProxyHeader { version: 2, ends };
    Read::Header {
        len: FIXED + body,
        header,
    }
}

fn ends_v4(bytes: &[u8]) -> Option<(Endpoint, Endpoint)> {
    let address = |at| Some(IpAddr::V4(Ipv4Addr::from(array::<4>(bytes, at)?)));
    let port = |at| array(bytes, at).map(u16::from_be_bytes);
    Some((
        endpoint(address(0)?, port(8)?),
        endpoint(address(4)?, port(10)?),
    ))
}

fn ends_v6(bytes: &[u8]) -> Option<(Endpoint, Endpoint)> {
    let address = |at| Some(IpAddr::V6(Ipv6Addr::from(array::<16>(bytes, at)?)));
    let port = |at| array(bytes, at).map(u16::from_be_bytes);
    Some((
        endpoint(address(0)?, port(32)?),
        endpoint(address(16)?, port(34)?),
    ))
}

const fn endpoint(address: IpAddr, port: u16) -> Endpoint {
    Endpoint { address, port }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
