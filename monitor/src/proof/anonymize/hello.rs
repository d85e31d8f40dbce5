//! What handshake messages say, gone through field by field: lists of algorithms stay, names become other names, and what is
//! random or secret becomes other bytes. What cannot be read to its end is zeroed from there on.

use std::net::IpAddr;

use super::{Key, der, transport, words};

/// The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3) begins like this.
const RETRY: [u8; 8] = [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11];
/// The last eight bytes of a random may say that the server was talked down (the same section).
const DOWNGRADE: &[u8] = b"DOWNGRD";

/// Extensions that hold lists of algorithms, versions and protocols, sizes, or nothing.
const PLAIN: [u16; 26] = [
    1, 5, 9, 10, 11, 13, 15, 16, 18, 19, 20, 21, 22, 23, 24, 27, 28, 34, 42, 43, 45, 49, 50, 13172,
    17513, 17613,
];

/// Bytes that are still to be gone through. What cannot be taken is zeroed.
struct Cut<'a>(&'a mut [u8]);

impl<'a> Cut<'a> {
    fn take(&mut self, len: usize) -> Option<&'a mut [u8]> {
        let all = std::mem::take(&mut self.0);
        if len > all.len() {
            all.fill(0);
            return None;
        }
        let (taken, rest) = all.split_at_mut(len);
        self.0 = rest;
        Some(taken)
    }

    /// A block behind its length of so many bytes.
    fn block(&mut self, width: usize) -> Option<&'a mut [u8]> {
        let len = self.take(width)?;
        let len = len
            .iter()
            .fold(0, |len, byte| len << 8 | usize::from(*byte));
        self.take(len)
    }

    fn rest(&mut self) -> &'a mut [u8] {
        std::mem::take(&mut self.0)
    }

    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Goes through the body of a message; `None` where it ended too early, and was zeroed from there on.
pub(super) fn message(kind: u8, body: &mut [u8], key: &Key) -> Option<()> {
    let mut cut = Cut(body);
    match kind {
        1 => client_hello(&mut cut, key)?,
        2 => server_hello(&mut cut, key)?,
        4 => ticket(&mut cut, key)?,
        11 => certificates(&mut cut, key)?,
        12 => server_key_exchange(&mut cut, key)?,
        13 => certificate_request(&mut cut, key)?,
        15 => {
            cut.take(2)?;
            key.replace(cut.block(2)?);
        }
        // A point behind its length of one byte, or an RSA secret behind one of two.
        16 => {
            let len = cut.rest();
            let is_point = len
                .first()
                .is_some_and(|first| usize::from(*first) + 1 == len.len());
            key.replace(
                len.get_mut(if is_point { 2 } else { 4 }..)
                    .unwrap_or_default(),
            );
        }
        22 => {
            cut.take(1)?;
            der::replace(cut.block(3)?, key);
        }
        _ => {}
    }
    key.replace(cut.rest());
    Some(())
}

/// An address of IPv4 or IPv6.
pub(super) fn address(place: &mut [u8], key: &Key) {
    let address = match place.len() {
        4 => place.first_chunk::<4>().map(|bytes| IpAddr::from(*bytes)),
        16 => place.first_chunk::<16>().map(|bytes| IpAddr::from(*bytes)),
        _ => None,
    };
    match address.map(|address| key.addresses.replace(address)) {
        Some(IpAddr::V4(address)) => place.copy_from_slice(&address.octets()),
        Some(IpAddr::V6(address)) => place.copy_from_slice(&address.octets()),
        None => place.fill(0),
    }
}

fn client_hello(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    cut.take(2)?;
    key.replace(cut.take(32)?);
    replace_some(cut.block(1)?, key);
    cut.block(2)?;
    cut.block(1)?;
    extensions(cut, key, true)
}

fn server_hello(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    cut.take(2)?;
    random_of_server(cut.take(32)?, key);
    replace_some(cut.block(1)?, key);
    cut.take(3)?;
    extensions(cut, key, false)
}

fn random_of_server(random: &mut [u8], key: &Key) {
    if random.starts_with(&RETRY) {
        return;
    }
    let (most, last) = random.split_at_mut(24);
    key.replace(most);
    if !last.starts_with(DOWNGRADE) {
        key.replace(last);
    }
}

