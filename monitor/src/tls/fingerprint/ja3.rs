//! JA3: what a client offers, in its order.

use md5::{Digest, Md5};

use super::{dashed, hex, without_grease};
use crate::tls::ClientHello;

/// The JA3 fingerprint: the MD5 of [`ja3_text`] in hexadecimal.
pub fn ja3(hello: &ClientHello) -> String {
    hex(&Md5::digest(ja3_text(hello)))
}

/// What JA3 is taken of: version field, cipher suites, extensions, groups and point formats, without GREASE.
pub fn ja3_text(hello: &ClientHello) -> String {
    let version = hello.legacy_version.0;
    let suites = dashed(without_grease(&hello.cipher_suites));
    let extensions = dashed(without_grease(&hello.extensions));
    let groups = dashed(without_grease(&hello.groups));
    let formats = dashed(hello.point_formats.iter().copied().map(u16::from));
    format!("{version},{suites},{extensions},{groups},{formats}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::samples;

    #[test]
    fn grease_is_left_out_and_order_kept() {
        let hello = samples::hello_with_grease();
        assert_eq!(
            ja3_text(&hello),
            "771,4865-49195,0-10-11-16-13-43,29-23,0-1"
        );
    }

    #[test]
    fn a_hello_without_extensions_keeps_its_commas() {
        let hello = samples::hello_without_extensions();
        assert_eq!(ja3_text(&hello), "769,4-5,,,");
    }

    /// The example of the JA3 specification.
    #[test]
    fn the_hash_is_lower_case_md5() {
        let text = "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0";
        assert_eq!(hex(&Md5::digest(text)), "ada70206e40642a3e4461f35503241d5");
    }
}
