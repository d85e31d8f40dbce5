//! What the tests share.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: each test binary uses its own part, and a helper that panics fails the test"
)]

pub mod frames;
pub mod ladder;
pub mod scene;
pub mod talk;
pub mod tunnel;
