//! What the ends of failed handshakes were called that had several legs: a revision knows but one of them.

use std::collections::VecDeque;

use crate::report::{Handshake, HandshakeId, Peer, Revision};

/// As many as may be revised.
const MOST: usize = 256;

/// The latest ones.
#[derive(Debug, Default)]
pub(super) struct Told(VecDeque<(HandshakeId, Box<[Peer; 2]>)>);

impl Told {
    /// Remembers what was told, where it may matter.
    pub(super) fn note(&mut self, handshake: &Handshake) {
        if handshake.legs.is_empty() || !handshake.is_failure() {
            return;
        }
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        let ends = [handshake.client.clone(), handshake.server.clone()];
        self.0.push_back((handshake.id, Box::new(ends)));
    }

    /// Writes what was told of the handshake into its revision. Gives whether there is something.
    pub(super) fn write(&self, revision: &mut Revision) -> bool {
        let told = self.0.iter().find(|(id, _)| *id == revision.id);
        let Some((_, ends)) = told else {
            return false;
        };
        let [client, server] = &**ends;
        revision.client.clone_from(client);
        revision.server.clone_from(server);
        true
    }
}
