//! Clients that complete the handshake before they look at the certificate, and leave without a word when they do not take
//! it. Node.js checks it behind its Finished and sends FIN, curl its host name, and sends close_notify.
//!
//! A client that only looks whether the server is there does the same. So it counts where the certificate could be read
//! (TLS 1.2 and before) and has a fault in plain sight; of others nothing is waited for, and they stay established.

use super::conversation::Conversation;
use super::outcome::{Decision, ended_by, ended_how, undecided};
use super::{FirstWord, Trigger};
use crate::flow::{Ending, Side};
use crate::frame::Timestamp;
use crate::report::{EndedHow, Outcome};

/// What is to be said against the certificate of a handshake that was completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody has looked.
    #[default]
    Unexamined,
    /// Nothing, as far as can be seen.
    None,
    /// A fault that many clients are told to accept, or that those which send close_notify find before they finish: whoever
    /// finishes and sends that was content with it, as `openssl s_client` is by default.
    Slight,
    /// A fault that is looked for behind the handshake as well: the host name.
    Grave,
    /// Nothing against the certificate. The client's hello is encrypted (Encrypted Client Hello) for a key that others use no
    /// more: it may be refused.
    OldKey,
}

impl Doubt {
    const fn is_doubt(self) -> bool {
        matches!(self, Self::Slight | Self::Grave)
    }
}

/// Decides a handshake that was completed. The first rule that applies:
///
/// 1. There is nothing to be said against its certificate: established.
/// 2. The client's first word behind it is an alert, which is encrypted: failed, where the fault is grave. One that was told
///    to accept the certificate closes so as well.
/// 3. Another word was said: established.
/// 4. The client hangs up without a word: failed. By RST, where the fault is grave.
/// 5. A second has passed, or the capture is over: established.
pub(super) fn completed(talk: &Conversation, trigger: Trigger, now: Timestamp) -> Option<Decision> {
    let established = |at| Some(undecided(Outcome::Established, at));
    if !talk.doubt.is_doubt() || lacks_bytes(talk) {
        return established(now);
    }
    let end = talk.carrier.end();
    match (talk.progress.first_word, end) {
        (Some(word), _) if refuses(talk, word) => Some(left(EndedHow::Alert, word.at)),
        (Some(word), _) => established(word.at),
        (None, Some(end)) if end.by == Side::Client && hangs_up(talk, end.how) => {
            Some(left(ended_how(end), end.at))
        }
        (None, Some(end)) => established(end.at),
        (None, None) if trigger == Trigger::Packet => None,
        (None, None) => established(now),
    }
}

fn lacks_bytes(talk: &Conversation) -> bool {
    let mut sides = [Side::Client, Side::Server].into_iter();
    sides.any(|side| talk.gap(side).is_some())
}

fn refuses(talk: &Conversation, word: FirstWord) -> bool {
    word.is_alert && word.from == Side::Client && talk.doubt == Doubt::Grave
}

fn hangs_up(talk: &Conversation, how: Ending) -> bool {
    how == Ending::Close || talk.doubt == Doubt::Grave
}

const fn left(how: EndedHow, at: Timestamp) -> Decision {
    Decision {
        outcome: Outcome::Failed,
        by: ended_by(Side::Client),
        how,
        at,
    }
}
