//! What client and server say, as bytes: `hello sni shop.example`, `alert fatal unknown_ca`, `records 23 506 96 69`.

use monitor::flow::{Side, Sides};
use monitor::tls::names;
use rcgen::{KeyPair, SigningKey};

use super::bytes::{ALERT, CCS, DATA, HANDSHAKE, message, record, records, vec16};
use super::certificate;
use super::parse::Result;

pub(super) const TLS13: u16 = 0x0304;
pub(super) const AES_256_GCM_SHA384: u16 = 0x1302;
const ECDSA_SECP256R1_SHA256: u16 = 0x0403;

/// The language of one connection: what it says may depend on what was said before.
pub(super) struct Speech {
    /// What the client and the server choose at random.
    pub(super) randoms: Sides<[u8; 32]>,
    /// The key of the server's certificate.
    key: Option<KeyPair>,
    /// The version that the server chose.
    pub(super) version: u16,
    pub(super) suite: u16,
}

impl Speech {
    pub(super) fn of(nonce: u16) -> Self {
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
    pub(super) fn bytes(&mut self, side: Side, text: &str) -> Result<Vec<u8>> {
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
}

/// Thirty-two bytes that tell connections apart.
fn random(nonce: u16) -> [u8; 32] {
    let bytes = nonce.to_be_bytes();
    std::array::from_fn(|place| bytes[place % 2])
}

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

fn hex(digits: &str) -> Result<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
    pairs
        .map(byte)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| format!("{digits:?}: {error}"))
}
