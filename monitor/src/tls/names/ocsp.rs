//! OCSPResponseStatus (RFC 6960 section 4.2.1) and CRLReason (RFC 5280 section 5.3.1).

pub(super) const RESPONSES: &super::Table<u8> = &[
    (0, "successful"),
    (1, "malformed_request"),
    (2, "internal_error"),
    (3, "try_later"),
    (5, "sig_required"),
    (6, "unauthorized"),
];

pub(super) const REASONS: &super::Table<u8> = &[
    (0, "unspecified"),
    (1, "keyCompromise"),
    (2, "cACompromise"),
    (3, "affiliationChanged"),
    (4, "superseded"),
    (5, "cessationOfOperation"),
    (6, "certificateHold"),
    (8, "removeFromCRL"),
    (9, "privilegeWithdrawn"),
    (10, "aACompromise"),
];
