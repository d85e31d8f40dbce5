//! The hellos of the runbook's questions: what clients of today offer, and that with one thing changed.

use super::hello::Hello;
use super::share::{P256, P384, X25519, X25519_MLKEM768};
use crate::report::ProbeQuestion;
use crate::tls::Version;

/// A name that nobody serves (RFC 6761 section 6.4).
pub(super) const OTHER_NAME: &str = "tlsmon-probe.invalid";
/// A protocol that nobody speaks.
const OTHER_PROTOCOL: &[u8] = b"tlsmon-probe";

/// The suites of TLS 1.3.
const TLS13: &[u16] = &[0x1301, 0x1302, 0x1303];
/// ECDHE with AES-GCM or ChaCha20-Poly1305.
const AEAD: &[u16] = &[0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];
/// ECDHE with AES-CBC.
const CBC: &[u16] = &[
    0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027, 0xc024, 0xc028,
];
/// RSA key exchange with AES.
const RSA: &[u16] = &[0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d];
/// 3DES, RC4, DES, export ciphers, no cipher, no certificate.
const WEAK: &[u16] = &[
    0x000a, 0xc012, 0xc008, 0x0005, 0x0004, 0xc011, 0xc007, 0x0009, 0x0003, 0x0006, 0x0008, 0x0001,
    0x0002, 0x003b, 0xc010, 0xc006, 0x0018, 0x0034, 0x003a, 0xc018, 0xc019,
];
/// What TLS 1.0 and 1.1 can use: ECDHE, DHE and RSA with AES-CBC.
const OLD: &[u16] = &[
    0xc009, 0xc013, 0xc00a, 0xc014, 0x0033, 0x0039, 0x002f, 0x0035,
];

/// ECDSA, Ed25519, RSA-PSS and RSA with SHA-2; RSA with SHA-1 last.
const SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0809, 0x0401, 0x0501, 0x0601, 0x0201,
];

/// The extensions of ordinary clients, without the name.
const EXTENSIONS: &[u16] = &[23, 0xff01, 10, 11, 16, 5, 13, 51, 45, 43];

/// Today's versions, for a client that takes either.
const MODERN: &[Version] = &[Version::TLS1_3, Version::TLS1_2];
/// Every version there is.
pub(super) const EVERY_VERSION: &[Version] = &[
    Version::TLS1_3,
    Version::TLS1_2,
    Version::TLS1_1,
    Version::TLS1_0,
];

/// What a client of today offers, but for a post-quantum share, which is a question of its own.
pub(super) fn modern(name: Option<&str>) -> Hello {
    let hello = Hello {
        suites: every_suite(),
        compression: vec![0],
        extensions: EXTENSIONS.to_vec(),
        schemes: SCHEMES.to_vec(),
        point_formats: vec![0],
        psk_modes: vec![1],
        ..Hello::default()
    };
    hello
        .with_versions(MODERN)
        .with_groups(&[X25519, P256, P384], &[X25519, P256])
        .with_protocols(&[b"h2", b"http/1.1"])
        .named(name.map(str::as_bytes))
}

/// All suites that are not weak.
pub(super) fn every_suite() -> Vec<u16> {
    [TLS13, AEAD, CBC, RSA].concat()
}

/// All signature schemes that are asked for.
pub(super) fn every_scheme() -> Vec<u16> {
    SCHEMES.to_vec()
}

/// The hello of a question; `name` is the one to ask for, where the question is not about the name.
pub(super) fn of(question: ProbeQuestion, name: Option<&str>, hidden: bool) -> Hello {
    let hello = modern(name);
    match question {
        ProbeQuestion::Tls10 => only(hello, Version::TLS1_0, OLD),
        ProbeQuestion::Tls11 => only(hello, Version::TLS1_1, OLD),
        ProbeQuestion::Tls12 => only(hello, Version::TLS1_2, &[AEAD, CBC, RSA].concat()),
        ProbeQuestion::Tls13 => only(hello, Version::TLS1_3, TLS13),
        ProbeQuestion::Aead => only(hello, Version::TLS1_2, AEAD),
        ProbeQuestion::Cbc => only(hello, Version::TLS1_2, CBC),
        ProbeQuestion::RsaKeyExchange => only(hello, Version::TLS1_2, RSA),
        ProbeQuestion::Weak => only(hello, Version::TLS1_2, WEAK),
        ProbeQuestion::AlpnH2 => visible(hello, hidden).with_protocols(&[b"h2"]),
        ProbeQuestion::AlpnHttp11 => visible(hello, hidden).with_protocols(&[b"http/1.1"]),
        ProbeQuestion::AlpnNone => visible(hello, hidden).with_protocols(&[]),
        ProbeQuestion::AlpnOther => visible(hello, hidden).with_protocols(&[OTHER_PROTOCOL]),
        ProbeQuestion::PostQuantum | ProbeQuestion::PostQuantumInPieces => {
            let groups = [X25519_MLKEM768, X25519, P256, P384];
            hello.with_groups(&groups, &[X25519_MLKEM768, X25519])
        }
        _ => hello,
    }
}

fn only(mut hello: Hello, version: Version, suites: &[u16]) -> Hello {
    hello.suites = suites.to_vec();
    let has_schemes = version >= Version::TLS1_2;
    hello
        .with_versions(&[version])
        .set(crate::tls::ExtensionType::SIGNATURE_ALGORITHMS, has_schemes)
}

/// TLS 1.3 encrypts which protocol it chose. Where the server speaks TLS 1.2 too, it is asked in that.
fn visible(hello: Hello, hidden: bool) -> Hello {
    if hidden {
        hello
    } else {
        only(hello, Version::TLS1_2, &[AEAD, CBC, RSA].concat())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::probe::noise::Noise;
    use crate::tls::{ClientHello, names};

    fn read(question: ProbeQuestion) -> Arc<ClientHello> {
        let message = of(question, Some("a.example"), false).message(&mut Noise::new([4; 32]));
        ClientHello::parse(&message[4..]).unwrap()
    }

    #[test]
    fn every_question_s_hello_reads_back_without_an_unreadable_extension() {
        for question in ProbeQuestion::ALL {
            let hello = read(*question);
            assert!(hello.unreadable.is_empty(), "{question}: {hello:?}");
            assert!(!hello.cipher_suites.is_empty(), "{question}");
            let unnamed = hello
                .cipher_suites
                .iter()
                .find(|suite| names::cipher_suite(**suite).is_none());
            assert_eq!(unnamed, None, "{question}");
        }
    }

    #[test]
    fn a_version_is_offered_alone() {
        for (question, version) in [
            (ProbeQuestion::Tls10, Version::TLS1_0),
            (ProbeQuestion::Tls11, Version::TLS1_1),
            (ProbeQuestion::Tls12, Version::TLS1_2),
            (ProbeQuestion::Tls13, Version::TLS1_3),
        ] {
            let offered: Vec<_> = read(question).offered_versions().collect();
            assert_eq!(offered, [version]);
        }
    }

    #[test]
    fn weak_suites_are_in_no_other_question() {
        for suite in WEAK {
            assert!(
                !every_suite().contains(suite) && !OLD.contains(suite),
                "{suite:#06x}"
            );
        }
    }

    #[test]
    fn only_the_post_quantum_hello_takes_more_than_a_segment() {
        for question in ProbeQuestion::ALL {
            let long = read(*question).len > 1400;
            let expected = matches!(
                question,
                ProbeQuestion::PostQuantum | ProbeQuestion::PostQuantumInPieces
            );
            assert_eq!(long, expected, "{question}");
        }
    }
}
