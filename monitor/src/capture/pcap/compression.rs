//! Undoes gzip and zstd, told by their magic bytes and not by a name.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::zstd;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// How much compressed data is read at once.
const CHUNK: usize = 128 * 1024;

/// The bytes as they were before compression, if there was any.
pub(super) fn undo<'p>(mut bytes: Box<dyn Read + 'p>) -> io::Result<Box<dyn Read + 'p>> {
    let mut head = Vec::with_capacity(4);
    bytes.by_ref().take(4).read_to_end(&mut head)?;
    let is_gzip = head.starts_with(GZIP);
    let is_zstd = zstd::is_magic(&head);
    let whole = Cursor::new(head).chain(bytes);
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(CHUNK, whole)))
    } else if is_zstd {
        Box::new(zstd::Reader::new(BufReader::with_capacity(CHUNK, whole)))
    } else {
        Box::new(whole)
    })
}
