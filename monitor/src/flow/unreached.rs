//! What ICMP said about the client's opening.

use std::net::IpAddr;

use crate::frame::Timestamp;
use crate::wire::Unreached;

/// An answer that the opening did not get there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Who said so.
    pub by: IpAddr,
    /// Why.
    pub why: Unreached,
    /// When.
    pub at: Timestamp,
}
