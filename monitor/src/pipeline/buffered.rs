//! Memory that all conversations together hold for bytes that wait for others.

use crate::handshake::Conversation;

/// How much it is, in bytes.
#[derive(Debug, Default)]
pub(super) struct Buffered(usize);

impl Buffered {
    /// How much it is by now.
    pub(super) const fn bytes(&self) -> usize {
        self.0
    }

    /// Counts what a conversation holds by now. False when all of them would hold more than `most`: this one had to give up
    /// what it held.
    pub(super) fn count(&mut self, talk: &mut Conversation, most: usize) -> bool {
        let held = talk.buffered();
        let fits = self.put(talk, held) <= most;
        if !fits {
            talk.give_up();
            self.put(talk, 0);
        }
        fits
    }

    /// A conversation is not followed any more.
    pub(super) const fn let_go(&mut self, talk: &Conversation) {
        self.0 = self.0.saturating_sub(talk.counted as usize);
    }

    fn put(&mut self, talk: &mut Conversation, held: usize) -> usize {
        self.0 = self.0.saturating_add(held);
        self.let_go(talk);
        // What a conversation holds is bounded, far below 4 GiB.
        talk.counted = u32::try_from(held).unwrap_or(u32::MAX);
        self.0
    }
}
