//! Handshake messages put together from the records they are cut into.

use super::item::Visit;
use crate::tls::malformed::Malformed;
use crate::tls::message::{self, Message};

/// Keeps the beginning of a message until its end has come: never more than one message.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    bytes: Vec<u8>,
}

impl Assembler {
    /// No message has begun.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Memory held, in bytes.
    pub(super) const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Gives the memory back.
    pub(super) fn clear(&mut self) {
        self.bytes = Vec::new();
    }

    /// Tells the messages that a piece of a handshake record completes, and keeps what it only begins.
    pub(super) fn push(&mut self, fragment: &[u8], visit: Visit<'_>) -> Result<(), Malformed> {
        let mut rest = self.complete(fragment, visit)?;
        if !self.bytes.is_empty() {
            return Ok(());
        }
        while let Some((message, behind)) = Message::split(rest)? {
            visit(message.into());
            rest = behind;
        }
        self.bytes.extend_from_slice(rest);
        Ok(())
    }

    /// Adds to the message that is being put together what belongs to it, and tells it when it is whole.
    fn complete<'a>(
        &mut self,
        fragment: &'a [u8],
        visit: Visit<'_>,
    ) -> Result<&'a [u8], Malformed> {
        let mut rest = fragment;
        while !self.bytes.is_empty() && !rest.is_empty() {
            let whole = Message::whole_len(&self.bytes)?.unwrap_or(message::HEADER);
            let missing = whole.saturating_sub(self.bytes.len()).min(rest.len());
            let (more, behind) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            self.bytes.extend_from_slice(more);
            rest = behind;
            if let Some((message, _)) = Message::split(&self.bytes)? {
                visit(message.into());
                self.bytes = Vec::new();
            }
        }
        Ok(rest)
    }
}
