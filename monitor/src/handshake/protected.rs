//! Records with encrypted content: of which type, and how long. What they may hold is [`inferred`](super::inferred).

use smallvec::SmallVec;

use super::BeforeFinished;

/// How many records of a direction are kept. A handshake has five in the one and three in the other; early data has more.
const MAX_KEPT: usize = 16;

/// A record with encrypted content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtectedRecord {
    /// The type in its header.
    pub content_type: u8,
    /// The length of its body.
    pub len: u16,
}

/// The protected records of one direction, until the handshake was established.
#[derive(Debug, Default)]
pub struct ProtectedRecords {
    kept: SmallVec<[ProtectedRecord; 8]>,
    not_kept: u32,
    last: Option<u16>,
}

impl ProtectedRecords {
    /// The first of them, in order.
    pub fn kept(&self) -> &[ProtectedRecord] {
        &self.kept
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many came after those.
    pub const fn not_kept(&self) -> u32 {
        self.not_kept
    }

    /// How many there are, and how long the last of them is.
    pub(super) fn so_far(&self) -> BeforeFinished {
        let kept = u16::try_from(self.kept.len()).unwrap_or(u16::MAX);
        let not_kept = u16::try_from(self.not_kept).unwrap_or(u16::MAX);
        BeforeFinished {
            records: kept.saturating_add(not_kept),
            last: self.last,
        }
    }

    pub(super) fn add(&mut self, record: ProtectedRecord) {
        self.last = Some(record.len);
        if self.kept.len() < MAX_KEPT {
            self.kept.push(record);
        } else {
            self.not_kept = self.not_kept.saturating_add(1);
        }
    }
}
