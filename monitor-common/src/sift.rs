//! Which packets matter: the one function that runs in the kernel for every packet, and on the host in tests.
//!
//! 1. What is neither TCP nor UDP is left, but for an ICMP answer that a followed flow's packet is refused on the way.
//!    An IP fragment of TCP is counted and left; of UDP the first of a packet's fragments, on a configured port.
//! 2. What is not on a configured port is left, unless any port may open a flow.
//! 3. A flow whose hash the sampling leaves out is left; the hash is the same for both directions and all interfaces.
//! 4. A flow is opened by SYN or SYN/ACK on a configured port, or by a payload that begins with a ClientHello or
//!    ServerHello, or a datagram that begins with an Initial packet of QUIC; the CIDR lists are asked here only.
//! 5. Of a followed TCP flow, SYN, FIN and RST are always sent; payload and pure acknowledgements as [`follow`] decides.
//!    Of a followed UDP flow what [`datagrams`] decides.
//! 6. RST removes the flow from the table.

use crate::abi::{Counter, FlowKey, FlowState, MATCH_ANY_PORT};

mod answer;
mod datagrams;
mod decision;
mod follow;
mod found;
#[cfg(any(test, feature = "host"))]
pub mod host;
mod locate;
mod open;
mod quic;
mod segment;
mod send;
mod shape;
mod tuple;
mod walk;
mod world;

#[cfg(test)]
mod quic_tests;
#[cfg(test)]
mod tests;

use answer::Answer;
use decision::Decision;
use found::{Kind, Place};
use locate::{UDP_HEADER, locate};
use open::opens;
use segment::Segment;
use shape::Start;
use tuple::tuple;
pub use world::{Delivery, Flows, Hook, Link, List, Load, Out, Piece, Plan, Settings, Transport};

/// Looks at one packet and sends it, or leaves it.
#[inline(always)]
pub fn sift<P: Load, S: Settings, F: Flows, O: Out<P>>(
    packet: &P,
    settings: &S,
    flows: &mut F,
    out: &mut O,
    hook: Hook,
) {
    out.passed(hook);
    let found = locate(packet, hook.link, out);
    let sifted = Sifted {
        packet,
        settings,
        hook,
        place: found.place,
    };
    match found.kind {
        Kind::Packet => conversation(&sifted, flows, out),
        Kind::Answer => answered(&sifted, found.answer, flows, out),
        Kind::Fragment => out.count(Counter::Fragment),
        Kind::DatagramFragment if sifted.is_configured() => out.count(Counter::Fragment),
        Kind::DatagramFragment | Kind::Other => {}
    }
}

/// A TCP or UDP packet on its way through the rules.
struct Sifted<'a, P, S> {
    packet: &'a P,
    settings: &'a S,
    hook: Hook,
    place: Place,
}

impl<P, S: Settings> Sifted<'_, P, S> {
    /// Whether the packet goes to or comes from a configured port.
    #[inline(always)]
    fn is_configured(&self) -> bool {
        self.settings.has_port(self.place.destination) || self.settings.has_port(self.place.source)
    }
}

#[inline(always)]
fn conversation<P: Load, S: Settings, F: Flows, O: Out<P>>(
    sifted: &Sifted<'_, P, S>,
    flows: &mut F,
    out: &mut O,
) {
    let place = sifted.place;
    let configured = sifted.is_configured();
    let Some(config) = sifted.settings.config() else {
        return;
    };
    if !configured && !config.matches(MATCH_ANY_PORT) {
        return;
    }
    let Some((key, from_high)) = tuple(sifted.packet, place, sifted.hook.interface) else {
        return;
    };
    if config.sample_rate > 1 && !key.hash().is_multiple_of(config.sample_rate) {
        if configured && begins(sifted) {
            out.count(Counter::Unsampled);
        }
        return;
    }
    match flows.get(&key) {
        Some(state) => {
            if state.wants(from_high, place) {
                let decision = followed(sifted, state, from_high, config.bytes_per_direction, out);
                if decision.removes && flows.remove(&key) {
                    out.count(Counter::Deleted);
                }
            }
        }
        None => unknown(
            sifted,
            Unknown {
                key,
                from_high,
                configured,
            },
            flows,
            out,
        ),
    }
}

