//! Where things are: the repository, what cargo builds, and what setup keeps.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Cargo's output folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// What setup downloads and unpacks; safe to delete.
pub fn cache() -> PathBuf {
    target().join("xtask")
}

/// The tlsmon that cargo built: `debug` for tests, `release` for everything a person looks at.
pub fn tlsmon(profile: &str) -> PathBuf {
    target().join(profile).join("tlsmon")
}
