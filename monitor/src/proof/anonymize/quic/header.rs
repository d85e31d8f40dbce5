//! Headers of QUIC packets with other connection IDs (RFC 9000 section 17). An ID always becomes the same other one, wherever it stands.

use std::ops::Range;

use crate::proof::anonymize::Key;
use crate::wire::quic::{ConnectionId, Cursor, Head, RETRY_TAG, retry_tag};

/// The ID that stands for this one.
pub(super) fn other_id(id: &ConnectionId, key: &Key) -> ConnectionId {
    let mut bytes = id.as_bytes().to_vec();
    key.replace(&mut bytes);
    ConnectionId::new(&bytes).unwrap_or_default()
}

/// Where both IDs of a long header lie: behind the first byte and the version, each behind its length.
fn places(head: &Head) -> (Range<usize>, Range<usize>) {
    let destination = 6..6 + head.destination.as_bytes().len();
    let source = destination.end + 1..destination.end + 1 + head.source.as_bytes().len();
    (destination, source)
}

pub(super) fn replace_ids(packet: &mut [u8], head: &Head, key: &Key) {
    let (destination, source) = places(head);
    for place in [destination, source] {
        if let Some(id) = packet.get_mut(place) {
            key.replace(id);
        }
    }
}

/// The packet with other IDs; the rest as it is.
pub(super) fn other_ids(packet: &[u8], head: &Head, key: &Key) -> Vec<u8> {
    let mut made = packet.to_vec();
    replace_ids(&mut made, head, key);
    made
}

/// The token of an Initial packet: what a server wrote into it for itself may be an address.
pub(super) fn replace_token(packet: &mut [u8], head: &Head, key: &Key) -> Option<()> {
    let (_, source) = places(head);
    let token = packet.get_mut(source.end..)?;
    let mut cursor = Cursor::new(token);
    let len = usize::try_from(cursor.varint()?).ok()?;
    let at = token.len() - cursor.rest().len();
    key.replace(token.get_mut(at..at.checked_add(len)?)?);
    Some(())
}

/// A packet that nobody else can open: its header up to its length, and zeros.
pub(super) fn only(packet: &[u8], head: &Head, key: &Key) -> Option<Vec<u8>> {
    let (_, source) = places(head);
    let mut cursor = Cursor::new(packet.get(source.end..)?);
    cursor.varint()?;
    let end = packet.len() - cursor.rest().len();
    let mut made = other_ids(packet, head, key);
    made.get_mut(end..)?.fill(0);
    Some(made)
}

/// A Retry in answer to a packet to `original`: another token, and the tag that fits.
pub(super) fn retry(
    packet: &[u8],
    head: &Head,
    original: &ConnectionId,
    key: &Key,
) -> Option<Vec<u8>> {
    let (_, source) = places(head);
    let mut made = other_ids(packet, head, key);
    let tag_at = made.len().checked_sub(RETRY_TAG)?;
    key.replace(made.get_mut(source.end..tag_at)?);
    let fitting = retry_tag(head.version, &other_id(original, key), made.get(..tag_at)?);
    let tag = made.get_mut(tag_at..)?;
    match fitting {
        Some(fitting) => tag.copy_from_slice(&fitting),
        None => key.replace(tag),
    }
    Some(made)
}

/// A short header: its first byte, and the ID of who is to receive it where that is known; the rest zeros.
pub(super) fn short(packet: &[u8], ids: &[ConnectionId], key: &Key) -> Vec<u8> {
    let mut made = packet.to_vec();
    let behind = made.get_mut(1..).unwrap_or_default();
    let fitting = ids
        .iter()
        .map(ConnectionId::as_bytes)
        .filter(|id| behind.starts_with(id));
    let len = fitting.map(<[u8]>::len).max().unwrap_or_default();
    let (id, rest) = behind.split_at_mut(len);
    key.replace(id);
    rest.fill(0);
    made
}
