//! What the fuzzer's bytes are turned into, and what must hold then.
//!
//! Every module is one target: its `check` takes the bytes and panics when something does not hold. What each expects of
//! its bytes is said at its head; `src/seeds` writes the project's captures in these forms.

pub mod answer;
pub mod capture;
pub mod certificate;
pub mod choices;
pub mod frame;
pub mod hello;
pub mod packet;
pub mod pipeline;
pub mod quic;
pub mod records;
pub mod segments;
