//! Random bytes for hellos. They follow from a seed, so that a test can ask for the same again.

use sha2::{Digest, Sha256};

/// An endless stream of bytes that nobody can foresee who does not know its seed.
#[derive(Clone, Debug)]
pub struct Noise {
    seed: [u8; 32],
    blocks: u64,
}

impl Noise {
    /// The stream of this seed.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, blocks: 0 }
    }

    /// The next `len` bytes.
    pub(super) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let missing = len - bytes.len();
            bytes.extend(self.block().into_iter().take(missing));
        }
        bytes
    }

    /// The next sixteen bits.
    pub(super) fn u16(&mut self) -> u16 {
        let [high, low, ..] = self.block();
        u16::from_be_bytes([high, low])
    }

    fn block(&mut self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.blocks.to_be_bytes());
        self.blocks = self.blocks.wrapping_add(1);
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_stream_and_no_part_of_it_comes_twice() {
        let mut noise = Noise::new([1; 32]);
        let first = noise.bytes(100);
        assert_eq!(first, Noise::new([1; 32]).bytes(100));
        assert_ne!(first, noise.bytes(100));
        assert_ne!(first, Noise::new([2; 32]).bytes(100));
    }
}
