//! JA3S: what a server answers to a given client.

use md5::{Digest, Md5};

use super::{Material, Md5Text, dashed, hex, text};
use crate::tls::ServerHello;

/// The JA3S fingerprint: the MD5 of [`ja3s_text`] in hexadecimal.
pub fn ja3s(hello: &ServerHello) -> Md5Text {
    hex(&Md5::digest(material(hello)))
}

/// What JA3S is taken of: version field, cipher suite and extensions. GREASE is not left out here, as in the reference.
pub fn ja3s_text(hello: &ServerHello) -> String {
    text(&material(hello))
}

fn material(hello: &ServerHello) -> Material {
    let mut material = Material::new();
    dashed(&mut material, [hello.legacy_version.0]);
    material.push(b',');
    dashed(&mut material, [hello.cipher_suite]);
    material.push(b',');
    dashed(&mut material, hello.extensions.iter().copied());
    material
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `md5sum` says of the text.
    #[test]
    fn the_hash_is_lower_case_md5() {
        let text = "771,4866,43-51";
        let hash: Md5Text = hex(&Md5::digest(text));
        assert_eq!(&*hash, "15af977ce25de452b96affa2addb1036");
    }
}
