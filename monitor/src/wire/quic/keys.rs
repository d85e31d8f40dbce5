//! The keys of Initial packets (RFC 9001 section 5.2).

use hkdf::Hkdf;
use sha2::Sha256;

use super::version::Version;
use super::{ConnectionId, version};

/// Who protects packets with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// The keys of one side's Initial packets: AES-128-GCM, and AES-128 for the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    pub(super) key: [u8; 16],
    pub(super) iv: [u8; 12],
    pub(super) hp: [u8; 16],
}

impl Keys {
    /// The keys that follow from the first destination ID that the client chose (after a Retry, that the server chose).
    /// `None` for a version that is not known.
    pub fn derive(version: Version, id: &ConnectionId, sender: Sender) -> Option<Self> {
        let label: &[u8] = match sender {
            Sender::Client => b"client in",
            Sender::Server => b"server in",
        };
        let initial = Hkdf::<Sha256>::new(Some(version.salt()?), id.as_bytes());
        let secret: [u8; 32] = expand(&initial, label)?;
        let hkdf = Hkdf::from_prk(&secret).ok()?;
        let version::Labels { key, iv, hp } = version.labels();
        Some(Self {
            key: expand(&hkdf, key)?,
            iv: expand(&hkdf, iv)?,
            hp: expand(&hkdf, hp)?,
        })
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
fn expand<const N: usize>(hkdf: &Hkdf<Sha256>, label: &[u8]) -> Option<[u8; N]> {
    const PREFIX: &[u8] = b"tls13 ";
    let length = u16::try_from(N).ok()?.to_be_bytes();
    let label_length = [u8::try_from(PREFIX.len().checked_add(label.len())?).ok()?];
    let mut out = [0; N];
    hkdf.expand_multi_info(&[&length, &label_length, PREFIX, label, &[0]], &mut out)
        .ok()?;
    Some(out)
}
