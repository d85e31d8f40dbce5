//! TLS EC Point Formats. Made by `cargo xtask names` from `registry/`: change it there.

#[rustfmt::skip]
pub(super) const TABLE: &super::Table<u8> = &[
    (0, "uncompressed"),
    (1, "ansiX962_compressed_prime"),
    (2, "ansiX962_compressed_char2"),
];
