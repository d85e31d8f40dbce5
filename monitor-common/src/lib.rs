//! What the kernel programs and user space must agree on: the layout of shared data ([`abi`]), and which packets
//! matter ([`sift`]), written once as pure code that runs in the kernel and on the host alike.
#![cfg_attr(not(any(test, feature = "host")), no_std)]
#![warn(missing_docs)]
#![expect(
    clippy::inline_always,
    reason = "the kernel's verifier follows offsets and bounds within one function only, and a call costs where nanoseconds are counted"
)]

pub mod abi;
pub mod sift;