/// Whether a packet that is not sampled counts as a connection.
#[inline(always)]
fn begins<P: Load, S: Settings>(sifted: &Sifted<'_, P, S>) -> bool {
    let place = sifted.place;
    match place.transport {
        Transport::Tcp => place.is_syn() && !place.is_ack(),
        Transport::Udp => {
            let first = sifted.packet.load::<6>(place.header + UDP_HEADER);
            let start = first.map_or(Start::Other, Start::of_datagram);
            matches!(start, Start::Initial) && sifted.settings.has_port(place.destination)
        }
    }
}

/// An answer that a packet did not get there; sent where the packet's flow is followed.
#[inline(always)]
fn answered<P: Load, S: Settings, F: Flows, O: Out<P>>(
    sifted: &Sifted<'_, P, S>,
    answer: Answer,
    flows: &mut F,
    out: &mut O,
) {
    let Some((key, from_high)) = tuple(sifted.packet, sifted.place, sifted.hook.interface) else {
        return;
    };
    if let Some(state) = flows.get(&key)
        && datagrams::wants_answer(state, from_high)
    {
        out.count(Counter::Wanted);
        send::send_answer(sifted.packet, sifted.hook, answer, out);
    }
}

/// A packet of a flow that is in the table.
#[inline(always)]
fn followed<P: Load, S: Settings, O: Out<P>>(
    sifted: &Sifted<'_, P, S>,
    state: &mut FlowState,
    from_high: bool,
    budget: u32,
    out: &mut O,
) -> Decision {
    let Some(segment) = Segment::read(sifted.packet, sifted.place) else {
        out.count(Counter::Unreadable);
        return Decision::LEAVE;
    };
    let decision = decide(state, from_high, &segment, budget, out);
    deliver(sifted, &segment, decision, out);
    decision
}

/// Decides about a packet, and remembers it.
#[inline(always)]
fn decide<P, O: Out<P>>(
    state: &mut FlowState,
    from_high: bool,
    segment: &Segment,
    budget: u32,
    out: &O,
) -> Decision {
    match segment.place.transport {
        Transport::Tcp => follow::decide(state, from_high, segment, budget),
        Transport::Udp => {
            if matches!(segment.start, Start::Initial) {
                datagrams::note_opening(state, datagrams::units(out.now()));
            }
            datagrams::decide(state, from_high, segment, budget)
        }
    }
}

/// A packet whose flow is not in the table.
#[derive(Clone, Copy)]
struct Unknown {
    key: FlowKey,
    from_high: bool,
    configured: bool,
}

#[inline(always)]
fn unknown<P: Load, S: Settings, F: Flows, O: Out<P>>(
    sifted: &Sifted<'_, P, S>,
    flow: Unknown,
    flows: &mut F,
    out: &mut O,
) {
    if sifted.place.cannot_open(flow.configured) {
        return;
    }
    let Some(segment) = Segment::read(sifted.packet, sifted.place) else {
        return;
    };
    let Some(config) = sifted.settings.config() else {
        return;
    };
    if !opens(&segment, flow.configured)
        || !open::admitted(sifted.settings, config.matching, &flow.key)
    {
        return;
    }
    let mut state = FlowState::unseen();
    let decision = decide(
        &mut state,
        flow.from_high,
        &segment,
        config.bytes_per_direction,
        out,
    );
    out.count(if flows.insert(&flow.key, &state) {
        Counter::Inserted
    } else {
        Counter::TableFull
    });
    deliver(sifted, &segment, decision, out);
}

#[inline(always)]
fn deliver<P: Load, S, O: Out<P>>(
    sifted: &Sifted<'_, P, S>,
    segment: &Segment,
    decision: Decision,
    out: &mut O,
) {
    if decision.snapped {
        out.count(Counter::Snap);
    }
    if decision.sends {
        out.count(Counter::Wanted);
        send::send(sifted.packet, sifted.hook, segment, decision.payload, out);
    }
}
