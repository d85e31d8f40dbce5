//! What client and server say, as bytes: `hello sni shop.example`, `alert fatal unknown_ca`, `records 23 506 96 69`.

use monitor::flow::{Side, Sides};
use monitor::tls::names;
use rcgen::{KeyPair, SigningKey};

use crate::bytes::{
    ALERT, CCS, DATA, HANDSHAKE, extension, length8, message, numbers, record, records, vec16,
};
use crate::certificate;
use crate::parse::{Result, number};

const TLS13: u16 = 0x0304;
const TLS12: u16 = 0x0303;
const AES_256_GCM_SHA384: u16 = 0x1302;
const ECDHE_ECDSA_AES128_GCM_SHA256: u16 = 0xc02b;
const ECDHE_RSA_AES128_GCM_SHA256: u16 = 0xc02f;
const ECDSA_SECP256R1_SHA256: u16 = 0x0403;
const X25519: u16 = 29;
const X25519_MLKEM768: u16 = 4588;
/// The extension that is nothing but long: real hellos of post-quantum size have more in them than ours.
const PADDING: u16 = 21;

/// The language of one connection: what it says may depend on what was said before.
pub(crate) struct Speech {
    /// What the client and the server choose at random.
    randoms: Sides<[u8; 32]>,
    /// The key of the server's certificate.
    key: Option<KeyPair>,
    /// The version that the server chose.
    version: u16,
    suite: u16,
}

impl Speech {
    pub(crate) fn of(nonce: u16) -> Self {
        Self {
            randoms: Sides {
                client: random(nonce),
                server: random(!nonce),
            },
            key: None,
            version: TLS13,
            suite: AES_256_GCM_SHA384,
        }
    }

    /// What one side says at once: messages with ` + ` between them.
    pub(crate) fn bytes(&mut self, side: Side, text: &str) -> Result<Vec<u8>> {
        let parts: Result<Vec<_>> = text
            .split(" + ")
            .map(|part| self.part(side, part.trim()))
            .collect();
        Ok(parts?.concat())
    }

    fn part(&mut self, side: Side, part: &str) -> Result<Vec<u8>> {
        if let Some(text) = part.strip_prefix('"') {
            let text = text.trim_end_matches('"');
            return Ok(text.replace("\\r", "\r").replace("\\n", "\n").into_bytes());
        }
        let (kind, rest) = part.split_once(' ').unwrap_or((part, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        Ok(match (kind, words.as_slice()) {
            ("hello", words) if side == Side::Client => message(1, &self.client_hello(words)?),
            ("hello", ["request"]) => message(0, &[]),
            ("hello", ["done"]) => message(14, &[]),
            ("hello", words) => message(2, &self.server_hello(words)?),
            ("certificate", ["request"]) => message(13, &[1, 1, 0, 2, 4, 1, 0, 0]),
            ("certificate", ["verify"]) => {
                message(15, &[[4, 1, 1, 0].as_slice(), &[7; 256]].concat())
            }
            ("certificate", ["none"]) => message(11, &[0, 0, 0]),
            ("certificate", words) => {
                let (chain, key) = certificate::chain(words)?;
                self.key = Some(key);
                message(11, &chain)
            }
            ("key", ["exchange"]) if side == Side::Client => {
                message(16, &[[32].as_slice(), &[7; 32]].concat())
            }
            ("key", ["exchange"]) => message(12, &self.key_exchange(self.key.as_ref())?),
            ("key", ["exchange", "by", "another", "key"]) => message(12, &self.key_exchange(None)?),
            ("ticket", []) => message(4, &[[0, 0, 14, 16, 0, 180].as_slice(), &[7; 180]].concat()),
            ("alert", ["encrypted"]) => record(ALERT, &[7; 26]),
            ("alert", [level, name]) => alert(level, name)?,
            ("ccs", []) => record(CCS, &[1]),
            ("finished", []) => self.finished(),
            ("flight", []) => records(&["23", "506", "96", "69"])?,
            ("records", sizes) if !sizes.is_empty() => records(sizes)?,
            ("hex", words) => hex(&words.concat())?,
            _ => return Err(format!("{part:?} is nothing that a {side:?} says")),
        })
    }

    /// The server's x25519 key, signed as RFC 8422 section 5.4 has it; by a key that nobody knows where none is given.
    fn key_exchange(&self, key: Option<&KeyPair>) -> Result<Vec<u8>> {
        let share = [&[3, 0, 29, 32][..], &[7; 32]].concat();
        let signed = [&self.randoms.client[..], &self.randoms.server, &share].concat();
        let signature = match key {
            Some(key) => key.sign(&signed),
            None => KeyPair::generate().and_then(|key| key.sign(&signed)),
        };
        let signature = signature.map_err(|error| error.to_string())?;
        let scheme = ECDSA_SECP256R1_SHA256.to_be_bytes();
        Ok([&share[..], &scheme, &vec16(&signature)].concat())
    }

    /// TLS 1.3: of the size that the cipher suite gives it. Before: an encrypted handshake record.
    fn finished(&self) -> Vec<u8> {
        match (self.version, self.suite) {
            (TLS13, AES_256_GCM_SHA384) => record(DATA, &[7; 69]),
            (TLS13, _) => record(DATA, &[7; 53]),
            _ => record(HANDSHAKE, &[7; 40]),
        }
    }

    /// `[sni NAME|without sni] [tls1.2] [versions 1.3,1.2] [suites N,…] [groups N,…] [alpn P,…] [pq] [ech]`
    fn client_hello(&self, words: &[&str]) -> Result<Vec<u8>> {
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
            let mut value = || {
                words
                    .next()
                    .copied()
                    .ok_or_else(|| format!("{word} needs a value"))
            };
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
                "ech" => extensions.push(extension(0xfe0d, &outer_ech())),
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
    fn server_hello(&mut self, words: &[&str]) -> Result<Vec<u8>> {
        (self.version, self.suite) = (TLS13, AES_256_GCM_SHA384);
        let mut random = self.randoms.server;
        let (mut suite, mut extensions) = (None, Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .copied()
                    .ok_or_else(|| format!("{word} needs a value"))
            };
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

/// Thirty-two bytes that tell connections apart.
fn random(nonce: u16) -> [u8; 32] {
    let bytes = nonce.to_be_bytes();
    std::array::from_fn(|place| bytes[place % 2])
}

/// The random of a HelloRetryRequest (RFC 8446 section 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

fn alert(level: &str, name: &str) -> Result<Vec<u8>> {
    let level = match level {
        "warning" => 1,
        "fatal" => 2,
        _ => return Err(format!("{level:?} is no level of an alert")),
    };
    let mut all = 0..=u8::MAX;
    let code = all.find(|code| names::alert(*code) == Some(name));
    let code = code.ok_or_else(|| format!("{name:?} is no alert"))?;
    Ok(record(ALERT, &[level, code]))
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

/// An outer hello: HKDF-SHA256, AES-128-GCM, configuration 1.
fn outer_ech() -> Vec<u8> {
    [&[0, 0, 1, 0, 1, 1][..], &vec16(&[7; 32]), &vec16(&[7; 160])].concat()
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

fn hex(digits: &str) -> Result<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
    pairs
        .map(byte)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| format!("{digits:?}: {error}"))
}
