//! What each cause means, how it looks on the wire, and what to do: its page in `docs/causes`, which `next` and
//! `tlsmon explain` take their words from.

use crate::report::Cause;

/// What a person needs to know about a cause: its page, in Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guide {
    page: &'static str,
    meaning: &'static str,
    next: &'static str,
}

/// What to do next about a failure of this cause.
pub const fn next_step(cause: Cause) -> &'static str {
    guide(cause).next()
}

impl Guide {
    /// All causes by family, a sentence each.
    pub const OVERVIEW: &str = include_str!("../../../docs/causes/README.md");

    /// The headings of every page, in order. Above the first stand the title, the meaning and the next step.
    pub const HEADINGS: [&str; 5] = [
        "On the wire",
        "What is behind it",
        "How to confirm it",
        "How to fix it",
        "What it is not",
    ];

    /// The whole page.
    pub const fn page(self) -> &'static str {
        self.page
    }

    /// What the cause means.
    pub const fn meaning(self) -> &'static str {
        self.meaning
    }

    /// The same in one sentence: the first line.
    pub fn summary(self) -> &'static str {
        self.meaning().lines().next().unwrap_or_default()
    }

    /// What to do next.
    pub const fn next(self) -> &'static str {
        self.next
    }

    /// The meaning stands between the title and the mark of the next step. Pages are read when this is compiled.
    const fn read(page: &'static str) -> Self {
        let (_title, body) = split(page, "\n");
        let (meaning, behind) = split(body, "**Next:**");
        let (next, _rest) = split(behind, "\n");
        Self {
            page,
            meaning: meaning.trim_ascii(),
            next: next.trim_ascii(),
        }
    }
}

/// What stands before a mark and what behind it; nothing is behind one that is not there.
const fn split(text: &'static str, mark: &str) -> (&'static str, &'static str) {
    let mut rest = text.as_bytes();
    while !begins(rest, mark.as_bytes()) {
        let [_, tail @ ..] = rest else {
            return (text, "");
        };
        rest = tail;
    }
    let (before, at_mark) = text.split_at(text.len() - rest.len());
    let (_, behind) = at_mark.split_at(mark.len());
    (before, behind)
}

const fn begins(text: &[u8], with: &[u8]) -> bool {
    match (text, with) {
        (_, []) => true,
        ([one, text @ ..], [other, with @ ..]) => *one == *other && begins(text, with),
        ([], _) => false,
    }
}

/// Declares which page belongs to which cause. A cause without one does not compile.
macro_rules! pages {
    ($($cause:ident $page:literal,)+) => {
        /// The guide to this cause.
        pub const fn guide(cause: Cause) -> Guide {
            match cause {
                $(Cause::$cause => const {
                    Guide::read(include_str!(concat!("../../../docs/causes/", $page, ".md")))
                },)+
            }
        }
    };
}

pages! {
    NoSniRejected "no-sni-rejected",
    UnknownSni "unknown-sni",
    EndpointWithoutCertificate "endpoint-without-certificate",
    ProtocolVersionMismatch "protocol-version-mismatch",
    CipherMismatch "cipher-mismatch",
    AlpnMismatch "alpn-mismatch",
    CertificateExpired "certificate-expired",
    CertificateNotYetValid "certificate-not-yet-valid",
    CertificateUntrusted "certificate-untrusted",
    CertificateHostnameMismatch "certificate-hostname-mismatch",
    CertificateChainIncomplete "certificate-chain-incomplete",
    CertificateRejected "certificate-rejected",
    ClientCertificateMissing "client-certificate-missing",
    ClientCertificateRejected "client-certificate-rejected",
    ServerKeyMismatch "server-key-mismatch",
    PathMtuBlackhole "path-mtu-blackhole",
    ServerSilent "server-silent",
    ConnectionRefused "connection-refused",
    ConnectionTimeout "connection-timeout",
    ClientAbandoned "client-abandoned",
    ResetInTransit "reset-in-transit",
    PlaintextOnTlsPort "plaintext-on-tls-port",
    TlsOnPlaintextServer "tls-on-plaintext-server",
    ServerInternalError "server-internal-error",
    MalformedMessage "malformed-message",
    EchRejected "ech-rejected",
    Unexplained "unexplained",
}

#[cfg(test)]
mod tests;
