//! Certificates and OCSP responses, replaced where they stand: what is structure, algorithm, date or small number stays, names
//! become other names, and all else that identifies (keys, signatures, serial numbers, hashes) other bytes.

use std::net::IpAddr;

use super::{Key, words};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
/// BOOLEAN, NULL, OBJECT IDENTIFIER, ENUMERATED, UTCTime, GeneralizedTime.
const KEPT: [u8; 6] = [0x01, 0x05, 0x06, 0x0a, 0x17, 0x18];
/// UTF8String, NumericString, PrintableString, TeletexString, IA5String, VisibleString.
const TEXT: [u8; 6] = [0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a];
/// An IP address among alternative names.
const IP_ADDRESS: u8 = 0x87;
/// Deeper than any certificate.
const DEEPEST: u8 = 24;

/// Replaces what identifies in a series of elements. What is no DER becomes other bytes.
pub(super) fn replace(der: &mut [u8], key: &Key) {
    elements(der, key, DEEPEST);
}

fn elements(mut der: &mut [u8], key: &Key, depth: u8) {
    while !der.is_empty() {
        let Some((head, len)) = header(der) else {
            return key.replace(der);
        };
        let tag = der.first().copied().unwrap_or_default();
        let (element, behind) = std::mem::take(&mut der).split_at_mut(head + len);
        let content = element.get_mut(head..).unwrap_or_default();
        let is_constructed = tag & 0x20 != 0;
        match (is_constructed, depth.checked_sub(1)) {
            (true, Some(deeper)) => elements(content, key, deeper),
            (true, None) => key.replace(content),
            (false, deeper) => primitive(tag, content, key, deeper.unwrap_or_default()),
        }
        der = behind;
    }
}

/// How long the header and the content of the first element are, if it is all there.
fn header(der: &[u8]) -> Option<(usize, usize)> {
    let (head, len) = match *der {
        [_, len @ 0..=0x7f, ..] => (2, usize::from(len)),
        [_, 0x81, len, ..] => (3, usize::from(len)),
        [_, 0x82, high, low, ..] => (4, usize::from(high) << 8 | usize::from(low)),
        [_, 0x83, a, b, c, ..] => (
            5,
            usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c),
        ),
        _ => return None,
    };
    let is_tag = der
        .first()
        .is_some_and(|tag| tag & 0x1f != 0x1f && *tag != 0);
    (is_tag && der.len() >= head + len).then_some((head, len))
}

fn primitive(tag: u8, content: &mut [u8], key: &Key, depth: u8) {
    match tag {
        tag if KEPT.contains(&tag) => {}
        tag if TEXT.contains(&tag) => words::replace(content, key),
        INTEGER => integer(content, key),
        BIT_STRING => bits(content, key, depth),
        OCTET_STRING if is_series(content) => elements(content, key, depth),
        IP_ADDRESS => address(content, key),
        0x80..=0xbf
            if content.len() > 1 && content.iter().all(|byte| (0x20..0x7f).contains(byte)) =>
        {
            words::replace(content, key);
        }
        _ if content.len() > 1 => key.replace(content),
        _ => {}
    }
}

/// Versions and exponents stay; serial numbers and moduli do not, but for their sign.
fn integer(content: &mut [u8], key: &Key) {
    const SMALL: usize = 4;
    if content.len() > SMALL {
        // The first byte may be a zero that makes the number positive.
        let number = content.get_mut(1..).unwrap_or_default();
        key.replace(number);
        if let Some(first) = number.first_mut() {
            *first |= 0x80;
        }
        if let Some(first) = content.first_mut().filter(|first| **first != 0) {
            *first = 0x5a;
        }
    }
}

/// Key usages stay. An RSA key and a signature are DER again; a point of a curve says its form first.
fn bits(content: &mut [u8], key: &Key, depth: u8) {
    const FLAGS: usize = 3;
    if content.len() <= FLAGS {
        return;
    }
    let Some((_, inside)) = content.split_first_mut() else {
        return;
    };
    if inside.first() == Some(&0x30) && is_series(inside) {
        return elements(inside, key, depth);
    }
    key.replace(inside.get_mut(1..).unwrap_or_default());
    if let Some(form) = inside.first_mut().filter(|form| !(2..=4).contains(*form)) {
        *form = 0x5a;
    }
}

fn address(content: &mut [u8], key: &Key) {
    let address = match content.len() {
        4 => content.first_chunk::<4>().map(|bytes| IpAddr::from(*bytes)),
        16 => content
            .first_chunk::<16>()
            .map(|bytes| IpAddr::from(*bytes)),
        _ => None,
    };
    match address.map(|address| key.addresses.replace(address)) {
        Some(IpAddr::V4(address)) => content.copy_from_slice(&address.octets()),
        Some(IpAddr::V6(address)) => content.copy_from_slice(&address.octets()),
        None => key.replace(content),
    }
}

/// Whether these bytes are elements to the last.
fn is_series(mut der: &[u8]) -> bool {
    let is_known = |tag: &u8| matches!(tag, 0x02..=0x06 | 0x0a | 0x30 | 0x31 | 0xa0..=0xaf);
    let begins = der.first().is_some_and(is_known) && der.len() > 1;
    while let Some((head, len)) = header(der) {
        der = der.get(head + len..).unwrap_or_default();
        if der.is_empty() {
            return begins;
        }
    }
    false
}
