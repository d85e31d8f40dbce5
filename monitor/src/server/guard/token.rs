//! The token that callers from elsewhere send.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::fresh::Fresh;
use crate::server::ServeError;

/// Characters that a token must have, so that it cannot be guessed.
const SHORTEST: usize = 16;
/// Bytes that its file may have.
const LONGEST: u64 = 4096;

/// A file with a token. Of the token only its digest is kept.
#[derive(Debug)]
pub(super) struct TokenFile(Fresh<[u8; 32]>);

impl TokenFile {
    pub(super) fn read(path: &Path) -> Result<Self, ServeError> {
        Fresh::new(vec![path.to_owned()], digest_in).map(Self)
    }

    /// Whether this is the token. How long that takes does not tell how much of it is right.
    pub(super) fn is(&self, given: &str) -> bool {
        digest(given).ct_eq(&self.0.get()).into()
    }
}

fn digest_in(files: &[PathBuf]) -> Result<[u8; 32], ServeError> {
    let path = files.first().cloned().unwrap_or_default();
    let is_small = fs::metadata(&path).map(|file| file.len() <= LONGEST);
    let text = match is_small.and_then(|small| {
        if small {
            fs::read_to_string(&path)
        } else {
            Ok(String::new())
        }
    }) {
        Ok(text) => text,
        Err(source) => return Err(ServeError::Unreadable { path, source }),
    };
    let token = text.trim();
    if token.len() < SHORTEST || token.contains(char::is_whitespace) {
        return Err(ServeError::NoToken { path });
    }
    Ok(digest(token))
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
