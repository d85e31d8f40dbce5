//! TLS PskKeyExchangeMode. Made by `cargo xtask names` from `registry/`: change it there.

#[rustfmt::skip]
pub(super) const TABLE: &super::Table<u8> = &[
    (0, "psk_ke"),
    (1, "psk_dhe_ke"),
];
