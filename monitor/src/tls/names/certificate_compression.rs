//! TLS Certificate Compression Algorithm IDs. Made by `cargo xtask names` from `registry/`: change it there.

#[rustfmt::skip]
pub(super) const TABLE: &super::Table<u16> = &[
    (0x0001, "zlib"),
    (0x0002, "brotli"),
    (0x0003, "zstd"),
];
