//! The client's goodbye where words are encrypted (TLS 1.3): behind its Finished, a record of an alert's size. Most of the time
//! that is close_notify; a client whose Encrypted Client Hello was not taken says ech_required there, at once (RFC 9849 section
//! 6.1.6).

use std::time::Duration;

use super::conversation::Conversation;
use super::outcome::{Decision, ended_by};
use super::{Progress, Trigger};
use crate::flow::Side;
use crate::frame::Timestamp;
use crate::report::{EndedHow, Outcome};
use crate::tls::Version;

/// What is sent in one go takes no longer.
const ONE_GO: Duration = Duration::from_millis(10);

/// The client's goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// When it came.
    pub at: Timestamp,
    /// The length of its record.
    pub len: u16,
    /// How long behind its Finished, if nothing stands between the two.
    pub behind: Option<Duration>,
}

impl Farewell {
    /// It was said in one go with its Finished: the client never meant to send anything.
    pub fn is_at_once(&self) -> bool {
        self.behind.is_some_and(|behind| behind <= ONE_GO)
    }
}

impl Progress {
    /// Takes note of a protected record of `len` bytes: of the client's goodbye, where it has finished, and the server has not
    /// said goodbye before; tickets and the like may have crossed it. Comes before the record is added to the others.
    pub(super) fn note_farewell(&mut self, from: Side, len: u16, now: Timestamp) {
        let (client, server) = (&self.sides.client, &self.sides.server);
        let is_13 = self.version().is_some_and(Version::is_tls13);
        let Some(finished) = client.finished.filter(|_| is_13 && from == Side::Client) else {
            return;
        };
        if !self.is_alert_behind(self.finished_len(), len) {
            self.goes_on = true;
        } else if self.farewell.is_none() && server.maybe_alert.is_none() {
            self.farewell = Some(Box::new(Farewell {
                at: now,
                len,
                behind: (!self.goes_on).then(|| now.since(finished)),
            }));
        }
    }

    /// The length of the record with the client's Finished, if it was kept.
    fn finished_len(&self) -> u16 {
        let client = &self.sides.client;
        let place = client.before_finished.map(|before| before.records);
        let record = place.and_then(|place| client.protected.kept().get(usize::from(place)));
        record.map_or(0, |record| record.len)
    }
}

/// Decides a handshake that was completed, but for a key of Encrypted Client Hello that its server seems to have no more. The
/// first rule that applies:
///
/// 1. Bytes are missing: as it was decided.
/// 2. The client said goodbye in one go with its Finished: failed.
/// 3. It has said nothing behind it, nor hung up: another second is waited for.
/// 4. Else as it was decided.
pub(super) fn behind_old_key(
    talk: &Conversation,
    trigger: Trigger,
    decision: Decision,
) -> Option<Decision> {
    let mut sides = [Side::Client, Side::Server].into_iter();
    if sides.any(|side| talk.gap(side).is_some()) {
        return Some(decision);
    }
    let progress = &talk.progress;
    match &progress.farewell {
        Some(farewell) if farewell.is_at_once() => Some(Decision {
            outcome: Outcome::Failed,
            by: ended_by(Side::Client),
            how: EndedHow::Alert,
            at: farewell.at,
        }),
        Some(_) => Some(decision),
        None => {
            let waits =
                !progress.goes_on && trigger == Trigger::Packet && talk.carrier.end().is_none();
            (!waits).then_some(decision)
        }
    }
}
