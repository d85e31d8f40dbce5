//! Resets that come from neither side.

use super::{Carrier, Conversation};
use crate::flow::{Ending, Foreign, Side};
use crate::wire::{Look, Transport};

impl Conversation {
    /// Takes note of how a packet looks, before it is pushed. A reset is compared with the others of its side.
    pub fn note_look(&mut self, from: Side, packet: &Transport<'_>, look: Look) {
        let (Transport::Tcp(segment), Carrier::Tcp(tcp)) = (packet, &mut self.carrier) else {
            return;
        };
        let looks = &mut tcp.seen[from].looks;
        if !segment.flags.rst() {
            looks.note(look, segment.flags.syn() && segment.flags.ack());
        } else if tcp.end.is_none() {
            let stream = &self.streams[from];
            // A FIN takes one place as well.
            let is_behind = |next: u32| (2..1 << 31).contains(&segment.seq.wrapping_sub(next));
            let odd_place = stream.next_seq().is_some_and(is_behind) && !stream.has_hole();
            tcp.foreign = looks.judge(look, odd_place);
        }
    }

    /// What speaks against the coming of the reset that ended it from whom it claims to come from.
    pub fn foreign_reset(&self) -> Option<Foreign> {
        let tcp = self.carrier.tcp()?;
        let is_reset = tcp.end.is_some_and(|end| end.how == Ending::Reset);
        tcp.foreign.filter(|_| is_reset)
    }
}