fn extensions(cut: &mut Cut<'_>, key: &Key, is_client: bool) -> Option<()> {
    if cut.is_empty() {
        return Some(());
    }
    let mut list = Cut(cut.block(2)?);
    while !list.is_empty() {
        let kind = list.take(2)?;
        let kind = kind
            .iter()
            .fold(0_u16, |kind, byte| kind << 8 | u16::from(*byte));
        let body = list.block(2)?;
        extension(kind, body, key, is_client);
    }
    Some(())
}

fn extension(kind: u16, body: &mut [u8], key: &Key, is_client: bool) -> Option<()> {
    let mut cut = Cut(body);
    match kind {
        0 if is_client => names(&mut cut, key)?,
        41 if is_client => pre_shared_keys(&mut cut, key)?,
        44 => key.replace(cut.block(2)?),
        47 => {
            let mut list = Cut(cut.block(2)?);
            while !list.is_empty() {
                der::replace(list.block(2)?, key);
            }
        }
        51 if is_client => {
            let mut list = Cut(cut.block(2)?);
            while !list.is_empty() {
                list.take(2)?;
                replace_some(list.block(2)?, key);
            }
        }
        51 => {
            cut.take(2)?;
            if !cut.is_empty() {
                replace_some(cut.block(2)?, key);
            }
        }
        57 | 0xffa5 => transport::replace(cut.rest(), key),
        0xfe0d if is_client => encrypted_hello(&mut cut, key)?,
        0xff01 => replace_some(cut.block(1)?, key),
        // The server's choice among the client's keys is a number.
        kind if kind == 41 || PLAIN.contains(&kind) || is_grease(kind) => {
            cut.rest();
        }
        _ => {}
    }
    key.replace(cut.rest());
    Some(())
}

fn names(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    let mut list = Cut(cut.block(2)?);
    while !list.is_empty() {
        list.take(1)?;
        words::replace(list.block(2)?, key);
    }
    Some(())
}

fn pre_shared_keys(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    let mut identities = Cut(cut.block(2)?);
    while !identities.is_empty() {
        key.replace(identities.block(2)?);
        key.replace(identities.take(4)?);
    }
    let mut binders = Cut(cut.block(2)?);
    while !binders.is_empty() {
        key.replace(binders.block(1)?);
    }
    Some(())
}

/// Which keys it is for, the encapsulated key, and the hello that nobody can read (RFC 9849 section 5).
fn encrypted_hello(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    let is_outer = cut.take(1)?.first() == Some(&0);
    if is_outer {
        cut.take(4)?;
        key.replace(cut.take(1)?);
        replace_some(cut.block(2)?, key);
        replace_some(cut.block(2)?, key);
    }
    Some(())
}

fn ticket(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    cut.take(4)?;
    replace_some(cut.block(2)?, key);
    Some(())
}

fn certificates(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    let mut list = Cut(cut.block(3)?);
    while !list.is_empty() {
        der::replace(list.block(3)?, key);
    }
    Some(())
}

/// A named curve with its point, else parameters of a group; and the signature, whose scheme becomes one that nobody checks:
/// it cannot fit any more what it was made over.
fn server_key_exchange(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    const NAMED_CURVE: u8 = 3;
    let kind = cut.take(1)?.first().copied();
    if kind == Some(NAMED_CURVE) {
        cut.take(2)?;
        let point = cut.block(1)?;
        key.replace(point.get_mut(1..).unwrap_or_default());
    }
    let rest = cut.rest();
    if let [high, low, ..] = rest {
        (*high, *low) = (0xfe, 0xff);
    }
    key.replace(rest.get_mut(4..).unwrap_or_default());
    Some(())
}

fn certificate_request(cut: &mut Cut<'_>, key: &Key) -> Option<()> {
    cut.block(1)?;
    cut.block(2)?;
    if cut.is_empty() {
        return Some(());
    }
    let mut names = Cut(cut.block(2)?);
    while !names.is_empty() {
        der::replace(names.block(2)?, key);
    }
    Some(())
}

/// A byte alone says little, and may be GREASE.
fn replace_some(place: &mut [u8], key: &Key) {
    if place.len() > 1 {
        key.replace(place);
    }
}

/// RFC 8701.
const fn is_grease(kind: u16) -> bool {
    kind & 0x0f0f == 0x0a0a && kind >> 8 == kind & 0xff
}
