//! Taking the protection off an Initial packet, and putting it on again (RFC 9001 sections 5.3 and 5.4).

use std::ops::Range;

use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};
use aes_gcm::{AeadInPlace, Aes128Gcm};
use smallvec::SmallVec;

use super::{Frames, Initial, Keys, Version};

/// Length of the authentication tag at the end of a packet, in bytes.
const TAG: usize = 16;
/// The sample of the header protection begins this far behind the beginning of the packet number.
const SAMPLE_AT: usize = 4;

/// An Initial packet without its protection. Packets of up to 1,536 bytes lie on the stack.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its number.
    pub number: u64,
    version: Version,
    bytes: SmallVec<[u8; 1536]>,
    payload: Range<usize>,
}

impl Opened {
    /// What it carries.
    pub fn frames(&self) -> Frames<'_> {
        Frames::new(self.version, self.payload())
    }

    /// What it carries, in bytes.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.payload.clone()).unwrap_or_default()
    }

    /// Its header, in the clear up to the end of the packet number, and what it carries.
    pub fn parts_mut(&mut self) -> (&mut [u8], &mut [u8]) {
        let whole = self.bytes.get_mut(..self.payload.end).unwrap_or_default();
        whole
            .split_at_mut_checked(self.payload.start)
            .unwrap_or_default()
    }
}

impl Keys {
    /// Opens a packet. `largest` is the largest number of an opened packet of this side, from which the number is completed.
    /// `None` when the packet was not made with these keys, was altered, or was cut by the capture.
    pub fn open(&self, initial: &Initial<'_>, largest: Option<u64>) -> Option<Opened> {
        if initial.is_cut {
            return None;
        }
        let mut bytes = SmallVec::<[u8; 1536]>::from_slice(initial.bytes);
        let (number, payload_at) = self.unmask(&mut bytes, initial.number_at, largest)?;
        let end = bytes.len().checked_sub(TAG)?;
        let (header, body) = bytes.split_at_mut_checked(payload_at)?;
        let (payload, tag) = body.split_at_mut_checked(end.checked_sub(payload_at)?)?;
        let tag = aes_gcm::Tag::from_slice(tag);
        Aes128Gcm::new(&self.key.into())
            .decrypt_in_place_detached(&self.nonce(number).into(), header, payload, tag)
            .ok()?;
        Some(Opened {
            number,
            version: initial.head.version,
            bytes,
            payload: payload_at..end,
        })
    }

    /// Protects a packet that was opened and changed.
    pub fn protect(&self, mut opened: Opened) -> Option<Vec<u8>> {
        self.seal_in_place(&mut opened.bytes, opened.payload.start, opened.number)?;
        Some(opened.bytes.into_vec())
    }

    /// Protects a packet in the clear, at whose end there is room for the tag.
    pub(super) fn seal_in_place(
        &self,
        bytes: &mut [u8],
        payload_at: usize,
        number: u64,
    ) -> Option<()> {
        let end = bytes.len().checked_sub(TAG)?;
        let (header, body) = bytes.split_at_mut_checked(payload_at)?;
        let (payload, tag) = body.split_at_mut_checked(end.checked_sub(payload_at)?)?;
        let made = Aes128Gcm::new(&self.key.into())
            .encrypt_in_place_detached(&self.nonce(number).into(), header, payload)
            .ok()?;
        tag.copy_from_slice(&made);
        let len = usize::from(*bytes.first()? & 3).checked_add(1)?;
        let at = payload_at.checked_sub(len)?;
        let sample_at = at.checked_add(SAMPLE_AT)?;
        let [first_mask, mask @ ..] = self.mask(*bytes.get(sample_at..)?.first_chunk()?);
        *bytes.first_mut()? ^= first_mask & 0x0f;
        for (byte, mask) in bytes.get_mut(at..payload_at)?.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        Some(())
    }

    /// Takes the protection off the header: the packet's number, and where its payload begins.
    fn unmask(&self, bytes: &mut [u8], at: usize, largest: Option<u64>) -> Option<(u64, usize)> {
        let sample_at = at.checked_add(SAMPLE_AT)?;
        let [first_mask, mask @ ..] = self.mask(*bytes.get(sample_at..)?.first_chunk()?);
        let first = bytes.first_mut()?;
        *first ^= first_mask & 0x0f;
        let len = usize::from(*first & 3).checked_add(1)?;
        let end = at.checked_add(len)?;
        let mut short = 0;
        for (byte, mask) in bytes.get_mut(at..end)?.iter_mut().zip(mask) {
            *byte ^= mask;
            short = short << 8 | u64::from(*byte);
        }
        Some((complete(short, len, largest), end))
    }

    fn mask(&self, sample: [u8; 16]) -> [u8; 16] {
        let mut block = sample.into();
        Aes128::new(&self.hp.into()).encrypt_block(&mut block);
        block.into()
    }

    fn nonce(&self, number: u64) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, digit) in nonce.iter_mut().skip(4).zip(number.to_be_bytes()) {
            *byte ^= digit;
        }
        nonce
    }
}

/// The number of which `short` is the end, the one nearest to the next that is expected (RFC 9000 appendix A.3).
fn complete(short: u64, len: usize, largest: Option<u64>) -> u64 {
    let window = match len {
        1 => 1_u64 << 8,
        2 => 1 << 16,
        3 => 1 << 24,
        _ => 1 << 32,
    };
    let half = window >> 1;
    let expected = largest.map_or(0, |largest| largest.saturating_add(1));
    let candidate = expected & !window.wrapping_sub(1) | short;
    if candidate.saturating_add(half) <= expected {
        candidate.saturating_add(window)
    } else if candidate > expected.saturating_add(half) && candidate >= window {
        candidate.saturating_sub(window)
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::sample_of_rfc_9000_appendix_a_3(0x9b32, 2, Some(0xa82f_30ea), 0xa82f_9b32)]
    #[case::first(2, 4, None, 2)]
    #[case::across_the_end_of_the_window(1, 1, Some(0xff), 0x101)]
    #[case::a_late_one_before_the_window(0xff, 1, Some(0x101), 0xff)]
    fn a_packet_number_is_completed(
        #[case] short: u64,
        #[case] len: usize,
        #[case] largest: Option<u64>,
        #[case] number: u64,
    ) {
        assert_eq!(complete(short, len, largest), number);
    }
}
