//! The files that are written, each once.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::PathBuf;

/// Longer ones only slow the fuzzer down.
const MAX_LEN: usize = 32 * 1024;

pub struct Seeds {
    out: PathBuf,
    written: HashSet<u64>,
}

impl Seeds {
    pub fn new(out: PathBuf) -> Self {
        Self {
            out,
            written: HashSet::new(),
        }
    }

    pub fn count(&self) -> usize {
        self.written.len()
    }

    /// One more for a target, unless it is too long or there already.
    pub fn add(&mut self, target: &str, bytes: &[u8]) -> std::io::Result<()> {
        let mut hasher = DefaultHasher::new();
        (target, bytes).hash(&mut hasher);
        let hash = hasher.finish();
        if bytes.len() > MAX_LEN || !self.written.insert(hash) {
            return Ok(());
        }
        let folder = self.out.join(target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{hash:016x}")), bytes)
    }
}
