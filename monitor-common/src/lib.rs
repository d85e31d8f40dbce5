//! What the kernel programs and user space must agree on: the layout of shared data ([`abi`]), and which packets
//! matter ([`sift`]), written once as pure code that runs in the kernel and on the host alike.
#![cfg_attr(not(any(test, feature = "host")), no_std)]
#![warn(missing_docs)]

pub mod abi;
pub mod sift;
