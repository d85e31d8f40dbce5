//! TLS ContentType. Made by `cargo xtask names` from `registry/`: change it there.

#[rustfmt::skip]
pub(super) const TABLE: &super::Table<u8> = &[
    (20, "change_cipher_spec"),
    (21, "alert"),
    (22, "handshake"),
    (23, "application_data"),
    (24, "heartbeat"),
    (25, "tls12_cid"),
    (26, "ACK"),
    (27, "return_routability_check"),
];
