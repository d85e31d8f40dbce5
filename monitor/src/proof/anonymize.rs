//! The same proof without the names and addresses of whom it is about, so that it can be given away.
//!
//! Nothing of a packet is kept that is not understood: its headers are made anew from what was read in them, and of its bytes
//! only what TLS says in known places is kept. What is replaced is replaced by a key: the same name, address or random always
//! becomes the same other one, of the same length, so that what belonged together still does and the hello still has its
//! fingerprints. Reports are not rewritten but made anew, by the pipeline, from the packets that were.

mod address;
mod der;
mod facts;
mod hello;
mod key;
mod messages;
mod packet;
mod quic;
mod report;
mod transport;
mod words;

use super::kept::Proof;
use super::redact;
use crate::flow::{Side, Sides};
pub use facts::facts;
pub use key::Key;

/// Proofs without names and addresses.
pub fn anonymize(proofs: Vec<Proof>, key: &Key) -> Vec<Proof> {
    proofs
        .into_iter()
        .map(|proof| {
            let packets = packets(&proof, key);
            report::renew(proof, packets, key)
        })
        .collect()
}

fn packets(proof: &Proof, key: &Key) -> Vec<super::Packet> {
    let mut streams_of = vec![None; proof.packets.len()];
    for connection in redact::connections(proof).into_values() {
        let starts = redact::starts(&connection);
        let of = |side| messages::replaced(&connection.streams[side], starts[side], key);
        let streams = std::rc::Rc::new(Sides {
            client: of(Side::Client),
            server: of(Side::Server),
        });
        for (number, side, place) in &connection.places {
            if let Some(slot) = streams_of.get_mut(*number) {
                *slot = Some((std::rc::Rc::clone(&streams), *side, *place));
            }
        }
    }
    let datagrams = quic::replaced(proof, key);
    let each = proof.packets.iter().zip(streams_of).zip(&datagrams);
    each.filter_map(|((packet, found), datagram)| {
        let segment = found.as_ref().and_then(|(streams, side, place)| {
            let at = place.offset?;
            streams[*side].get(at..at + place.payload_len)
        });
        packet::rebuild(packet, segment.or(datagram.as_deref()), key)
    })
    .collect()
}
