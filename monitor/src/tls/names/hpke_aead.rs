//! HPKE AEAD Identifiers. Made by `cargo xtask names` from `registry/`: change it there.

#[rustfmt::skip]
pub(super) const TABLE: &super::Table<u16> = &[
    (0x0001, "AES-128-GCM"),
    (0x0002, "AES-256-GCM"),
    (0x0003, "ChaCha20Poly1305"),
    (0xffff, "Export-only"),
];
