//! What tlsmon says of captures, of scenarios in text, and on its command line. One program: each would link everything again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "helpers of tests: a helper that panics fails the test"
)]

mod around_tls;
mod captures;
mod cli;
mod contrast;
mod cut_anywhere;
mod endings;
mod goldens;
mod half_closed;
mod hello_facts;
mod legs;
mod on_the_wire;
mod overlays;
mod overload;
mod partial;
mod probe;
mod resets;
mod scenarios;
mod server_key;
mod several_handshakes;
mod support;
mod tcp_oddities;
mod verdicts;
mod with_and_without;
