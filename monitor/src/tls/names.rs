//! The names of code points, as IANA has them, without the suffix `_RESERVED` that retired ones carry there.

mod alert;
mod cipher_suite;
mod extension;
mod group;
mod ocsp;
mod signature_scheme;

/// Sorted by code point.
type Table<N> = [(N, &'static str)];

/// The name of a cipher suite, as in `TLS_AES_128_GCM_SHA256`.
pub fn cipher_suite(id: u16) -> Option<&'static str> {
    let parsed = || tls_parser::TlsCipherSuite::from_id(id).map(|suite| suite.name);
    look_up(cipher_suite::SUPPLEMENT, id).or_else(parsed)
}

/// The name of a named group, as in `X25519MLKEM768`.
pub fn group(id: u16) -> Option<&'static str> {
    look_up(group::TABLE, id)
}

/// The name of a signature scheme, as in `rsa_pss_rsae_sha256`.
pub fn signature_scheme(id: u16) -> Option<&'static str> {
    look_up(signature_scheme::TABLE, id)
}

/// The name of an extension, as in `server_name`.
pub fn extension(id: u16) -> Option<&'static str> {
    look_up(extension::TABLE, id)
}

/// The name of an AlertDescription, as in `unrecognized_name`.
pub fn alert(description: u8) -> Option<&'static str> {
    look_up(alert::TABLE, description)
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

fn look_up<N: Copy + Ord>(table: &Table<N>, id: N) -> Option<&'static str> {
    let place = table.binary_search_by_key(&id, |&(id, _)| id).ok()?;
    table.get(place).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0x1301, "TLS_AES_128_GCM_SHA256")]
    #[case(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    #[case(0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV")]
    #[case(0x5600, "TLS_FALLBACK_SCSV")]
    #[case(0xc0b4, "TLS_SHA256_SHA256")]
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
    }

    #[test]
    fn the_words_that_verdicts_show_are_the_registry_s() {
        assert_eq!(alert(112), Some("unrecognized_name"));
        assert_eq!(alert_level(2), Some("fatal"));
        assert_eq!(group(4588), Some("X25519MLKEM768"));
        assert_eq!(signature_scheme(0x0804), Some("rsa_pss_rsae_sha256"));
        assert_eq!(extension(0xfe0d), Some("encrypted_client_hello"));
    }

    #[test]
    fn tables_are_sorted_and_names_are_unique() {
        fn check<N: Copy + Ord + std::fmt::Debug>(table: &Table<N>) {
            assert!(table.is_sorted_by(|one, next| one.0 < next.0), "{table:?}");
            let names: std::collections::BTreeSet<_> = table.iter().map(|entry| entry.1).collect();
            assert_eq!(names.len(), table.len());
        }
        check(cipher_suite::SUPPLEMENT);
        check(group::TABLE);
        check(signature_scheme::TABLE);
        check(extension::TABLE);
        check(alert::TABLE);
    }
}
