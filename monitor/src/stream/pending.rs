//! Bytes that wait behind a hole.

use super::{MAX_PENDING_BYTES, Piece, distance};

/// How many separate runs of bytes may wait.
const MAX_FRAGMENTS: usize = 64;

/// Runs of bytes in order, none touching another.
#[derive(Debug, Default)]
pub(super) struct Pending {
    fragments: Vec<Fragment>,
}

/// A run of bytes behind a hole.
#[derive(Debug)]
pub(super) struct Fragment {
    seq: u32,
    pub(super) bytes: Vec<u8>,
    /// How many segments brought it.
    pub(super) segments: u32,
    /// The capture cut the segment that ends here.
    pub(super) truncated: bool,
}

/// More waits than may wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.fragments.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        let sizes = self.fragments.iter().map(|fragment| fragment.bytes.len());
        sizes.sum()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The sequence number of the first byte that waits.
    pub(super) fn begins(&self) -> Option<u32> {
        self.fragments.first().map(|first| first.seq)
    }

    /// Whether something waits whose first byte lies before `seq`; offsets count from `next`.
    pub(super) fn begins_before(&self, next: u32, seq: u32) -> bool {
        self.fragments
            .first()
            .is_some_and(|first| distance(next, first.seq) < distance(next, seq))
    }

    /// Takes the run that holds the byte at `next`, and how many of its bytes lie before it. Runs wholly before are dropped.
    pub(super) fn take_at(&mut self, next: u32) -> Option<(Fragment, usize)> {
        while distance(next, self.fragments.first()?.seq) <= 0 {
            let fragment = self.fragments.remove(0);
            let skip = distance(fragment.seq, next).unsigned_abs() as usize;
            if skip < fragment.bytes.len() || fragment.truncated {
                return Some((fragment, skip));
            }
        }
        None
    }

    /// Adds those bytes of a piece that are not here yet; `next` orders what is before and after.
    pub(super) fn insert(&mut self, next: u32, piece: &Piece<'_>) -> Result<(), Full> {
        let mut rest = Fragment {
            seq: piece.seq,
            bytes: piece.bytes.to_vec(),
            segments: 1,
            truncated: piece.bytes.len() < piece.wire_len as usize,
        };
        let mut merged = Vec::with_capacity(self.fragments.len() + 1);
        for held in self.fragments.drain(..) {
            if held.end(next) < rest.start(next) {
                merged.push(held);
            } else if rest.end(next) < held.start(next) {
                merged.push(std::mem::replace(&mut rest, held));
            } else {
                rest = held.join(&rest, next);
            }
        }
        merged.push(rest);
        self.fragments = merged;
        if self.bytes() > MAX_PENDING_BYTES || self.fragments.len() > MAX_FRAGMENTS {
            Err(Full)
        } else {
            Ok(())
        }
    }
}

impl Fragment {
    fn start(&self, next: u32) -> i32 {
        distance(next, self.seq)
    }

    fn end(&self, next: u32) -> i32 {
        self.start(next)
            .saturating_add(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX))
    }

    /// Joins a run that touches or overlaps this one; where both have a byte, this one's stays.
    fn join(mut self, other: &Self, next: u32) -> Self {
        let lead = usize::try_from(self.start(next).saturating_sub(other.start(next))).unwrap_or(0);
        let skip = usize::try_from(self.end(next).saturating_sub(other.start(next))).unwrap_or(0);
        let tail = other.bytes.get(skip..).unwrap_or_default();
        self.truncated = if tail.is_empty() {
            self.truncated || other.truncated
        } else {
            other.truncated
        };
        self.bytes.extend_from_slice(tail);
        if let Some(head) = other.bytes.get(..lead).filter(|head| !head.is_empty()) {
            self.bytes.splice(..0, head.iter().copied());
            self.seq = other.seq;
        }
        self.segments = self.segments.saturating_add(other.segments);
        self
    }
}
