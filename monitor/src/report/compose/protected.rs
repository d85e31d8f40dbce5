//! The encrypted records of a handshake, and what they are inferred to hold.

use crate::flow::Side;
use crate::handshake::{Meaning, Progress};
use crate::report::{Protected, ProtectedRecordReport};

/// All of them; none when there were none.
pub(super) fn records(progress: &Progress) -> Option<Protected> {
    let sides = [Side::Client, Side::Server];
    if sides
        .iter()
        .all(|side| progress.sides[*side].protected.kept().is_empty())
    {
        return None;
    }
    let inferred = progress.inferred();
    let not_listed = sides.map(|side| progress.sides[side].protected.not_kept());
    Some(Protected {
        client: of(progress, Side::Client, &inferred.client),
        server: of(progress, Side::Server, &inferred.server),
        not_listed: not_listed.iter().copied().fold(0, u32::saturating_add),
    })
}

fn of(progress: &Progress, side: Side, inferred: &[Meaning]) -> Vec<ProtectedRecordReport> {
    let records = progress.sides[side].protected.kept();
    let both = records.iter().zip(inferred);
    both.map(|(record, inferred)| ProtectedRecordReport {
        content_type: record.content_type,
        bytes: record.len,
        inferred,
    })
    .collect()
}
