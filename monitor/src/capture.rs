//! Makes Frames: from the kernel programs on a live host, or from a capture file.

#[cfg(feature = "live")]
pub mod attach;
#[cfg(feature = "live")]
pub mod clock;
pub mod hooks;
#[cfg(feature = "live")]
pub mod interfaces;
#[cfg(feature = "live")]
pub mod live;
#[cfg(feature = "live")]
mod netlink;
pub mod pcap;
#[cfg(feature = "live")]
pub mod preflight;
#[cfg(feature = "live")]
pub mod privileges;
