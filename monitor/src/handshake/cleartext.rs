//! What a stream that is not TLS speaks, told by its first bytes.

use std::fmt;

/// How many of a stream's first bytes are kept.
const KEPT: usize = 24;

/// The first bytes of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstBytes {
    bytes: [u8; KEPT],
    len: u8,
}

impl FirstBytes {
    /// Takes stream bytes in order, and keeps the first of them.
    pub fn push(&mut self, bytes: &[u8]) {
        let free = self
            .bytes
            .get_mut(usize::from(self.len)..)
            .unwrap_or_default();
        let count = free.len().min(bytes.len());
        for (slot, byte) in free.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        self.len += u8::try_from(count).unwrap_or(0);
    }

    /// The bytes kept so far.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether more bytes would tell no more: the protocol is known, or will not be.
    pub fn is_settled(&self) -> bool {
        usize::from(self.len) == KEPT || self.protocol().is_some()
    }

    /// Whether they begin a TLS handshake record (RFC 8446 section 5.1).
    pub fn is_handshake_record(&self) -> bool {
        matches!(self.as_slice(), [22, 3, 0..=4, ..])
    }

    /// The protocol that begins like this.
    pub fn protocol(&self) -> Option<Cleartext> {
        Cleartext::recognise(self.as_slice())
    }
}

/// A protocol that is not TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleartext {
    /// HTTP/1 (RFC 9112) or the preface of HTTP/2 (RFC 9113 section 3.4).
    Http,
    /// The greeting of a mail or file server: SMTP, FTP, POP3, IMAP.
    Greeting,
    /// HAProxy's PROXY protocol, version 1 or 2: a header that may precede TLS.
    Proxy,
    /// PostgreSQL's start-up or SSLRequest message.
    PostgreSql,
    /// SSH (RFC 4253 section 4.2).
    Ssh,
}

impl Cleartext {
    /// The protocol whose first bytes these are.
    pub fn recognise(first: &[u8]) -> Option<Self> {
        const HTTP: &[&[u8]] = &[
            b"GET ",
            b"POST ",
            b"PUT ",
            b"HEAD ",
            b"DELETE ",
            b"OPTIONS ",
            b"PATCH ",
            b"CONNECT ",
            b"TRACE ",
            b"PRI * HTTP/2",
            b"HTTP/1.",
        ];
        const GREETING: &[&[u8]] = &[b"220 ", b"220-", b"+OK", b"* OK", b"EHLO ", b"HELO "];
        let begins = |words: &[&[u8]]| words.iter().any(|word| first.starts_with(word));
        match first {
            _ if begins(HTTP) => Some(Self::Http),
            _ if begins(&[b"SSH-"]) => Some(Self::Ssh),
            _ if begins(GREETING) => Some(Self::Greeting),
            _ if begins(&[b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"]) => Some(Self::Proxy),
            [0, 0, _, _, 0, 3, 0, _, ..] | [0, 0, 0, 8, 4, 210, 22, 47, ..] => {
                Some(Self::PostgreSql)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Cleartext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "HTTP",
            Self::Greeting => "a mail or file transfer greeting",
            Self::Proxy => "the PROXY protocol",
            Self::PostgreSql => "PostgreSQL",
            Self::Ssh => "SSH",
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::http(b"GET / HTTP/1.1\r\n", Some(Cleartext::Http))]
    #[case::http_answer(b"HTTP/1.1 400 Bad Request", Some(Cleartext::Http))]
    #[case::ssh(b"SSH-2.0-OpenSSH_9.2", Some(Cleartext::Ssh))]
    #[case::smtp(b"220 mail.example ESMTP", Some(Cleartext::Greeting))]
    #[case::proxy_v1(b"PROXY TCP4 192.0.2.1", Some(Cleartext::Proxy))]
    #[case::proxy_v2(b"\r\n\r\n\0\r\nQUIT\n\x21\x11", Some(Cleartext::Proxy))]
    #[case::postgresql(b"\0\0\0\x08\x04\xd2\x16\x2f", Some(Cleartext::PostgreSql))]
    #[case::word_that_only_begins_alike(b"GETTING", None)]
    #[case::random(b"\x91\x05\xfe\x99", None)]
    fn first_bytes_tell_the_protocol(#[case] first: &[u8], #[case] protocol: Option<Cleartext>) {
        assert_eq!(Cleartext::recognise(first), protocol);
    }

    #[test]
    fn first_bytes_are_the_same_however_they_arrive() {
        let text = b"GET /a/long/path HTTP/1.1\r\nHost: example\r\n";
        let mut whole = FirstBytes::default();
        whole.push(text);
        let mut single = FirstBytes::default();
        for byte in text {
            single.push(&[*byte]);
        }
        assert_eq!(whole, single);
    }
}
