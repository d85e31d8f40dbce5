//! JA3S: what a server answers to a given client.

use md5::{Digest, Md5};

use super::{dashed, hex};
use crate::tls::ServerHello;

/// The JA3S fingerprint: the MD5 of [`ja3s_text`] in hexadecimal.
pub fn ja3s(hello: &ServerHello) -> String {
    hex(&Md5::digest(ja3s_text(hello)))
}

/// What JA3S is taken of: version field, cipher suite and extensions. GREASE is not left out here, as in the reference.
pub fn ja3s_text(hello: &ServerHello) -> String {
    let version = hello.legacy_version.0;
    let suite = hello.cipher_suite;
    let extensions = dashed(hello.extensions.iter().copied());
    format!("{version},{suite},{extensions}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `md5sum` says of the text.
    #[test]
    fn the_hash_is_lower_case_md5() {
        let text = "771,4866,43-51";
        assert_eq!(hex(&Md5::digest(text)), "15af977ce25de452b96affa2addb1036");
    }
}
