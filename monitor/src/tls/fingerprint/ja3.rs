//! JA3: what a client offers, in its order.

use md5::{Digest, Md5};

use super::{Material, Md5Text, dashed, hex, text, without_grease};
use crate::tls::ClientHello;

/// The JA3 fingerprint: the MD5 of [`ja3_text`] in hexadecimal.
pub fn ja3(hello: &ClientHello) -> Md5Text {
    hex(&Md5::digest(material(hello)))
}

/// What JA3 is taken of: version field, cipher suites, extensions, groups and point formats, without GREASE.
pub fn ja3_text(hello: &ClientHello) -> String {
    text(&material(hello))
}

fn material(hello: &ClientHello) -> Material {
    let mut material = Material::new();
    dashed(&mut material, [hello.legacy_version.0]);
    for list in [&hello.cipher_suites, &hello.extensions, &hello.groups] {
        material.push(b',');
        dashed(&mut material, without_grease(list));
    }
    material.push(b',');
    let formats = hello.point_formats.iter().copied().map(u16::from);
    dashed(&mut material, formats);
    material
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
        let hash: Md5Text = hex(&Md5::digest(text));
        assert_eq!(&*hash, "ada70206e40642a3e4461f35503241d5");
    }
}
