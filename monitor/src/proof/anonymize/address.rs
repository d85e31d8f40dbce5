//! Addresses whose common beginnings stay common (Crypto-PAn: Xu, Fan, Ammar, Moon, 2002): what is one subnet stays one.

use std::net::IpAddr;

use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};

/// The key, and the padding that is derived from it.
#[derive(Clone)]
pub(super) struct Prefixes {
    cipher: Aes128,
    pad: u128,
}

impl Prefixes {
    /// The first half is the key, the second becomes the padding.
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        let (key, pad) = secret.split_at(16);
        let cipher = Aes128::new(key.into());
        let mut block = aes::Block::clone_from_slice(pad);
        cipher.encrypt_block(&mut block);
        Self {
            cipher,
            pad: u128::from_be_bytes(block.into()),
        }
    }

    /// The address that stands for this one.
    pub(super) fn replace(&self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let bits = self.bits(u128::from(address.to_bits()) << 96, 32) >> 96;
                IpAddr::V4(u32::try_from(bits).unwrap_or_default().into())
            }
            IpAddr::V6(address) => IpAddr::V6(self.bits(address.to_bits(), 128).into()),
        }
    }

    /// Each bit is turned or not by what stands before it.
    fn bits(&self, address: u128, count: u32) -> u128 {
        let mut turned = 0;
        for place in 0..count {
            let before = if place == 0 {
                0
            } else {
                u128::MAX << (128 - place)
            };
            let input = (address & before) | (self.pad & !before);
            let mut block = aes::Block::from(input.to_be_bytes());
            self.cipher.encrypt_block(&mut block);
            let first_bit = u128::from_be_bytes(block.into()) >> 127;
            turned |= first_bit << (127 - place);
        }
        address ^ turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and some of the addresses of the authors' own sample (Crypto-PAn 1.0, `sample_trace_*.dat`).
    const KEY: [u8; 32] = [
        21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131,
        121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2,
    ];

    #[test]
    fn addresses_become_those_of_the_published_sample() {
        let prefixes = Prefixes::new(&KEY);
        for (one, other) in [
            ("128.11.68.132", "135.242.180.132"),
            ("129.118.74.4", "134.136.186.123"),
            ("130.132.252.244", "133.68.164.234"),
            ("141.223.7.43", "141.167.8.160"),
            ("192.102.249.13", "252.138.62.131"),
        ] {
            assert_eq!(
                prefixes.replace(one.parse().unwrap()),
                other.parse::<IpAddr>().unwrap()
            );
        }
    }

    #[test]
    fn a_subnet_stays_one() {
        let prefixes = Prefixes::new(&KEY);
        let of = |text: &str| match prefixes.replace(text.parse().unwrap()) {
            IpAddr::V4(address) => address.to_bits(),
            IpAddr::V6(_) => 0,
        };
        assert_eq!(of("10.1.2.3") >> 8, of("10.1.2.200") >> 8);
        assert_ne!(of("10.1.2.3") >> 8, of("10.1.3.3") >> 8);
        let six = |text: &str| match prefixes.replace(text.parse().unwrap()) {
            IpAddr::V6(address) => address.to_bits(),
            IpAddr::V4(_) => 0,
        };
        assert_eq!(six("fd77::1") >> 64, six("fd77::2") >> 64);
        assert_ne!(six("fd77::1"), six("fd77::2"));
    }
}
