//! The words that labels may take.

use std::borrow::Cow;
use std::sync::Arc;

use crate::report::{
    AlertReport, Cause, ClientHelloReport, EndedBy, EndedHow, HandshakeDirection, Missing, Stage,
};
use crate::sink::escape::escape;
use crate::tls::{Version, names};

/// Whatever has no label of its own.
pub(super) const OTHER: &str = "other";
/// What was sent encrypted.
pub(super) const ENCRYPTED: &str = "encrypted";
/// What the peer did not send.
pub(super) const NONE: &str = "none";

/// Bytes that a label value from the wire may have: a DNS name has at most 253.
const VALUE_LIMIT: usize = 255;
const OVER_LONG: &str = "(over 255 bytes)";

/// Losses that are known beforehand, so that their counters begin at zero: where, and why.
pub(super) const LOSSES: &[(&str, &str)] = &[
    ("kernel", "ring_full"),
    ("kernel", "snap"),
    ("kernel", "table_full"),
    ("kernel", "fragment"),
    ("kernel", "unsampled"),
    ("kernel", "unreadable"),
    ("wire", "truncated"),
    ("wire", "malformed"),
    ("wire", "fragment"),
    ("pipeline", "table_full"),
    ("pipeline", "buffer_full"),
    ("pipeline", "overlay_full"),
    ("baseline", "table_full"),
    ("baseline", "names_full"),
    ("verdicts", "window_full"),
    ("diagnosis", "signature_unchecked"),
    ("names", "hold_full"),
    ("names", "no_answer"),
    ("names", "directory_full"),
    ("names", "past_full"),
    ("log", "slow_reader"),
    ("proof", "overwritten"),
    ("proof", "store_full"),
    ("proof", "too_many"),
    ("stream", "slow_reader"),
    ("stream", "behind"),
    ("stream", "forgotten"),
];

/// Which bound made a handshake count under `other`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Overflow {
    /// More endpoints than have labels of their own.
    Endpoint,
    /// More kinds of failure at one endpoint than have series of their own.
    Failure,
    /// More combinations of version, cipher suite and group at one endpoint than have series of their own.
    Negotiated,
    /// More names of certificates at one endpoint than have series of their own.
    Certificate,
}

impl Overflow {
    pub(super) const ALL: [Self; 4] = [
        Self::Endpoint,
        Self::Failure,
        Self::Negotiated,
        Self::Certificate,
    ];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Failure => "failure",
            Self::Negotiated => "negotiated",
            Self::Certificate => "certificate",
        }
    }
}

/// How a handshake failed: what `tlsmon_handshake_failures_total` tells apart at one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FailureKey {
    pub direction: HandshakeDirection,
    pub cause: Cause,
    pub stage: Stage,
    pub ended_by: EndedBy,
    pub ended_how: EndedHow,
}

/// What was negotiated, as `tlsmon_negotiated_total` tells it apart at one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NegotiatedKey {
    pub version: &'static str,
    pub cipher_suite: u16,
    pub group: Option<u16>,
}

/// What was seen of the server name. A client that offers Encrypted Client Hello, or pretends to, counts as `ech`: the
/// name in the clear may then be a cover.
pub(super) fn sni(hello: &ClientHelloReport) -> &'static str {
    match (&hello.sni, hello.sni_absent) {
        _ if hello.sent.ech => "ech",
        (Some(_), _) => "present",
        (None, None | Some(Missing::NotSent)) => "absent",
        (None, Some(_)) => "unseen",
    }
}

/// A protocol version.
pub(super) const fn version(version: Version) -> &'static str {
    match version {
        Version::SSL2_0 => "SSL2.0",
        Version::SSL3_0 => "SSL3.0",
        Version::TLS1_0 => "TLS1.0",
        Version::TLS1_1 => "TLS1.1",
        Version::TLS1_2 => "TLS1.2",
        Version::TLS1_3 => "TLS1.3",
        _ => OTHER,
    }
}

/// The name of a group (IANA TLS Supported Groups).
pub(super) fn group(code: Option<u16>) -> &'static str {
    code.map_or(NONE, |code| names::group(code).unwrap_or(OTHER))
}

/// The level of an alert (RFC 8446 section 6).
pub(super) fn alert_level(encrypted: bool, level: Option<&str>) -> &'static str {
    match level {
        _ if encrypted => ENCRYPTED,
        Some("warning") => "warning",
        Some("fatal") => "fatal",
        _ => OTHER,
    }
}

/// The name of an alert. By its contract the report's description is a function of a byte, so there are few.
pub(super) fn alert_description(alert: &AlertReport) -> Cow<'_, str> {
    match &alert.description {
        _ if alert.encrypted => ENCRYPTED.into(),
        Some(name) => escape(name),
        None => OTHER.into(),
    }
}

/// A value from the wire, for a series in a bounded set: escaped, and not too long to keep.
pub(super) fn value(text: &Arc<str>) -> Arc<str> {
    match escape(text) {
        escaped if escaped.len() > VALUE_LIMIT => OVER_LONG.into(),
        Cow::Borrowed(_) => Arc::clone(text),
        Cow::Owned(escaped) => escaped.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_from_the_wire_is_short_and_printable() {
        assert_eq!(&*value(&"a\nb".into()), r"a\nb");
        assert_eq!(&*value(&"x".repeat(10_000).into()), OVER_LONG);
    }

    #[test]
    fn words_outside_the_set_are_other() {
        assert_eq!(version(Version::TLS1_3), "TLS1.3");
        assert_eq!(version(Version(0x0909)), OTHER);
        assert_eq!(group(Some(0x0a0a)), OTHER);
        assert_eq!(group(None), NONE);
    }
}
