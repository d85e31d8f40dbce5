//! Which packets matter: the one function that runs in the kernel for every packet, and on the host in tests.
//!
//! 1. What is not TCP is left; an IP fragment of TCP is counted and left.
//! 2. What is not on a configured port is left, unless any port may open a flow.
//! 3. A flow whose hash the sampling leaves out is left; the hash is the same for both directions and all interfaces.
//! 4. A flow is opened by SYN or SYN/ACK on a configured port, or by a payload that begins with a ClientHello or
//!    ServerHello; the CIDR lists are asked here only.
//! 5. Of a followed flow, SYN, FIN and RST are always sent; payload and pure acknowledgements as [`follow`] decides.
//! 6. RST removes the flow from the table.

use crate::abi::{Counter, FlowKey, FlowState, MATCH_ANY_PORT};

mod follow;
#[cfg(any(test, feature = "host"))]
pub mod host;
mod locate;
mod open;
mod segment;
mod send;
mod shape;
mod tuple;
mod walk;
mod world;

#[cfg(test)]
mod tests;

use follow::{Decision, decide};
use locate::{Found, Place, locate};
use open::opens;
use segment::Segment;
use tuple::tuple;
pub use world::{Delivery, Flows, Hook, Link, List, Load, Out, Piece, Plan, Settings};

/// Looks at one packet and sends it, or leaves it.
#[inline(always)]
pub fn sift<P: Load, S: Settings, F: Flows, O: Out<P>>(
    packet: &P,
    settings: &S,
    flows: &mut F,
    out: &mut O,
    hook: Hook,
) {
    out.count(Counter::Seen);
    match locate(packet, hook.link, out) {
        Found::Tcp(place) => conversation(
            &Sifted {
                packet,
                settings,
                hook,
                place,
            },
            flows,
            out,
        ),
        Found::Fragment => out.count(Counter::Fragment),
        Found::Other => {}
    }
}

/// A TCP packet on its way through the rules.
struct Sifted<'a, P, S> {
    packet: &'a P,
    settings: &'a S,
    hook: Hook,
    place: Place,
}

#[inline(always)]
fn conversation<P: Load, S: Settings, F: Flows, O: Out<P>>(
    sifted: &Sifted<'_, P, S>,
    flows: &mut F,
    out: &mut O,
) {
    let place = sifted.place;
    let configured =
        sifted.settings.has_port(place.destination) || sifted.settings.has_port(place.source);
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
        if configured && place.is_syn() && !place.is_ack() {
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
    let decision = decide(state, from_high, &segment, budget);
    deliver(sifted, &segment, decision, out);
    decision
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
