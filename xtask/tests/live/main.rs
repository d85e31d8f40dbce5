//! tlsmon between real clients and real servers, in network namespaces. These tests take root, and what
//! `cargo xtask setup` installs; without them they fail. `cargo xtask test live` sees to both.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod agreement;
mod causes;
mod lab;
mod leaving;
mod legs;
mod neighbour;
mod neighbours;
mod pod;
mod pods;
mod privileges;
mod probe;
mod quic;
mod scene;
mod screen;
mod traffic;
