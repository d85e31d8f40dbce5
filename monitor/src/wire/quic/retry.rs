//! The tag at the end of a Retry packet (RFC 9001 section 5.8, RFC 9369 section 3.3.3): whoever knows the client's first packet can
//! make it.

use aes_gcm::aead::AeadInPlace;
use aes_gcm::{Aes128Gcm, KeyInit};

use super::{ConnectionId, Version};

/// Length of the tag, in bytes.
pub const RETRY_TAG: usize = 16;

type KeyAndNonce = ([u8; 16], [u8; 12]);

const V1: KeyAndNonce = (
    0xbe0c_690b_9f66_575a_1d76_6b54_e368_c84e_u128.to_be_bytes(),
    [
        0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb,
    ],
);
const V2: KeyAndNonce = (
    0x8fb4_b01b_56ac_48e2_60fb_cbce_ad7c_cc92_u128.to_be_bytes(),
    [
        0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a,
    ],
);
/// draft-ietf-quic-tls-29 section 5.8, until draft 32.
const DRAFT_29: KeyAndNonce = (
    0xccce_187e_d09a_09d0_5728_155a_6cb9_6be1_u128.to_be_bytes(),
    [
        0xe5, 0x49, 0x30, 0xf9, 0x7f, 0x21, 0x36, 0xf0, 0x53, 0x0a, 0x8c, 0x1c,
    ],
);

/// The tag of a Retry packet, of which all but the tag is given, in answer to a packet to this ID. `None` for a version whose
/// key is not known.
pub fn retry_tag(
    version: Version,
    original: &ConnectionId,
    packet: &[u8],
) -> Option<[u8; RETRY_TAG]> {
    let (key, nonce) = match (version, version.draft()) {
        (Version::V1, _) | (_, Some(33 | 34)) => V1,
        (Version::V2, _) => V2,
        (_, Some(29..=32)) => DRAFT_29,
        _ => return None,
    };
    let id = original.as_bytes();
    let mut pseudo = vec![u8::try_from(id.len()).ok()?];
    pseudo.extend(id);
    pseudo.extend(packet);
    let tag = Aes128Gcm::new(&key.into())
        .encrypt_in_place_detached(&nonce.into(), &pseudo, &mut [])
        .ok()?;
    Some(tag.into())
}
