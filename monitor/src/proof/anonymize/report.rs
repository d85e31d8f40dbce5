//! The report on a handshake whose packets were replaced: made anew by the pipeline from those, so that nothing of the old one
//! can be in it but what is added here, word for word from closed lists.

use std::sync::Arc;

use super::{Key, words};
use crate::frame::{FrameSink as _, InterfaceId, Timestamp};
use crate::pipeline::{Pipeline, Settings};
use crate::proof::{Packet, Proof};
use crate::report::{Event, Handshake, HandshakeId, Peer};

/// The proof with these packets.
pub(super) fn renew(proof: Proof, packets: Vec<Packet>, key: &Key) -> Proof {
    let was = proof.handshake;
    let mut handshake =
        replayed(&packets, proof.until, &was, key).unwrap_or_else(|| bare(&was, key));
    handshake.node = was.node.as_deref().map(|name| name_of(name, key));
    handshake.direction = was.direction;
    with_names(&mut handshake.client, &was.client, key);
    with_names(&mut handshake.server, &was.server, key);
    with_verdict(&mut handshake, &was);
    handshake.capture.sample_rate = was.capture.sample_rate;
    Proof {
        handshake,
        // What it says in sentences may name others; that there is one is in the verdict.
        revision: None,
        packets,
        ..proof
    }
}

/// What the pipeline says of these packets.
fn replayed(packets: &[Packet], until: Timestamp, was: &Handshake, key: &Key) -> Option<Handshake> {
    let mut pipeline = Pipeline::new(Settings::default());
    let mut names: Vec<&Arc<str>> = Vec::new();
    for packet in packets {
        let known = names.iter().position(|name| **name == packet.interface);
        let number = known.unwrap_or_else(|| {
            names.push(&packet.interface);
            names.len() - 1
        });
        let id = InterfaceId(u32::try_from(number).unwrap_or_default());
        if known.is_none() {
            pipeline.interface(id, &packet.interface);
        }
        pipeline.push(packet.as_frame(id));
    }
    pipeline.advance(until);
    pipeline.finish();
    let (client, server) = (&was.client, &was.server);
    let is_it = |handshake: &Handshake| {
        let ends = (
            handshake.client.address,
            handshake.client.port,
            handshake.server.address,
            handshake.server.port,
        );
        let replace = |address| key.addresses.replace(address);
        ends == (
            replace(client.address),
            client.port,
            replace(server.address),
            server.port,
        )
    };
    let found = pipeline.events().filter_map(|event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    });
    let found: Vec<_> = found.filter(is_it).collect();
    // A handshake inside a connection that was established before comes last.
    found.into_iter().next_back()
}

/// A report that says only what is from closed lists.
fn bare(was: &Handshake, key: &Key) -> Handshake {
    let peer = |peer: &Peer| Peer::at(key.addresses.replace(peer.address), peer.port);
    let mut id = was.id.0.to_be_bytes();
    key.replace(&mut id);
    Handshake {
        id: HandshakeId(u64::from_be_bytes(id)),
        interface: name_of(&was.interface, key),
        client: peer(&was.client),
        server: peer(&was.server),
        node: None,
        legs: Vec::new(),
        tunnel: None,
        proxy_protocol: None,
        client_hello: None,
        hello_retry_request: None,
        server_hello: None,
        certificate: None,
        protected: None,
        evidence: Vec::new(),
        ..was.clone()
    }
}

/// Outcome, cause and end are those that the node saw. Where the packets alone say something else, its evidence does not fit.
fn with_verdict(handshake: &mut Handshake, was: &Handshake) {
    let is_same = handshake.cause == was.cause;
    if !is_same {
        handshake.evidence.clear();
        handshake.evidence.push(match handshake.cause {
            Some(cause) => format!("by these packets alone it would be {cause}"),
            None => "these packets alone do not tell the cause".to_owned(),
        });
        handshake.next = None;
    }
    handshake.outcome = was.outcome;
    handshake.cause = was.cause;
    handshake.confidence = was.confidence;
    handshake.ended = was.ended;
    handshake.stage = was.stage;
}

fn with_names(peer: &mut Peer, was: &Peer, key: &Key) {
    let of = |name: &Option<Arc<str>>| name.as_deref().map(|name| name_of(name, key));
    peer.pod = of(&was.pod);
    peer.namespace = of(&was.namespace);
    peer.workload = of(&was.workload);
    peer.service = of(&was.service);
    peer.node = of(&was.node);
}

fn name_of(name: &str, key: &Key) -> Arc<str> {
    words::replaced(name, key).into()
}
