//! Which of several networks a conversation is in, when they use the same addresses: what its tunnel says.
//!
//! A VNI, GRE key or TEID tells tenants apart, but it is no part of a key: each direction may have its own (the TEIDs of a
//! mobile network, the identities that Cilium writes into the VNI, routing between VXLANs), and one conversation may pass
//! through several. So a conversation remembers the tunnels that it was seen in, and a packet is asked whether it fits.

use smallvec::SmallVec;

use super::{Side, Sides};
use crate::wire::{Outer, TunnelKind};

/// How many tunnels of one conversation are remembered.
const MAX_TUNNELS: usize = 4;

/// A tunnel, without its ends.
type Tunnel = (TunnelKind, Option<u32>);

/// The tunnels that a conversation was seen in.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    tunnels: SmallVec<[Tunnel; 2]>,
    heard: Sides<bool>,
}

/// Whether a packet in a tunnel belongs to a conversation with the same addresses and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The conversation was seen in that tunnel.
    Yes,
    /// Nothing of this side was seen in a tunnel yet.
    Perhaps,
    /// This side was seen in other tunnels.
    No,
}

impl Overlay {
    /// Whether a packet of this side, in this tunnel, belongs here.
    pub fn fits(&self, from: Side, outer: &Outer) -> Fit {
        match () {
            () if self.tunnels.contains(&(outer.kind, outer.id)) => Fit::Yes,
            () if !self.heard[from] => Fit::Perhaps,
            () => Fit::No,
        }
    }

    /// A packet of this side came through this tunnel.
    pub fn note(&mut self, from: Side, outer: &Outer) {
        self.heard[from] = true;
        let tunnel = (outer.kind, outer.id);
        if !self.tunnels.contains(&tunnel) && self.tunnels.len() < MAX_TUNNELS {
            self.tunnels.push(tunnel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vni(id: u32) -> Outer {
        Outer {
            kind: TunnelKind::Vxlan,
            id: Some(id),
            source: [10, 0, 0, 1].into(),
            destination: [10, 0, 0, 2].into(),
        }
    }

    #[test]
    fn a_side_that_was_not_heard_may_have_a_tunnel_of_its_own() {
        let mut overlay = Overlay::default();
        assert_eq!(overlay.fits(Side::Client, &vni(1)), Fit::Perhaps);
        overlay.note(Side::Client, &vni(1));
        assert_eq!(overlay.fits(Side::Client, &vni(1)), Fit::Yes);
        assert_eq!(overlay.fits(Side::Server, &vni(1)), Fit::Yes);
        assert_eq!(overlay.fits(Side::Client, &vni(2)), Fit::No);
        assert_eq!(overlay.fits(Side::Server, &vni(2)), Fit::Perhaps);
        overlay.note(Side::Server, &vni(2));
        assert_eq!(overlay.fits(Side::Server, &vni(3)), Fit::No);
    }
}
