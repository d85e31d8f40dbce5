//! What is to be done with a packet of a followed flow.

use super::found::Place;
use super::world::Transport;
use crate::abi::{End, FlowState};

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// Send it.
    pub(super) sends: bool,
    /// How many of its payload bytes.
    pub(super) payload: u32,
    /// The budget cut something that mattered, for the first time in this direction.
    pub(super) snapped: bool,
    /// The flow is over.
    pub(super) removes: bool,
}

impl Decision {
    /// Do nothing.
    pub(super) const LEAVE: Self = Self {
        sends: false,
        payload: 0,
        snapped: false,
        removes: false,
    };

    /// Send the headers.
    pub(super) const HEADERS: Self = Self {
        sends: true,
        ..Self::LEAVE
    };
}

impl FlowState {
    /// Whether a packet needs a closer look; false for the bulk of a finished flow.
    #[inline(always)]
    pub(super) fn wants(&self, from_high: bool, place: Place) -> bool {
        let end = if from_high { &self.high } else { &self.low };
        let always = match place.transport {
            Transport::Tcp => place.is_control(),
            Transport::Udp => place.is_long(),
        };
        always || !end.has(End::DONE)
    }
}

impl End {
    /// Notes that the budget cut what mattered, and tells whether that is the first time.
    #[inline(always)]
    pub(super) fn first_snap(&mut self) -> bool {
        let first = !self.has(Self::SNAPPED);
        self.flags |= Self::SNAPPED;
        first
    }
}
