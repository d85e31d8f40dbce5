//! Whom to ask: `HOST`, `HOST:PORT`, an address of either family, and the name that goes with it.

use std::net::{IpAddr, Ipv6Addr};

/// The port of HTTPS.
const PORT: u16 = 443;
/// The longest name that fits into DNS.
const LONGEST: usize = 253;

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name or an address.
    pub host: String,
    /// The port, where one is said.
    pub port: Option<u16>,
}

/// Why a text does not say whom to ask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is a URL.
    #[error("is a URL; give HOST or HOST:PORT")]
    Url,
    /// Its port is none.
    #[error("has no port from 1 to 65535 behind its colon")]
    Port,
    /// Its name is none.
    #[error(
        "is no host name: letters, digits, hyphens and dots, at most 253 bytes; write others as A-labels (xn--...)"
    )]
    Name,
}

impl Target {
    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(PORT)
    }

    /// The address, where the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The name to ask for: an address is none (RFC 6066 section 3), and a dot at the end does not belong to it.
    pub fn name(&self) -> Option<&str> {
        let name = self.host.strip_suffix('.').unwrap_or(&self.host);
        self.address().is_none().then_some(name)
    }
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if text.contains('/') {
            return Err(TargetError::Url);
        }
        let (host, port) = split(text).ok_or(TargetError::Port)?;
        let target = Self {
            host: host.to_owned(),
            port,
        };
        match target.address() {
            Some(_) => Ok(target),
            None => host_name(host).map(|_| target),
        }
    }
}

/// Splits off the port. `None` when what stands there is none.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some((host, behind)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return match behind {
            "" => Some((host, None)),
            _ => Some((host, Some(port(behind.strip_prefix(':')?)?))),
        };
    }
    match text.rsplit_once(':') {
        Some(_) if text.parse::<Ipv6Addr>().is_ok() => Some((text, None)),
        Some((host, behind)) => Some((host, Some(port(behind)?))),
        None => Some((text, None)),
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

/// Checks a name that is to be asked for.
pub fn host_name(text: &str) -> Result<String, TargetError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
    fits.then(|| text.to_owned()).ok_or(TargetError::Name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::name("shop.example", "shop.example", 443, Some("shop.example"))]
    #[case::port("shop.example:8443", "shop.example", 8443, Some("shop.example"))]
    #[case::absolute("shop.example.", "shop.example.", 443, Some("shop.example"))]
    #[case::ipv4("192.0.2.1:8443", "192.0.2.1", 8443, None)]
    #[case::ipv6("2001:db8::1", "2001:db8::1", 443, None)]
    #[case::ipv6_in_brackets("[2001:db8::1]", "2001:db8::1", 443, None)]
    #[case::ipv6_and_port("[2001:db8::1]:8443", "2001:db8::1", 8443, None)]
    fn a_target_is(
        #[case] text: &str,
        #[case] host: &str,
        #[case] port: u16,
        #[case] name: Option<&str>,
    ) {
        let target: Target = text.parse().unwrap();
        assert_eq!((target.host.as_str(), target.port()), (host, port));
        assert_eq!(target.name(), name);
    }

    #[rstest]
    #[case::url("https://shop.example/", TargetError::Url)]
    #[case::no_port("shop.example:", TargetError::Port)]
    #[case::zero("shop.example:0", TargetError::Port)]
    #[case::too_large("shop.example:65536", TargetError::Port)]
    #[case::behind_brackets("[2001:db8::1]8443", TargetError::Port)]
    #[case::empty("", TargetError::Name)]
    #[case::no_host(":443", TargetError::Name)]
    #[case::not_ascii("b\u{fc}cher.example", TargetError::Name)]
    #[case::terminal_commands("a\u{1b}[2J", TargetError::Name)]
    fn what_is_no_target_is_told(#[case] text: &str, #[case] error: TargetError) {
        assert_eq!(text.parse::<Target>(), Err(error));
    }
}
