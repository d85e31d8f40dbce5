//! QUIC Transport Error Codes. Made by `cargo xtask names` from `registry/`: change it there.

#[rustfmt::skip]
pub(super) const TABLE: &super::Table<u64> = &[
    (0x0, "NO_ERROR"),
    (0x1, "INTERNAL_ERROR"),
    (0x2, "CONNECTION_REFUSED"),
    (0x3, "FLOW_CONTROL_ERROR"),
    (0x4, "STREAM_LIMIT_ERROR"),
    (0x5, "STREAM_STATE_ERROR"),
    (0x6, "FINAL_SIZE_ERROR"),
    (0x7, "FRAME_ENCODING_ERROR"),
    (0x8, "TRANSPORT_PARAMETER_ERROR"),
    (0x9, "CONNECTION_ID_LIMIT_ERROR"),
    (0xa, "PROTOCOL_VIOLATION"),
    (0xb, "INVALID_TOKEN"),
    (0xc, "APPLICATION_ERROR"),
    (0xd, "CRYPTO_BUFFER_EXCEEDED"),
    (0xe, "KEY_UPDATE_ERROR"),
    (0xf, "AEAD_LIMIT_REACHED"),
    (0x10, "NO_VIABLE_PATH"),
    (0x11, "VERSION_NEGOTIATION_ERROR"),
    (0x3e, "APPLICATION_ABANDON_PATH"),
    (0x3e75, "PATH_RESOURCE_LIMIT_REACHED"),
    (0x3e76, "PATH_UNSTABLE_OR_POOR"),
    (0x3e77, "NO_CID_AVAILABLE_FOR_PATH"),
    (0x4143_4142_1337_0002, "BDP_TOKEN_ERROR"),
];
