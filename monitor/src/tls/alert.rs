//! Alerts (RFC 8446 section 6): the codes that verdicts turn on. [`names`](super::names) has the words for all of them.

/// Level `warning`.
pub const WARNING: u8 = 1;
/// Level `fatal`.
pub const FATAL: u8 = 2;

/// The sender will send no more.
pub const CLOSE_NOTIFY: u8 = 0;
/// A message that does not belong here.
pub const UNEXPECTED_MESSAGE: u8 = 10;
/// A record that does not decrypt.
pub const BAD_RECORD_MAC: u8 = 20;
/// A record that is too long.
pub const RECORD_OVERFLOW: u8 = 22;
/// No parameters in common.
pub const HANDSHAKE_FAILURE: u8 = 40;
/// The certificate is corrupt or does not verify.
pub const BAD_CERTIFICATE: u8 = 42;
/// The certificate is of a kind that is not supported.
pub const UNSUPPORTED_CERTIFICATE: u8 = 43;
/// The certificate was revoked.
pub const CERTIFICATE_REVOKED: u8 = 44;
/// The certificate is outside its validity.
pub const CERTIFICATE_EXPIRED: u8 = 45;
/// The certificate was refused for another reason.
pub const CERTIFICATE_UNKNOWN: u8 = 46;
/// A field that contradicts others or is out of range.
pub const ILLEGAL_PARAMETER: u8 = 47;
/// The issuer of the certificate is not trusted.
pub const UNKNOWN_CA: u8 = 48;
/// A valid certificate whose holder is not let in.
pub const ACCESS_DENIED: u8 = 49;
/// A message that could not be read.
pub const DECODE_ERROR: u8 = 50;
/// A signature or Finished that does not verify.
pub const DECRYPT_ERROR: u8 = 51;
/// The version offered is known and refused.
pub const PROTOCOL_VERSION: u8 = 70;
/// The server wants stronger parameters than the client offers.
pub const INSUFFICIENT_SECURITY: u8 = 71;
/// A failure that has nothing to do with the peer.
pub const INTERNAL_ERROR: u8 = 80;
/// The client fell back to a version below what the server offers (RFC 7507).
pub const INAPPROPRIATE_FALLBACK: u8 = 86;
/// The user went away.
pub const USER_CANCELED: u8 = 90;
/// An extension that must be there is not.
pub const MISSING_EXTENSION: u8 = 109;
/// An extension that was not asked for.
pub const UNSUPPORTED_EXTENSION: u8 = 110;
/// No server of the name asked for (RFC 6066 section 3).
pub const UNRECOGNIZED_NAME: u8 = 112;
/// The stapled OCSP response is not acceptable.
pub const BAD_CERTIFICATE_STATUS_RESPONSE: u8 = 113;
/// No pre-shared key of that identity.
pub const UNKNOWN_PSK_IDENTITY: u8 = 115;
/// A client certificate is required.
pub const CERTIFICATE_REQUIRED: u8 = 116;
/// A failure of which no more is said (RFC 9846).
pub const GENERAL_ERROR: u8 = 117;
/// No application protocol in common (RFC 7301).
pub const NO_APPLICATION_PROTOCOL: u8 = 120;
/// The client insists on Encrypted Client Hello (RFC 9849).
pub const ECH_REQUIRED: u8 = 121;

/// Whether the connection ends with it. TLS 1.3 ignores the level: all but `close_notify` and `user_canceled` are errors
/// (RFC 8446 section 6); before, the level decides.
pub const fn is_fatal(level: u8, description: u8, tls13: bool) -> bool {
    if tls13 {
        description != CLOSE_NOTIFY && description != USER_CANCELED
    } else {
        level == FATAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_named_here_has_its_name_in_the_table() {
        assert_eq!(
            super::super::names::alert(UNRECOGNIZED_NAME),
            Some("unrecognized_name")
        );
        assert_eq!(
            super::super::names::alert(ECH_REQUIRED),
            Some("ech_required")
        );
        assert_eq!(
            super::super::names::alert(GENERAL_ERROR),
            Some("general_error")
        );
    }

    #[test]
    fn tls_1_3_ignores_the_level() {
        assert!(is_fatal(WARNING, UNRECOGNIZED_NAME, true));
        assert!(!is_fatal(WARNING, UNRECOGNIZED_NAME, false));
        assert!(!is_fatal(WARNING, CLOSE_NOTIFY, true));
        assert!(is_fatal(FATAL, CLOSE_NOTIFY, false));
    }
}
