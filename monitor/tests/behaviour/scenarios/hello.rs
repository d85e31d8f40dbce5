//! The hellos of both sides: what they offer and what they choose.

use monitor::tls::ClientHello;

use super::bytes::{extension, length8, numbers, vec16};
use super::message::{AES_256_GCM_SHA384, Speech, TLS13};
use super::parse::{Result, number, value_of};

const TLS12: u16 = 0x0303;
const ECDHE_ECDSA_AES128_GCM_SHA256: u16 = 0xc02b;
const ECDHE_RSA_AES128_GCM_SHA256: u16 = 0xc02f;
const X25519: u16 = 29;
const X25519_MLKEM768: u16 = 4588;
/// The extension that is nothing but long: real hellos of post-quantum size have more in them than ours.
const PADDING: u16 = 21;

/// The random of a HelloRetryRequest (RFC 8446 section 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

impl Speech {
    /// `[sni NAME|without sni] [tls1.2] [versions 1.3,1.2] [suites N,…] [groups N,…] [alpn P,…] [pq] [ech] [ech-key N] [asking]`
    pub(super) fn client_hello(&mut self, words: &[&str]) -> Result<Vec<u8>> {
        let mut versions = vec![TLS13, TLS12];
        let mut suites = vec![
            AES_256_GCM_SHA384,
            0x1301,
            ECDHE_ECDSA_AES128_GCM_SHA256,
            ECDHE_RSA_AES128_GCM_SHA256,
        ];
        let mut groups = vec![X25519, 23, 24];
        let mut extensions: Vec<Vec<u8>> = vec![extension(13, &vec16(&[8, 4, 4, 3, 8, 5, 5, 3]))];
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || value_of(word, &mut words);
            match *word {
                "sni" => extensions.insert(0, server_name(value()?)),
                "without" if value()? == "sni" => {}
                "versions" => versions = list(value()?, version)?,
                "suites" => suites = list(value()?, code)?,
                "groups" => groups = list(value()?, code)?,
                "alpn" => extensions.push(extension(16, &vec16(&protocols(value()?)))),
                "pq" => {
                    groups.insert(0, X25519_MLKEM768);
                    extensions.push(extension(PADDING, &[0; 128]));
                }
                "asking" => self.randoms.client[..12].copy_from_slice(ClientHello::PROBE),
                "ech" => extensions.push(extension(0xfe0d, &outer_ech(1))),
                "ech-key" => extensions.push(extension(0xfe0d, &outer_ech(key(value()?)?))),
                word => versions = vec![version(word.trim_start_matches("tls"))?],
            }
        }
        extensions.push(extension(10, &vec16(&numbers(&groups))));
        if versions.contains(&TLS13) {
            let offered = numbers(&versions);
            extensions.push(extension(
                43,
                &[&[length8(&offered)], &offered[..]].concat(),
            ));
            extensions.push(extension(51, &vec16(&key_share(groups[0]))));
        }
        let legacy = versions.iter().copied().max().unwrap_or(TLS12).min(TLS12);
        let head = [&legacy.to_be_bytes()[..], &self.randoms.client, &[0]].concat();
        Ok([
            head,
            vec16(&numbers(&suites)),
            vec![1, 0],
            vec16(&extensions.concat()),
        ]
        .concat())
    }

    /// `[tls1.2] [suite N] [alpn P] [retry]`
    pub(super) fn server_hello(&mut self, words: &[&str]) -> Result<Vec<u8>> {
        (self.version, self.suite) = (TLS13, AES_256_GCM_SHA384);
        let mut random = self.randoms.server;
        let (mut suite, mut extensions) = (None, Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || value_of(word, &mut words);
            match *word {
                "suite" => suite = Some(code(value()?)?),
                "alpn" => extensions.push(extension(16, &vec16(&protocols(value()?)))),
                "retry" => random = RETRY,
                word => self.version = version(word.trim_start_matches("tls"))?,
            }
        }
        if self.version == TLS13 {
            extensions.push(extension(43, &TLS13.to_be_bytes()));
            let share = key_share(X25519);
            extensions.push(extension(
                51,
                if random == RETRY { &share[..2] } else { &share },
            ));
        } else {
            self.suite = ECDHE_ECDSA_AES128_GCM_SHA256;
        }
        self.suite = suite.unwrap_or(self.suite);
        let legacy = self.version.min(TLS12).to_be_bytes();
        let head = [&legacy[..], &random, &[0], &self.suite.to_be_bytes(), &[0]].concat();
        Ok([head, vec16(&extensions.concat())].concat())
    }
}

fn server_name(name: &str) -> Vec<u8> {
    let entry = [&[0][..], &vec16(name.as_bytes())].concat();
    extension(0, &vec16(&entry))
}

fn key_share(group: u16) -> Vec<u8> {
    let length = if group == X25519_MLKEM768 { 1216 } else { 32 };
    [&group.to_be_bytes()[..], &vec16(&vec![7; length])].concat()
}

fn protocols(list: &str) -> Vec<u8> {
    let one = |protocol: &str| [&[length8(protocol.as_bytes())], protocol.as_bytes()].concat();
    list.split(',').flat_map(one).collect()
}

/// The number of a configuration.
fn key(text: &str) -> Result<u8> {
    text.parse().map_err(|_why| format!("no number: {text}"))
}

/// An outer hello: HKDF-SHA256, AES-128-GCM, and the number of the configuration.
fn outer_ech(key: u8) -> Vec<u8> {
    [
        &[0, 0, 1, 0, 1, key][..],
        &vec16(&[7; 32]),
        &vec16(&[7; 160]),
    ]
    .concat()
}

fn list<T>(text: &str, one: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    text.split(',').map(one).collect()
}

/// A code point, hexadecimal or decimal.
fn code(text: &str) -> Result<u16> {
    let hex = text
        .strip_prefix("0x")
        .map(|digits| u16::from_str_radix(digits, 16));
    hex.map_or_else(
        || number(text),
        |code| code.map_err(|error| format!("{text:?}: {error}")),
    )
}

fn version(text: &str) -> Result<u16> {
    match text {
        "1.3" => Ok(TLS13),
        "1.2" => Ok(TLS12),
        "1.1" => Ok(0x0302),
        "1.0" => Ok(0x0301),
        _ => Err(format!("{text:?} means nothing in a hello")),
    }
}
