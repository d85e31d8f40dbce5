//! HPKE KDF Identifiers. Made by `cargo xtask names` from `registry/`: change it there.

#[rustfmt::skip]
pub(super) const TABLE: &super::Table<u16> = &[
    (0x0001, "HKDF-SHA256"),
    (0x0002, "HKDF-SHA384"),
    (0x0003, "HKDF-SHA512"),
];
