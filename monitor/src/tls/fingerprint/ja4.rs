//! JA4 for TLS clients: what a client offers, sorted, so that shuffled extensions do not matter.

use arrayvec::ArrayString;
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

use super::{Ja4Text, Material, hex, hex_digit, hex_digits, text, without_grease};
use crate::tls::{ClientHello, ExtensionType, Version};

/// The JA4 fingerprint, as in `t13d1516h2_8daaf6152771_e5627efa2ab1`. `transport` is `t` for TCP and `q` for QUIC.
///
/// 1. GREASE is left out everywhere.
/// 2. The version is the highest of supported_versions, else the version field.
/// 3. `d` stands for a server_name, `i` for none.
/// 4. Cipher suites and extensions are counted, to 99 at most.
/// 5. The first and last character of the first application protocol; of its hexadecimal form when one of them is neither
///    letter nor digit; `00` without any.
/// 6. Cipher suites are hashed sorted.
/// 7. Extensions are hashed sorted, without server_name and ALPN, which stand in the first part already; then the signature
///    schemes as sent.
/// 8. An empty list is `000000000000`.
pub fn ja4(hello: &ClientHello, transport: char) -> Ja4Text {
    let mut fingerprint = Ja4Text::new();
    let [suites, rest] = [suites(hello), extensions(hello)].map(|list| hash12(&list));
    for part in [head(hello, transport).as_str(), "_", &suites, "_", &rest] {
        // Ten, twelve and twelve characters and two dashes always have room.
        _ = fingerprint.try_push_str(part);
    }
    fingerprint
}

/// What JA4 is taken of: the fingerprint with its lists in place of their hashes (`JA4_r`).
pub fn ja4_text(hello: &ClientHello, transport: char) -> String {
    let [suites, rest] = [suites(hello), extensions(hello)].map(|list| text(&list));
    format!("{}_{suites}_{rest}", head(hello, transport))
}

fn head(hello: &ClientHello, transport: char) -> ArrayString<10> {
    let name = if hello.has(ExtensionType::SERVER_NAME) {
        b'd'
    } else {
        b'i'
    };
    let [high, low] = *version(hello);
    let [suites_high, suites_low] = count(&hello.cipher_suites);
    let [extensions_high, extensions_low] = count(&hello.extensions);
    let [first, last] = protocol(hello.alpn.first().unwrap_or_default());
    let transport = u8::try_from(transport).unwrap_or(b'?');
    let head = [
        transport,
        high,
        low,
        name,
        suites_high,
        suites_low,
        extensions_high,
        extensions_low,
        first,
        last,
    ];
    // All of them are ASCII.
    ArrayString::from_byte_string(&head).unwrap_or_default()
}

/// How many there are without GREASE, to 99 at most, in two digits.
fn count(numbers: &[u16]) -> [u8; 2] {
    let count = u8::try_from(without_grease(numbers).count().min(99)).unwrap_or(99);
    [count / 10, count % 10].map(hex_digit)
}

fn version(hello: &ClientHello) -> &'static [u8; 2] {
    let highest = without_grease(&hello.versions).max();
    match highest.map_or(hello.legacy_version, Version) {
        Version::TLS1_3 => b"13",
        Version::TLS1_2 => b"12",
        Version::TLS1_1 => b"11",
        Version::TLS1_0 => b"10",
        Version::SSL3_0 => b"s3",
        Version::SSL2_0 => b"s2",
        _ => b"00",
    }
}

fn protocol(name: &[u8]) -> [u8; 2] {
    let (Some(&first), Some(&last)) = (name.first(), name.last()) else {
        return *b"00";
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        [first, last]
    } else {
        [first >> 4, last & 0x0f].map(hex_digit)
    }
}

/// The cipher suites, sorted.
fn suites(hello: &ClientHello) -> Material {
    let mut material = Material::new();
    commas(&mut material, sorted(without_grease(&hello.cipher_suites)));
    material
}

/// The extensions, sorted, and the signature schemes behind them as sent.
fn extensions(hello: &ClientHello) -> Material {
    let mut material = Material::new();
    let named = [ExtensionType::SERVER_NAME.0, ExtensionType::ALPN.0];
    let kinds = without_grease(&hello.extensions).filter(|kind| !named.contains(kind));
    commas(&mut material, sorted(kinds));
    let mut schemes = without_grease(&hello.signature_schemes).peekable();
    if schemes.peek().is_some() {
        material.push(b'_');
        commas(&mut material, schemes);
    }
    material
}

fn sorted(numbers: impl Iterator<Item = u16>) -> SmallVec<[u16; 64]> {
    let mut numbers: SmallVec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

/// Appends the numbers as four hexadecimal digits each with commas between them.
fn commas(material: &mut Material, numbers: impl IntoIterator<Item = u16>) {
    for (index, number) in numbers.into_iter().enumerate() {
        if index > 0 {
            material.push(b',');
        }
        for byte in number.to_be_bytes() {
            material.extend_from_slice(&hex_digits(byte));
        }
    }
}

/// The first twelve digits of the SHA-256; zeros for an empty list.
fn hash12(list: &[u8]) -> ArrayString<12> {
    if list.is_empty() {
        hex(&[0; 6])
    } else {
        hex(&Sha256::digest(list))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::tls::samples;

    /// The examples of the JA4 specification.
    #[rstest]
    #[case(b"", "00")]
    #[case(b"h2", "h2")]
    #[case(b"http/1.1", "h1")]
    #[case(b"x", "xx")]
    #[case(&[0xab], "ab")]
    #[case(&[0xab, 0xcd], "ad")]
    #[case(&[0x30, 0xab], "3b")]
    #[case(&[0x30, 0x31, 0xab, 0xcd], "3d")]
    #[case(&[0x30, 0xab, 0xcd, 0x31], "01")]
    fn the_first_and_last_character_of_the_protocol(#[case] name: &[u8], #[case] shown: &str) {
        assert_eq!(protocol(name), shown.as_bytes());
    }

    /// The examples of the JA4 specification.
    #[rstest]
    #[case("", "000000000000")]
    #[case(
        "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9",
        "8daaf6152771"
    )]
    #[case(
        "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01",
        "6d807ffa2a79"
    )]
    #[case(
        "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_\
         0403,0804,0401,0503,0805,0501,0806,0601",
        "e5627efa2ab1"
    )]
    fn a_list_hashes_to(#[case] list: &str, #[case] hash: &str) {
        assert_eq!(&*hash12(list.as_bytes()), hash);
    }

    #[test]
    fn grease_is_left_out_and_lists_are_sorted() {
        let hello = samples::hello_with_grease();
        assert_eq!(
            ja4_text(&hello, 't'),
            "t13d0206h2_1301,c02b_000a,000b,000d,002b_0804,0403"
        );
    }

    #[test]
    fn a_hello_without_extensions_has_a_hash_of_zeros() {
        let hello = samples::hello_without_extensions();
        assert_eq!(ja4_text(&hello, 'q'), "q10i020000_0004,0005_");
        assert!(ja4(&hello, 'q').ends_with("_000000000000"));
    }

    #[test]
    fn the_highest_version_counts_even_when_it_is_a_draft() {
        let mut hello = samples::hello_with_grease();
        Arc::make_mut(&mut hello).versions = [0x0303, 0x7f1c, 0xfafa].into_iter().collect();
        assert_eq!(version(&hello), b"00");
    }
}
