//! The names of code points, as IANA has them, without the suffix `_RESERVED` that retired ones carry there. The tables are
//! made from the registries (`registry/README.md`), with what is met on the wire and not registered.

mod alert;
mod certificate_compression;
mod cipher_suite;
mod content_type;
mod extension;
mod group;
mod handshake_type;
mod hpke_aead;
mod hpke_kdf;
mod ocsp;
mod point_format;
mod psk_mode;
mod quic_error;
mod quic_parameter;
mod signature_scheme;

/// Sorted by code point.
type Table<N> = [(N, &'static str)];

macro_rules! look_ups {
    ($($(#[$doc:meta])+ $table:ident: $code:ty;)+) => {
        $($(#[$doc])+
        pub fn $table(code: $code) -> Option<&'static str> {
            look_up($table::TABLE, code)
        })+
    };
}

look_ups! {
    /// The name of a cipher suite, as in `TLS_AES_128_GCM_SHA256`.
    cipher_suite: u16;
    /// The name of a named group, as in `X25519MLKEM768`.
    group: u16;
    /// The name of a signature scheme, as in `rsa_pss_rsae_sha256`.
    signature_scheme: u16;
    /// The name of an extension, as in `server_name`.
    extension: u16;
    /// The name of an AlertDescription, as in `unrecognized_name`.
    alert: u8;
    /// The name of a record's ContentType, as in `handshake`.
    content_type: u8;
    /// The name of a handshake message's type, as in `client_hello`.
    handshake_type: u8;
    /// The name of an ECPointFormat, as in `uncompressed`.
    point_format: u8;
    /// The name of a PskKeyExchangeMode, as in `psk_dhe_ke`.
    psk_mode: u8;
    /// The name of an algorithm for the compression of certificates, as in `brotli`.
    certificate_compression: u16;
    /// The name of an HPKE key derivation function, as in `HKDF-SHA256`.
    hpke_kdf: u16;
    /// The name of an HPKE encryption algorithm, as in `AES-128-GCM`.
    hpke_aead: u16;
    /// The name of a QUIC transport parameter, as in `max_idle_timeout`.
    quic_parameter: u64;
}

/// The name of a QUIC transport error, as in `NO_ERROR`; those that stand for a TLS alert are `CRYPTO_ERROR`.
pub fn quic_error(code: u64) -> Option<&'static str> {
    match code {
        0x100..=0x1ff => Some("CRYPTO_ERROR"),
        code => look_up(quic_error::TABLE, code),
    }
}

/// The name of an AlertLevel: `warning` or `fatal`.
pub const fn alert_level(level: u8) -> Option<&'static str> {
    match level {
        super::alert::WARNING => Some("warning"),
        super::alert::FATAL => Some("fatal"),
        _ => None,
    }
}

/// The name of an OCSPResponseStatus, as in `try_later`.
pub fn ocsp_response(status: u8) -> Option<&'static str> {
    look_up(ocsp::RESPONSES, status)
}

/// The name of a CRLReason, as in `keyCompromise`.
pub fn revocation_reason(reason: u8) -> Option<&'static str> {
    look_up(ocsp::REASONS, reason)
}

fn look_up<N: Copy + Ord>(table: &Table<N>, code: N) -> Option<&'static str> {
    let place = table.binary_search_by_key(&code, |&(code, _)| code).ok()?;
    table.get(place).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0x1301, "TLS_AES_128_GCM_SHA256")]
    #[case(0x1306, "TLS_AEGIS_256_SHA512")]
    #[case(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    #[case(0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV")]
    #[case(0x5600, "TLS_FALLBACK_SCSV")]
    #[case(0xc0b4, "TLS_SHA256_SHA256")]
    #[case(0xc101, "TLS_GOSTR341112_256_WITH_MAGMA_CTR_OMAC")]
    #[case(0xcc13, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_DRAFT")]
    fn a_cipher_suite_is_called(#[case] id: u16, #[case] name: &str) {
        assert_eq!(cipher_suite(id), Some(name));
    }

    #[test]
    fn code_points_without_meaning_have_no_name() {
        assert_eq!(cipher_suite(0x0a0a), None);
        assert_eq!(group(0x0a0a), None);
        assert_eq!(extension(0x0a0a), None);
        assert_eq!(signature_scheme(0x0a0a), None);
        assert_eq!(alert(255), None);
        assert_eq!(alert_level(0), None);
        assert_eq!(quic_error(0x200), None);
    }

    #[test]
    fn the_words_that_verdicts_show_are_the_registry_s() {
        assert_eq!(alert(112), Some("unrecognized_name"));
        assert_eq!(alert_level(2), Some("fatal"));
        assert_eq!(group(4588), Some("X25519MLKEM768"));
        assert_eq!(signature_scheme(0x0804), Some("rsa_pss_rsae_sha256"));
        assert_eq!(extension(0xfe0d), Some("encrypted_client_hello"));
        assert_eq!(extension(23), Some("extended_master_secret"));
        assert_eq!(handshake_type(12), Some("server_key_exchange"));
        assert_eq!(content_type(22), Some("handshake"));
        assert_eq!(quic_error(0x2), Some("CONNECTION_REFUSED"));
        assert_eq!(quic_error(0x128), Some("CRYPTO_ERROR"));
        assert_eq!(quic_parameter(0x20), Some("max_datagram_frame_size"));
        assert_eq!(
            (hpke_kdf(1), hpke_aead(3)),
            (Some("HKDF-SHA256"), Some("ChaCha20Poly1305"))
        );
        assert_eq!(
            (point_format(0), psk_mode(1), certificate_compression(2)),
            (Some("uncompressed"), Some("psk_dhe_ke"), Some("brotli"))
        );
    }

    #[test]
    fn tables_are_sorted_and_names_are_unique() {
        fn check<N: Copy + Ord + std::fmt::Debug>(table: &Table<N>) {
            assert!(table.is_sorted_by(|one, next| one.0 < next.0), "{table:?}");
            let names: std::collections::BTreeSet<_> = table.iter().map(|entry| entry.1).collect();
            assert_eq!(names.len(), table.len());
        }
        check(cipher_suite::TABLE);
        check(group::TABLE);
        check(signature_scheme::TABLE);
        check(extension::TABLE);
        check(alert::TABLE);
        check(quic_error::TABLE);
        check(quic_parameter::TABLE);
    }
}
