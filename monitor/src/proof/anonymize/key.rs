//! What replacements are made with.

use ring::hmac;

/// A secret. Whoever has it can tell which names and addresses were replaced by trying them.
#[derive(Clone)]
pub struct Key {
    words: hmac::Key,
    bytes: hmac::Key,
    pub(super) addresses: super::address::Prefixes,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// From a secret of any length.
    pub fn new(secret: &[u8]) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let of = |what: &str| hmac::sign(&master, what.as_bytes());
        let hmac_key = |what| hmac::Key::new(hmac::HMAC_SHA256, of(what).as_ref());
        let mut addresses = [0; 32];
        for (place, byte) in addresses.iter_mut().zip(of("addresses").as_ref()) {
            *place = *byte;
        }
        Self {
            words: hmac_key("words"),
            bytes: hmac_key("bytes"),
            addresses: super::address::Prefixes::new(&addresses),
        }
    }

    /// Fills a place with bytes that follow from what stands there. Nothing stays nothing.
    pub(super) fn replace(&self, place: &mut [u8]) {
        let first = hmac::sign(&self.bytes, place);
        let made = self.stream(first.as_ref(), place.len());
        place.copy_from_slice(&made);
    }

    /// Bytes that follow from a word.
    pub(super) fn of_word(&self, word: &[u8], attempt: u8, len: usize) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.words);
        context.update(&[attempt]);
        context.update(word);
        self.stream(context.sign().as_ref(), len)
    }

    fn stream(&self, seed: &[u8], len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len + 32);
        let mut block = 0_u32;
        while bytes.len() < len {
            let mut context = hmac::Context::with_key(&self.bytes);
            context.update(&block.to_be_bytes());
            context.update(seed);
            bytes.extend(context.sign().as_ref());
            block += 1;
        }
        bytes.truncate(len);
        bytes
    }
}
